"""Tests which files a guest sees, and that it sees no others."""

import os
import signal
from urllib.parse import urlencode

import pytest

from configuration import module
from waiting import eventually

ERROR = "error "


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders for volumes, and beside them files that no guest must see."""
    root = tmp_path_factory.mktemp("volumes")
    for name in ("data", "read_only", "other", "outside"):
        (root / name).mkdir()
    (root / "outside" / "secret").write_text("secret")
    (root / "data" / "kept").write_text("kept")
    (root / "read_only" / "file").write_text("content")
    (root / "read_only" / "folder").mkdir()
    (root / "data" / "to_secret").symlink_to(root / "outside" / "secret")
    (root / "data" / "to_outside").symlink_to(root / "outside")
    (root / "data" / "up").symlink_to("../outside")
    (root / "data" / "to_proc").symlink_to("/proc/self/environ")
    (root / "data" / "inner").mkdir()
    (root / "data" / "inner" / "file").write_text("inner")
    (root / "data" / "to_inner").symlink_to("inner/file")
    os.mkfifo(root / "data" / "fifo")
    return root


@pytest.fixture(scope="module")
def server(start_shared, folders):
    return start_shared(
        module("/files", "files.wasm", volumes={
            "/data": str(folders / "data"),
            "/read-only": {"path": str(folders / "read_only"), "read_only": True},
            "/other": str(folders / "other"),
            "/missing": str(folders / "missing"),
            "/a-file": str(folders / "data" / "kept"),
        })
        + module("/device", "device.wasm", volumes={"/dev": "/dev", "/data": str(folders / "data")})
        + module("/bare", "files.wasm")
        + module("/root", "files.wasm", volumes={"/": str(folders / "data")})
        + module("/hello", "hello.wasm"))


def files(server, op: str, path: str, route: str = "/files", **more) -> str:
    response = server.get(f"{route}?{urlencode({'op': op, 'path': path, **more})}")
    assert response.status == 200, response.text
    return response.text


# --- Good uses.

def test_a_volume_is_read_and_written(server, folders):
    assert files(server, "read", "/data/kept") == "kept"
    assert files(server, "write", "/data/new", data="one") == "ok\n"
    assert files(server, "append", "/data/new", data=" two") == "ok\n"
    assert (folders / "data" / "new").read_text() == "one two"
    assert files(server, "stat", "/data/new") == "file 7\n"
    assert files(server, "rename", "/data/new", to="/data/renamed") == "ok\n"
    assert files(server, "read", "/data/renamed") == "one two"
    assert files(server, "remove", "/data/renamed") == "ok\n"
    assert files(server, "read", "/data/renamed").startswith(ERROR)


def test_folders(server, folders):
    assert files(server, "mkdir", "/data/made") == "ok\n"
    assert files(server, "write", "/data/made/x", data="x") == "ok\n"
    assert files(server, "list", "/data/made") == ".\n..\nx\n"
    assert files(server, "stat", "/data/made").startswith("folder ")
    assert files(server, "remove", "/data/made").startswith(ERROR)  # The folder isn't empty.
    assert files(server, "remove", "/data/made/x") == "ok\n"
    assert files(server, "remove", "/data/made") == "ok\n"
    assert not (folders / "data" / "made").exists()


def test_a_link_that_stays_inside_is_followed(server):
    assert files(server, "read", "/data/to_inner") == "inner"


def test_dots_that_stay_inside_are_followed(server):
    assert files(server, "read", "/data/inner/../kept") == "kept"
    assert files(server, "read", "/data/./inner/./file") == "inner"


def test_a_volume_at_the_root(server):
    assert files(server, "read", "/kept", "/root") == "kept"
    assert files(server, "read", "kept", "/root") == "kept"


def test_a_volume_relative_to_the_working_directory(start):
    server = start(module("/files", "files.wasm", volumes={"/here": "folder"}))
    assert files(server, "list", "/here").startswith(ERROR)
    assert "folder" in server.log  # The folder was missing when the server started.
    (server.folder / "folder").mkdir()
    (server.folder / "folder" / "x").write_text("x")
    second = start(module("/files", "files.wasm", volumes={"/here": str(server.folder / "folder")}))
    assert files(second, "read", "/here/x") == "x"


def test_guest_paths_are_taken_as_libc_takes_them(start, tmp_path):
    """A guest path may end in a slash, may lack the first one, and may be within another's."""
    for name in ("slash", "plain", "outer", "outer/inner", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    server = start(module("/files", "files.wasm", volumes={
        "/slash/": str(tmp_path / "slash") + "/",
        "plain": str(tmp_path / "plain"),
        "/outer": str(tmp_path / "outer"),
        "/outer/inner": {"path": str(tmp_path / "other"), "read_only": True},
    }))
    assert files(server, "read", "/slash/file") == "slash"
    assert files(server, "read", "/plain/file") == "plain"
    assert files(server, "read", "plain/file") == "plain"
    assert files(server, "read", "/outer/file") == "outer"
    # The longer path wins, and is read-only within a writable one.
    assert files(server, "read", "/outer/inner/file") == "other"
    assert files(server, "write", "/outer/inner/file", data="x").startswith(ERROR)
    assert files(server, "write", "/outer/file", data="x") == "ok\n"
    # No path leads from one volume to another.
    assert files(server, "read", "/outer/inner/../file") == ERROR + "Capabilities insufficient\n"


def test_a_volume_is_the_folder_that_was_there_when_its_worker_started(start, tmp_path):
    """A volume may be named by a link; a folder that replaces it is seen after a reload."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "link").symlink_to("one")
    server = start(module("/files", "files.wasm", volumes={"/data": str(tmp_path / "link")}))
    assert files(server, "read", "/data/file") == "one"
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("two")
    assert files(server, "read", "/data/file") == "one"
    (tmp_path / "one").rename(tmp_path / "moved")
    assert files(server, "read", "/data/file") == "one"
    assert files(server, "read", "/data/../two/file").startswith(ERROR)
    before = server.workers()
    server.signal(signal.SIGHUP)
    eventually(lambda: not set(before) & set(server.workers()), "the old generation has ended")
    assert files(server, "read", "/data/file") == "two"


# --- Refusals.

@pytest.mark.parametrize("op, path, more", [
    ("write", "/read-only/file", {"data": "x"}),
    ("write", "/read-only/new", {"data": "x"}),
    ("append", "/read-only/file", {"data": "x"}),
    ("truncate", "/read-only/file", {}),
    ("remove", "/read-only/file", {}),
    ("remove", "/read-only/folder", {}),
    ("mkdir", "/read-only/made", {}),
    ("rename", "/read-only/file", {"to": "/read-only/renamed"}),
    ("rename", "/read-only/file", {"to": "/data/stolen"}),
    ("rename", "/data/kept", {"to": "/read-only/brought"}),
    ("symlink", "/read-only/link", {"to": "file"}),
])
def test_a_read_only_volume_can_not_be_changed(server, folders, op, path, more):
    assert files(server, op, path, **more).startswith(ERROR)
    assert sorted(entry.name for entry in (folders / "read_only").iterdir()) == ["file", "folder"]
    assert (folders / "read_only" / "file").read_text() == "content"
    assert files(server, "read", "/read-only/file") == "content"


@pytest.mark.parametrize("path", [
    "/data/../outside/secret", "/data/inner/../../outside/secret", "/data/../../../../../../../../etc/passwd",
    "/data/to_secret", "/data/to_outside/secret", "/data/up/secret", "/data/to_proc",
    "/etc/passwd", "/proc/self/environ", "/", "..", ".", "etc/passwd", "/data/inner/../../read_only/file",
    "/data/kept/", "/data/kept/../kept/..", "/missing/x", "/a-file", "/a-file/..",
])
@pytest.mark.parametrize("op", ["read", "list", "stat", "write"])
def test_no_path_leads_out_of_a_volume(server, folders, op, path):
    text = files(server, op, path, data="evil")
    assert "secret" not in text and "root:" not in text
    if op == "write":
        assert text.startswith(ERROR)
    assert (folders / "outside" / "secret").read_text() == "secret"
    assert sorted(entry.name for entry in folders.iterdir()) == ["data", "other", "outside", "read_only"]


@pytest.mark.parametrize("to", ["/etc/passwd", "../outside/secret", "/proc/self/root/etc/passwd"])
def test_a_link_that_a_guest_makes_leads_nowhere_else(server, folders, to):
    files(server, "remove", "/data/made_link")
    files(server, "symlink", "/data/made_link", to=to)
    text = files(server, "read", "/data/made_link")
    assert text.startswith(ERROR)
    assert "secret" not in text and "root:" not in text
    link = folders / "data" / "made_link"
    if link.is_symlink():
        link.unlink()


def test_nothing_is_moved_out(server, folders):
    assert files(server, "rename", "/data/kept", to="/data/../outside/kept").startswith(ERROR)
    assert files(server, "rename", "/data/kept", to="/data/to_outside/kept").startswith(ERROR)
    assert (folders / "data" / "kept").read_text() == "kept"


def test_without_volumes_there_are_no_files(server):
    for path in ("/", ".", "/etc/passwd", "/data/kept"):
        for op in ("read", "list", "stat", "write"):
            assert files(server, op, path, "/bare").startswith(ERROR)


def test_a_volume_that_can_not_be_opened_is_logged_and_skipped(server, folders):
    assert str(folders / "missing") in server.log
    assert str(folders / "data" / "kept") in server.log  # It isn't a folder.
    assert files(server, "list", "/missing").startswith(ERROR)


def test_a_named_pipe_never_stops_the_server(server):
    response = server.get("/files?op=read&path=/data/fifo")  # Nobody ever writes to the FIFO.
    assert response.status == 200
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/tty", "/data/fifo"])
@pytest.mark.parametrize("how", ["r", "w", "rw"])
def test_a_server_opens_no_device_and_no_pipe(server, path, how):
    response = server.get(f"/device?path={path}&how={how}")
    assert (response.status, response.text) == (200, "open: No such device or address\n")
