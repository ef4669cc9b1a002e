"""Tests `wagi run`, which runs a program on the terminal."""

import os
import subprocess

import pytest

from configuration import BINARY, guest
from raw_http import WAIT_MAX_S
from server import clean_environment, run_wagi


def test_run_passes_stdin_and_stdout_through():
    body = bytes(range(256)) * 1000
    done = subprocess.run([BINARY, "run", guest("echo.wasm")], input=body, capture_output=True, timeout=60,
                          env=clean_environment())
    assert done.returncode == 0
    assert done.stdout == b"Content-Type: application/octet-stream\n\n" + body


def test_run_passes_arguments_and_environment():
    done = run_wagi("run", "--env", "A=1", "--env", "B=x=y", guest("environment.wasm"), "one", "--two", "-c", "")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[2:]
    assert [line for line in lines if line.startswith("env ")] == ["env A=1", "env B=x=y"]
    assert [line.split(" ", 2)[2] for line in lines if line.startswith("arg ")][1:] == ["one", "--two", "-c", ""]


def test_run_passes_its_own_options_on_behind_the_module():
    done = run_wagi("run", guest("environment.wasm"), "--dir", "data::/data")
    assert "arg 1 --dir\narg 2 data::/data\n" in done.stdout
    assert done.stderr == ""


def test_run_reads_env_files(tmp_path):
    (tmp_path / "a.env").write_text("A=file\nB=file\n")
    done = run_wagi("run", "--env-file", tmp_path / "a.env", "--env", "B=flag", guest("environment.wasm"))
    assert "env A=file\nenv B=flag\n" in done.stdout


def run_files(folder_flag: str, query: str):
    return run_wagi("run", "--dir", folder_flag, "--env", f"QUERY_STRING={query}", guest("files.wasm")).stdout


def test_run_shows_folders(tmp_path):
    (tmp_path / "file").write_text("content")
    assert run_files(f"{tmp_path}::/data", "op=read&path=/data/file").endswith("\n\ncontent")
    assert run_files(f"{tmp_path}", f"op=read&path={tmp_path}/file").endswith("\n\ncontent")
    assert run_files(f"{tmp_path}::/data", "op=write&path=/data/new&data=x").endswith("ok\n")
    assert (tmp_path / "new").read_text() == "x"
    assert "error" in run_files(f"{tmp_path}::/data:ro", "op=write&path=/data/new&data=evil")
    assert (tmp_path / "new").read_text() == "x"
    assert "error" in run_files(f"{tmp_path}::/data", "op=read&path=/etc/passwd")


def run_device(orders: str, folder: str = "/") -> str:
    done = run_wagi("run", "--dir", folder, "--env", f"QUERY_STRING={orders}", guest("device.wasm"))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.removeprefix("Content-Type: text/plain\n\n")


@pytest.mark.parametrize("orders, says", [
    ("path=/dev/null&bytes=10", "read 0\n"),
    ("path=/dev/null&how=w&data=gone", "read 0\n"),
    ("path=/dev/zero&bytes=10", "read 10 zeros\n"),
    ("path=/dev/full&how=w&data=x", "write: No space left on device\n"),
    ("path=/dev/urandom&bytes=0", "read 0\n")])
def test_run_opens_devices(orders, says):
    assert run_device(orders) == "character device, no terminal\n" + says


def test_a_device_in_a_read_only_folder_is_not_written():
    assert run_device("path=/dev/null&how=w&data=x", "/::/:ro") == "open: Read-only file system\n"
    assert run_device("path=/dev/zero&bytes=2", "/::/:ro").endswith("read 2 zeros\n")


def test_run_waits_for_a_named_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    command = [BINARY, "run", "--dir", f"{tmp_path}::/", "--env", "QUERY_STRING=path=/pipe&bytes=9",
               guest("device.wasm")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) as process:
        pipe = os.open(tmp_path / "pipe", os.O_RDWR)  # O_WRONLY would wait for the guest.
        os.write(pipe, b"written\n")
        assert process.communicate(timeout=WAIT_MAX_S)[0].endswith(b"something else, no terminal\nread 8: \nwritten\n")
        os.close(pipe)


def test_run_of_a_folder_that_is_not_there():
    done = run_wagi("run", "--dir", "/no/such/folder::/x", guest("hello.wasm"))
    assert done.returncode != 0
    assert "/no/such/folder" in done.stderr


@pytest.mark.parametrize("code", [0, 1, 3, 125])
def test_run_exits_as_the_guest_does(code):
    done = run_wagi("run", "--env", f"QUERY_STRING=code={code}", guest("exit.wasm"))
    assert done.returncode == code


def test_run_of_wat():
    assert run_wagi("run", guest("hello_wat.wat")).stdout == "Content-Type: text/plain\n\nHello, world!\n"


@pytest.mark.parametrize("name, message", [
    ("text.wasm", "text"), ("unknown_import.wat", "frobnicate"), ("no_start.wat", "_start")])
def test_run_of_what_can_not_run(name, message):
    done = run_wagi("run", guest(name))
    assert done.returncode == 126
    assert message in done.stderr and name in done.stderr


def test_run_keeps_its_own_words_off_stdout():
    # Fetching is tried for longer than a second, which is logged.
    done = run_wagi("run", "oci://127.0.0.1:1/a:1")
    assert done.returncode == 126
    assert "info fetching oci://127.0.0.1:1/a:1" in done.stderr
    assert done.stdout == ""


def test_run_of_a_file_that_is_not_there():
    done = run_wagi("run", "/no/such/file.wasm")
    assert done.returncode != 0
    assert "/no/such/file.wasm" in done.stderr
