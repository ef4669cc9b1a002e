"""Tests `wagi run` on a pseudo-terminal, and with streams that close."""

import fcntl
import os
import pty
import signal
import subprocess
import termios

import pytest

from configuration import BINARY, guest
from processes import wait_idle
from raw_http import WAIT_MAX_S
from server import clean_environment
from waiting import eventually


class Terminal:
    """A program in the foreground of a terminal of its own."""

    def __init__(self, *arguments, **streams):
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.shown = b""
        streams = {"stdin": slave, "stdout": slave, "stderr": slave} | streams
        self.process = subprocess.Popen(
            [str(BINARY), *arguments], env=clean_environment(), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0), pass_fds=[slave], **streams)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT_MAX_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        os.close(self.master)

    def type(self, text: bytes):
        os.write(self.master, text)

    def wait_for(self, text: bytes):
        def is_shown():
            try:
                self.shown += os.read(self.master, 65536)
            except (BlockingIOError, OSError):  # No output yet, or the program has ended.
                pass
            return text in self.shown
        eventually(is_shown, f"{text} is on the terminal")

    def wait(self) -> int:
        return self.process.wait(WAIT_MAX_S)


def test_a_terminal_is_one_to_the_guest():
    with Terminal("run", guest("isatty.wasm")) as terminal:
        terminal.wait_for(b"terminals: 1 1 1\r\n")
        terminal.type(b"typed\n")
        terminal.wait_for(b"line: typed\r\n")
        terminal.type(b"\x04")  # The end of the input.
        terminal.wait_for(b"end\r\n")
        assert terminal.wait() == 0


def test_an_option_of_ours_behind_the_module_is_noted():
    with Terminal("run", guest("environment.wasm"), "--dir=data::/data") as terminal:
        terminal.wait_for(b"wagi run: --dir goes to ")
        terminal.wait_for(b"arg 1 --dir=data::/data")
        assert terminal.wait() == 0


def test_a_pipe_is_none():
    with Terminal("run", guest("isatty.wasm"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as terminal:
        assert terminal.process.stdout.read() == b"terminals: 0 0 1\nend\n"
        assert terminal.wait() == 0


@pytest.mark.parametrize("name, query, shows", [
    ("loop.wasm", "after=1", b"and now for ever"),
    ("isatty.wasm", "", b"terminals"),
    ("wait.wasm", "how=relative", b"waiting"),
    ("wait.wasm", "how=time", b"waiting"),
    ("wait.wasm", "how=zero", b"waiting"),
    ("wait.wasm", "how=yield", b"waiting"),
    ("flood.wasm", "bytes=1000000000000", b"abc"),
])
def test_ctrl_c_ends_whatever_it_does(name, query, shows):
    with Terminal("run", "--env", f"QUERY_STRING={query}", guest(name)) as terminal:
        terminal.wait_for(shows)
        terminal.type(b"\x03")
        assert terminal.wait() == -signal.SIGINT  # A shell makes 130 of it.


def run_to_a_pipe(name: str, query: str, **options) -> subprocess.Popen:
    return subprocess.Popen([BINARY, "run", "--env", f"QUERY_STRING={query}", guest(name)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(), **options)


@pytest.mark.parametrize("sigpipe, ends_with", [("as usual", -signal.SIGPIPE), ("ignored", 1)])
def test_a_closed_stdout(sigpipe, ends_with):
    """SIGPIPE ends a guest like any program. Where it is ignored, the write fails, and the guest
    exits with 1."""
    process = run_to_a_pipe("flood.wasm", "bytes=1000000000000", restore_signals=sigpipe == "as usual")
    process.stdout.read(100)
    process.stdout.close()
    assert process.wait(WAIT_MAX_S) == ends_with
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()


def test_a_guest_that_does_not_want_to_wait_fills_a_pipe():
    process = run_to_a_pipe("fill.wasm", "")
    wait_idle([process.pid])  # Until the guest waits for room.
    assert process.poll() is None
    output, complaints = process.communicate(timeout=WAIT_MAX_S)
    assert (process.returncode, complaints) == (0, b"")
    assert len(output) > 4096
    assert output == b"x" * (len(output) - 1) + b"!"


@pytest.mark.parametrize("how", ["read", "relative", "absolute", "input"])
def test_input_ends_a_wait(how):
    process = run_to_a_pipe("wait.wasm", f"how={how}")
    for line in (b"Content-Type: text/plain\n", b"\n", b"waiting\n"):
        assert process.stdout.readline() == line
    output, complaints = process.communicate(b"x", timeout=WAIT_MAX_S)
    assert (output, complaints, process.returncode) == (b"input\n", b"", 0)


@pytest.mark.parametrize("how", ["relative", "absolute", "time", "zero", "yield"])
def test_time_ends_a_wait(how):
    process = run_to_a_pipe("wait.wasm", f"how={how}&ms=20")
    assert process.stdout.read().endswith(b"waiting\ntime\n")
    assert process.wait(WAIT_MAX_S) == 0
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_the_terminal_is_a_file_too():
    orders = "QUERY_STRING=path=/dev/tty&how=rw&data=which%3F&bytes=100"
    with Terminal("run", "--dir", "/", "--env", orders, guest("device.wasm"),
                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as terminal:
        terminal.wait_for(b"which?")
        terminal.type(b"this\n")
        assert terminal.wait() == 0
        assert terminal.process.stdout.read() == (
            b"Content-Type: text/plain\n\ncharacter device, a terminal\nread 5: \nthis\n")
