"""Tests the lock-down of workers, and what they log about it: users, Landlock, system calls."""

import os
import pwd
import re
from pathlib import Path

import pytest

from configuration import module, table
from server import refusal, run_wagi
from waiting import eventually

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


def status(pid: int, name: str) -> str:
    """The value of a line in /proc/PID/status."""
    return re.search(rf"^{name}:\s*(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1]


def nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def reachable_by_all(folder: Path):
    """Makes a folder reachable for any user, since pytest's folders are their owner's alone."""
    for parent in [folder, *folder.parents]:
        if parent == Path("/tmp"):
            return
        parent.chmod(parent.stat().st_mode | 0o111)


# --- wagi check --security.

def test_check_tries_to_break_out():
    done = run_wagi("check", "--security")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Landlock          in force" in done.stdout
    assert "seccomp           in force" in done.stdout
    worker, fetcher = done.stdout.split("Of a process that fetches:")
    for process in (worker, fetcher):
        assert len(re.findall(r" refused \(", process)) >= 15
    assert "open a TCP socket" in worker and "open a TCP socket" not in fetcher
    assert "NOT REFUSED" not in done.stdout


def test_check_counts_the_volumes_of_a_configuration(write, tmp_path):
    (tmp_path / "data").mkdir()
    config = write(module("/a", "hello.wasm", volumes={"/data": str(tmp_path / "data"), "/none": "/nonexistent"}))
    done = run_wagi("check", "--security", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 route, no mistakes" in done.stdout
    assert ": 1 volume," in done.stdout


def test_check_names_a_mistake_before_it_tries_anything(write):
    done = run_wagi("check", "--security", write("[[module]]\n"))
    assert done.returncode == 1
    assert "refused" not in done.stdout


@needs_root
def test_check_as_the_user_of_the_workers():
    done = run_wagi("check", "--security", "--user", "nobody")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"nobody (uid {nobody().pw_uid})" in done.stdout


def test_check_misses_a_user():
    done = run_wagi("check", "--security", "--user", "no-such-user")
    assert done.returncode == 2
    assert "there is no user no-such-user" in done.stderr


# --- Workers.

def test_workers_are_locked_down(start):
    server = start(module("/", "hello.wasm"), workers=2)
    assert server.get("/").status == 200
    for worker in server.workers():
        assert status(worker, "NoNewPrivs") == "1"
        assert status(worker, "Seccomp") == "2"
        # Root keeps only CAP_DAC_OVERRIDE and CAP_FOWNER, to reach any file.
        assert int(status(worker, "CapEff"), 16) & ~(1 << 1 | 1 << 3) == 0
    assert len(server.wait_log(r"workers are locked down: user \S+, Landlock \d+, \d+ system calls")) == 1


def test_a_restarted_worker_is_locked_down_too(start):
    server = start(module("/", "hello.wasm"))
    [first] = server.workers()
    os.kill(first, 9)
    [second] = eventually(lambda: [pid for pid in server.workers() if pid != first], "another worker")
    eventually(lambda: status(second, "Seccomp") == "2", "it is locked down")
    assert server.get("/").status == 200


def test_one_process_without_workers_says_that_it_is_not(start):
    server = start(module("/", "hello.wasm"), workers=0)
    server.wait_log("isn't locked down")
    assert server.get("/").status == 200


def test_a_large_chunked_body_is_spooled_behind_the_lock(start):
    server = start(module("/", "count.wasm"))
    with server.connect() as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        for _ in range(64):
            connection.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        connection.send(b"0\r\n\r\n")
        response = connection.read_response()
    assert response.status == 200
    assert str(64 * 65536) in response.text
    # The directory for bodies is removed with the server.
    [directory] = server.folder.glob("wagi-bodies-*")
    assert list(directory.iterdir()) == []
    server.stop()
    assert not directory.exists()


# --- [server] user.

@needs_root
def test_workers_become_the_user(start, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, nobody().pw_uid, nobody().pw_gid)
    reachable_by_all(data)
    server = start(
        table("[server]", user="nobody") + module("/files", "files.wasm", volumes={"/data": str(data)})
        + module("/stderr", "stderr.wasm"))
    reachable_by_all(server.folder)
    [worker] = server.workers()
    uid = str(nobody().pw_uid)
    assert status(worker, "Uid").split() == [uid] * 4
    assert status(worker, "Groups").split() == [str(nobody().pw_gid)]
    assert int(status(worker, "CapPrm"), 16) == 0
    assert status(server.pid, "Uid").split()[0] == "0"
    assert server.get("/files?op=write&path=/data/new&data=x").text == "ok\n"
    assert (data / "new").stat().st_uid == nobody().pw_uid
    server.get("/stderr")
    [log] = eventually(lambda: list(server.folder.glob("wagi-log-*/*/module.stderr")), "its log")
    assert log.stat().st_uid == nobody().pw_uid
    server.signal(1)
    server.wait_log("reloaded: generation 2")
    assert server.get("/files?op=read&path=/data/new").text == "x"


@needs_root
def test_a_log_directory_that_the_user_can_not_write_is_named(start, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o755)
    server = start(table("[server]", user="nobody", log_dir=str(logs)) + module("/", "stderr.wasm"))
    server.wait_log(rf"{logs} isn't writable for nobody")
    assert server.get("/?code=0").status == 200


@needs_root
def test_a_log_directory_that_is_made_belongs_to_the_user(start, tmp_path):
    reachable_by_all(tmp_path)
    server = start(table("[server]", user="nobody", log_dir=str(tmp_path / "logs")) + module("/", "stderr.wasm"))
    server.get("/")
    eventually(lambda: list((tmp_path / "logs").glob("*/module.stderr")), "its log")
    assert "isn't writable" not in server.log


def test_an_unknown_user_is_a_mistake(write):
    config = write(table("[server]", user="no-such-user") + module("/", "hello.wasm"))
    assert "there is no user no-such-user on this system" in refusal(config)


# --- Processes that run before there are workers.

def test_routes_functions_run_locked_down(write):
    import subprocess

    from configuration import BINARY
    from server import LISTEN, clean_environment
    config = write(module("/", "routes_loop.wat"))
    process = subprocess.Popen([BINARY, "-c", config, *LISTEN], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               env=clean_environment(TMPDIR=config.parent))
    try:
        def locked_child():
            for entry in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                if status(int(entry), "Seccomp") == "2":
                    return entry
            return None
        assert eventually(locked_child, "the process of `_routes` is locked down")
    finally:
        process.kill()
        process.wait()


def test_what_fetches_is_locked_down_before_it_connects(write):
    import socket
    import subprocess

    from configuration import BINARY
    from server import LISTEN, clean_environment
    # It takes a connection and says nothing.
    silent = socket.create_server(("127.0.0.1", 0))
    config = write(module("/", f"oci://127.0.0.1:{silent.getsockname()[1]}/a:1"))
    process = subprocess.Popen([BINARY, "-c", config, "--module-cache", config.parent / "store", *LISTEN],
                               stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               env=clean_environment(TMPDIR=config.parent))
    try:
        silent.settimeout(30)
        connection, _ = silent.accept()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        locked = [int(child) for child in children if status(int(child), "Seccomp") == "2"]
        assert len(locked) == 1, "the other one is the broker of logins"
        assert status(locked[0], "NoNewPrivs") == "1"
        assert int(status(locked[0], "CapEff"), 16) & ~(1 << 1 | 1 << 3) == 0
        connection.close()
    finally:
        silent.close()
        process.kill()
        process.wait()
