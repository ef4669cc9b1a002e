"""Tests `wagi bindle prepare`, which makes a bindle of a HIPPOFACTS, also with hostile folders."""

import hashlib
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from bindles import BindleServer, free_port, reference_server, succeed
from configuration import BINARY, guest, toml
from server import run_wagi

BINDLE = '[bindle]\nname = "example.com/site"\nversion = "1.2.3"\n'
FILES_MAX = 10_000  # bindle::kParcelsMax, the limit for all patterns of a HIPPOFACTS.


def handler(route: str, name: str | None = "files.wasm", **keys) -> str:
    lines = {"route": route} | ({"name": name} if name else {}) | keys
    return "[[handler]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in lines.items())


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder `project` with the guest `files.wasm` and a few files, without a HIPPOFACTS."""
    folder = tmp_path / "project"
    (folder / "img" / "deep").mkdir(parents=True)
    for name in ("img/a.png", "img/deep/b.png", "style.css", ".env"):
        (folder / name).write_text(name)
    shutil.copy(guest("files.wasm"), folder)
    return folder


def prepare(project: Path, text: str, *flags, env: dict | None = None):
    (project / "HIPPOFACTS").write_text(BINDLE + text)
    return run_wagi("bindle", "prepare", project, "--module-cache", project.parent / "store", *flags,
                    env={"USER": "ann"} | (env or {}))


def prepared(project: Path, text: str, *flags) -> tuple[Path, dict]:
    """Makes a standalone bindle; returns its folder and its invoice."""
    out = project.parent / "bindles"
    done = prepare(project, text, "--out", out, *flags)
    assert done.returncode == 0, done.stderr
    folders = list(out.iterdir())
    assert len(folders) == 1
    return folders[0], tomllib.loads((folders[0] / "invoice.toml").read_text())


def refused(project: Path, text: str) -> str:
    """The message about a HIPPOFACTS of which no bindle can be made."""
    out = project.parent / "bindles"
    done = prepare(project, text, "--out", out)
    assert done.returncode == 1
    assert done.stdout == ""
    assert not out.exists()
    return done.stderr


# --- The bindle that is made.

def test_a_folder_becomes_a_standalone_bindle(project):
    folder, invoice = prepared(project, handler("/files/...", files=["img/**", "style.css"]) +
                               handler("/raw", entrypoint="main", files=["img/*.png"]), "--production")
    assert folder.name == hashlib.sha256(b"example.com/site/1.2.3").hexdigest()
    assert invoice["bindleVersion"] == "1.0.0"
    assert invoice["bindle"] == {"name": "example.com/site", "version": "1.2.3"}
    assert [group["name"] for group in invoice["group"]] == ["files.wasm-files"]

    parcels = invoice["parcel"]
    assert [(parcel["label"]["name"], parcel["label"]["feature"]["wagi"]) for parcel in parcels] == [
        ("files.wasm", {"file": "false", "route": "/files/..."}),
        ("files.wasm", {"entrypoint": "main", "file": "false", "route": "/raw"}),
        ("img/a.png", {"file": "true"}),
        ("img/deep/b.png", {"file": "true"}),
        ("style.css", {"file": "true"}),
    ]
    assert [parcel["label"]["mediaType"] for parcel in parcels] == [
        "application/wasm", "application/wasm", "image/png", "image/png", "text/css"]
    for parcel in parcels[:2]:
        assert parcel["conditions"] == {"requires": ["files.wasm-files"]}
    for parcel in parcels[2:]:
        assert parcel["conditions"] == {"memberOf": ["files.wasm-files"]}
    for parcel in parcels:
        bytes_there = (folder / "parcels" / f"{parcel['label']['sha256']}.dat").read_bytes()
        assert bytes_there == (project / parcel["label"]["name"]).read_bytes()
        assert hashlib.sha256(bytes_there).hexdigest() == parcel["label"]["sha256"]
        assert len(bytes_there) == parcel["label"]["size"]


def test_each_development_version_is_new(project):
    done = prepare(project, handler("/"), "--out", project.parent / "bindles")
    assert done.returncode == 0, done.stderr
    assert re.match(r"example\.com/site/1\.2\.3-ann-\d{17}: 1 parcel in ", done.stdout), done.stdout
    done = prepare(project, handler("/"), "--out", project.parent / "bindles", "--version-suffix", "ci.7")
    assert done.stdout.startswith("example.com/site/1.2.3-ci.7: ")
    assert len(list((project.parent / "bindles").iterdir())) == 2


def test_annotations_and_exports(project):
    _, invoice = prepared(project, '[annotations]\nteam = "birds"\n[[export]]\nname = "files.wasm"\nid = "files"\n'
                          'files = ["*.css"]\n')
    assert invoice["annotations"] == {"team": "birds"}
    assert invoice["parcel"][0]["label"]["annotations"] == {"wagi_handler_id": "files"}
    assert invoice["parcel"][0]["conditions"] == {"requires": ["files.wasm-files-files"]}
    assert invoice["parcel"][1]["conditions"] == {"memberOf": ["files.wasm-files-files"]}


def test_a_pattern_without_a_match_is_a_warning(project):
    done = prepare(project, handler("/", files=["none/*"]), "--out", project.parent / "bindles")
    assert done.returncode == 0
    assert f"{project}/HIPPOFACTS:7:10: `files`: `none/*` matches nothing (warning)" in done.stderr


def test_hidden_files_are_published_only_by_name(project):
    _, invoice = prepared(project, handler("/", files=["**"]))
    assert ".env" not in [parcel["label"]["name"] for parcel in invoice["parcel"]]


@pytest.mark.parametrize("name", ["hippofacts", "Hippofacts", "HIPPOFACTS.toml", "hippofacts.toml", "Hippofacts.toml"])
def test_every_name_is_found(project, name):
    (project / name).write_text(BINDLE + handler("/"))
    done = run_wagi("bindle", "prepare", "--out", "../bindles", "--module-cache", "../store", folder=project)
    assert done.returncode == 0, done.stderr


# --- Refusals.

@pytest.mark.parametrize("pattern, why", [
    ("../secret.txt", "it leaves the folder, by `..`"),
    ("img/../../*", "it leaves the folder, by `..`"),
    ("/etc/passwd", "it leaves the folder, since it is absolute"),
    ("out/*", "out leaves the folder"),
    ("out/secret.txt", "out/secret.txt leaves the folder"),
    ("link.txt", "link.txt leaves the folder"),
    ("*.txt", "link.txt leaves the folder"),
    ("**", "leaves the folder"),
    ("img/[", "has no `]`"),
    ("img**", "must stand alone"),
])
def test_a_pattern_never_leaves_the_folder(project, pattern, why):
    (project.parent / "secret.txt").write_text("secret")
    (project / "out").symlink_to("..")
    (project / "link.txt").symlink_to(project.parent / "secret.txt")
    text = refused(project, handler("/", files=["img/*", pattern]))
    assert f"{project}/HIPPOFACTS:7:19: `files`: " in text
    assert why in text


@pytest.mark.parametrize("name, why", [
    ("../files.wasm", "it leaves the folder, by `..`"),
    ("/bin/sh", "it leaves the folder, since it is absolute"),
    ("none.wasm", "none.wasm: No such file or directory"),
    ("img", "img: it is a directory"),
    ("shell", "shell leaves the folder"),
])
def test_a_module_is_a_file_of_the_folder(project, name, why):
    (project / "shell").symlink_to("/bin/sh")
    assert why in refused(project, handler("/", name))


def test_two_hippofacts_are_refused(project):
    (project / "hippofacts.toml").write_text(BINDLE + handler("/"))
    assert "has more than one HIPPOFACTS: " in refused(project, handler("/"))


def test_no_hippofacts_is_refused(tmp_path):
    done = run_wagi("bindle", "prepare", tmp_path, "--out", tmp_path / "bindles")
    assert done.returncode == 1
    assert f"there is no HIPPOFACTS in the folder {tmp_path}" in done.stderr


@pytest.mark.parametrize("text, place, why", [
    (handler("/", file=[]), "7:1", "unknown key `file` in [[handler]]: the nearest known key is `files`"),
    (handler("/") + "[server]\n", "7:2", "unknown key `server` in the file"),
    (handler("no-slash"), "5:9", "route"),
    (handler("/", None), "4:1", "exactly one of `name` and `external`"),
    (handler("/", external={"bindleId": "a/1.0.0", "handlerId": "b"}), "4:1", "exactly one of `name` and `external`"),
    (handler("/", None, external={"bindleId": "a", "handlerId": "b"}), "6:", "bindleId"),
    ("", "", "there is no [[handler]] and no [[export]]"),
    ("[[handler]\n", "4:", ""),
])
def test_mistakes_have_their_place(project, text, place, why):
    said = refused(project, text)
    assert re.search(rf"{re.escape(str(project))}/HIPPOFACTS:{re.escape(place)}", said), said
    assert why in said


def test_an_external_needs_a_server(project):
    said = refused(project, handler("/", None, external={"bindleId": "lib/1.0.0", "handlerId": "x"}))
    assert "the bindle lib/1.0.0 is elsewhere, and no place was named: set BINDLE_URL" in said


def test_a_pattern_that_matches_too_much_is_refused(project):
    many = project / "many"
    many.mkdir()
    for i in range(FILES_MAX + 1):
        (many / str(i)).touch()
    assert f"`many/*` matches more than {FILES_MAX} files" in refused(project, handler("/", files=["many/*"]))


def test_patterns_that_match_too_much_together_are_refused(project):
    (project / "many").mkdir()
    for i in range(FILES_MAX // 2 + 1):
        for kind in ("a", "b"):
            (project / "many" / f"{i}.{kind}").touch()
    assert f"more than {FILES_MAX} files are matched" in refused(project, handler("/", files=["many/*.a", "many/*.b"]))


def test_a_folder_in_itself_ends(project):
    (project / "img" / "again").symlink_to(".")
    _, invoice = prepared(project, handler("/", files=["img/**"]))
    assert len(invoice["parcel"]) == 3


def test_it_needs_to_know_where_to(project):
    done = prepare(project, handler("/"))
    assert done.returncode == 2
    assert "--url" in done.stderr and "--out" in done.stderr


# --- Bindle servers.

@pytest.fixture
def serve(tmp_path):
    """Starts `wagi bindle serve`: serve(*flags)."""
    running = []

    def started(*flags) -> BindleServer:
        folder = tmp_path / f"server{len(running)}"
        folder.mkdir()
        command = [BINARY, "bindle", "serve", "--directory", "served", "-l", "127.0.0.1:0", *flags]
        running.append(BindleServer(folder, command))
        return running[-1]
    yield started
    for server in running:
        assert server.stop() == 0, server.log


def test_a_folder_is_pushed_and_pulled(project, serve):
    server = serve("--unsigned")
    text = handler("/files", files=["img/**", "*.css"])
    done = prepare(project, text, "--production", "--url", server.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "example.com/site/1.2.3: created, 4 of 4 parcels sent\n"
    # Sending the same again is no mistake, but another content under the same version is.
    assert "was there already, 0 of 4 parcels sent" in prepare(project, text, "--production", "--url", server.url).stdout
    (project / "style.css").write_text("changed")
    done = prepare(project, text, "--production", "--url", server.url)
    assert done.returncode == 1
    assert "example.com/site/1.2.3" in done.stderr
    # A new version needs only what has changed.
    assert prepare(project, text, "--url", server.url).stdout.endswith(": created, 1 of 4 parcels sent\n")

    succeed("pull", "example.com/site/1.2.3", "--to", "pulled", folder=project.parent, url=server.url)
    folder = project.parent / "pulled" / hashlib.sha256(b"example.com/site/1.2.3").hexdigest()
    invoice = tomllib.loads((folder / "invoice.toml").read_text())
    assert [parcel["label"]["name"] for parcel in invoice["parcel"]] == [
        "files.wasm", "img/a.png", "img/deep/b.png", "style.css"]
    for parcel in invoice["parcel"]:
        assert (folder / "parcels" / f"{parcel['label']['sha256']}.dat").stat().st_size == parcel["label"]["size"]


def test_it_is_signed_with_a_key(project, serve):
    keyring = succeed("keys", "--create", "me.toml", "--label", "Ann", folder=project.parent)
    (project.parent / "keyring.toml").write_text(keyring)
    server = serve("--keyring", project.parent / "keyring.toml")
    done = prepare(project, handler("/"), "--url", server.url)
    assert done.returncode == 1
    done = prepare(project, handler("/"), "--url", server.url, "--key", project.parent / "me.toml")
    assert done.returncode == 0, done.stderr
    id = done.stdout.split(": ")[0]
    roles = [signature["role"] for signature in server.call("GET", f"/_i/{id}").toml["signature"]]
    assert sorted(roles) == ["creator", "host"]


def push_library(project: Path, server: BindleServer, *flags):
    """The bindle lib/1.0.0, which exports the guest hello.wasm with a file."""
    folder = project.parent / "library"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "x.db").write_text("x")
    shutil.copy(guest("hello.wasm"), folder)
    (folder / "HIPPOFACTS").write_text('[bindle]\nname = "lib"\nversion = "1.0.0"\n[[export]]\nname = "hello.wasm"\n'
                                       'id = "greet"\nentrypoint = "_start"\nfiles = ["data/*"]\n')
    succeed("prepare", folder, "--production", *flags, folder=project.parent, url=server.url)


@pytest.fixture
def library(project, serve):
    server = serve("--unsigned")
    push_library(project, server)
    return server


def external(id: str = "greet", bindle: str = "lib/1.0.0", **keys) -> str:
    return handler("/greet", None, external={"bindleId": bindle, "handlerId": id}, **keys)


def test_externals_come_from_the_server(project, library):
    text = handler("/files", files=["*.css"]) + external()
    # The server has the library's parcels already.
    done = prepare(project, text, "--url", library.url)
    assert done.stdout.endswith(": created, 2 of 4 parcels sent\n"), done.stderr

    folder, invoice = prepared(project, text, "--url", library.url)
    group = "import:lib/1.0.0:greet-at-/greet-files"
    assert [item["name"] for item in invoice["group"]] == ["files.wasm-files", group]
    parcels = {parcel["label"]["name"]: parcel for parcel in invoice["parcel"]}
    assert parcels["hello.wasm"]["label"]["feature"]["wagi"] == {
        "entrypoint": "_start", "file": "false", "route": "/greet"}
    assert parcels["hello.wasm"]["conditions"] == {"requires": [group]}
    assert parcels["data/x.db"]["conditions"] == {"memberOf": [group]}
    for name in ("hello.wasm", "data/x.db"):
        assert parcels[name]["label"]["annotations"] == {"hippos_do_not_stage": "true"}
    # The bindle has the library's parcels too, so that it can be served.
    assert {path.stem for path in (folder / "parcels").iterdir()} == {
        parcel["label"]["sha256"] for parcel in invoice["parcel"]}


def test_bindles_own_server_takes_them(project):
    folder = project.parent / "reference"
    folder.mkdir()
    port = free_port()
    server = BindleServer(folder, [reference_server(), f"127.0.0.1:{port}", "served"], port=port)
    key = ("--key", folder / "served" / "secret_keys.toml")
    try:
        push_library(project, server, *key)
        text = handler("/files", files=["img/**"]) + external()
        done = prepare(project, text, "--url", server.url, *key)
        assert done.stdout.endswith(": created, 3 of 5 parcels sent\n"), done.stderr
        invoice = server.call("GET", "/_i/" + done.stdout.split(": ")[0]).toml
        assert [group["name"] for group in invoice["group"]] == [
            "files.wasm-files", "import:lib/1.0.0:greet-at-/greet-files"]
        assert len(invoice["parcel"]) == 5
    finally:
        server.stop()


def routes(project: Path, text: str, *flags, env: dict | None = None):
    (project / "HIPPOFACTS").write_text(BINDLE + text)
    return run_wagi("routes", "-f", project, "--module-cache", project.parent / "other store", *flags, env=env)


def test_a_folder_is_served_with_externals_of_the_server_that_the_environment_names(project, library):
    done = routes(project, external(), env={"BINDLE_URL": library.url})
    assert done.returncode == 0, done.stderr + done.stdout
    assert "/greet" in done.stdout
    assert "no place was named: set BINDLE_URL" in routes(project, external(bindle="lib/3.0.0")).stderr
    offline = routes(project, external(bindle="lib/3.0.0"), "--offline", env={"BINDLE_URL": library.url})
    assert "lib/3.0.0 is on a server, and we are offline" in offline.stderr


def test_a_folder_is_served_with_externals_of_a_folder(project, serve):
    bindles = project.parent / "bindles"
    push_library(project, serve("--unsigned"))
    made = run_wagi("bindle", "prepare", project.parent / "library", "--production", "--out", bindles,
                    "--module-cache", project.parent / "store")
    assert made.returncode == 0, made.stderr
    done = routes(project, external(), "--bindle-path", bindles)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "/greet" in done.stdout
    done = routes(project, external(bindle="lib/2.0.0"), "--bindle-path", bindles)
    assert done.returncode == 1 and f"lib/2.0.0 isn't in {bindles}" in done.stderr


def test_externals_that_must_be_signed(project, library):
    keyring = project.parent / "keyring.toml"
    done = run_wagi("bindle", "keys", "--create", project.parent / "me.toml", "--label", "Me")
    keyring.write_text(done.stdout)
    done = routes(project, external(), "--bindle-url", library.url, "--bindle-keyring", keyring)
    assert done.returncode == 1 and "the external bindle: lib/1.0.0: " in done.stderr


@pytest.mark.parametrize("text, why", [
    (external("none"), "the bindle lib/1.0.0 exports no handler `none`"),
    (external(bindle="lib/2.0.0"), "lib/2.0.0"),
    (external(files=["data/*"]), "data/x.db is both a file of the folder and a file that an external handler requires"),
])
def test_externals_that_cannot_be_are_refused(project, library, text, why):
    (project / "data").mkdir()
    (project / "data" / "x.db").write_text("x")
    done = prepare(project, text, "--url", library.url)
    assert done.returncode == 1
    assert why in done.stderr
