"""The servers that are measured: ours, and each peer at its best settings."""

import contextlib
import http.client
import os
import pwd
import re
import resource
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import http_client
import tools
from fetch import BENCH, library_environment
from machine import Cores
from processes import START_S_MAX, Command, Processes, StartError

HELLO = re.compile(rb"Hello, world!\n")
HELLO_FROM = re.compile(rb"Hello, world, from [^\n]*\n")
ECHO_BYTES = (1 << 10, 64 << 10, 1 << 20)
DOWNLOAD_BYTES = 100 << 20
DOWNLOAD = re.compile(rb"x{%d}" % DOWNLOAD_BYTES)
CGI_PROCESSES = 4
ANSWER_S_MAX = 3.0


@dataclass(frozen=True)
class Server:
    commands: Callable[[Path, int], list[Command]]  # The processes to start in a folder for a port.
    path: str = "/"
    answer: re.Pattern = HELLO  # Matches the body that answers a GET; a POST's body is echoed.
    cpu_is_seen: bool = True  # False where it starts processes that nobody waits for.
    on_both_cores: bool = False  # False: on the server's core alone.
    answer_s_max: float = ANSWER_S_MAX  # The time from when it listens until its answer is right.

    def cores(self, cores: Cores) -> set[int]:
        return cores.both if self.on_both_cores else {cores.server}


@dataclass(frozen=True)
class Running:
    server: Server
    port: int
    processes: Processes

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.server.path}"

    def check_answer(self, body_bytes: int = 0):
        """Asks once. Raises StartError unless the answer is a 200 with the right body."""
        body = b"x" * body_bytes
        try:
            status, answer = http_client.ask(self.port, self.server.path, body)
        except (OSError, http.client.HTTPException) as error:
            raise StartError(f"gave no answer: {error!r}; {self.processes.last_words()}") from error
        right = answer == body if body else self.server.answer.fullmatch(answer)
        if status != 200 or not right:
            raise StartError(f"answered {status} with {len(answer)} bytes: {answer[:80]!r}")


@contextlib.contextmanager
def running(server: Server, cores: Cores, body_bytes: int = 0) -> Iterator[Running]:
    """The server, on its core and answering."""
    with tempfile.TemporaryDirectory(prefix="wagi-bench-") as name:
        folder, port = Path(name), free_port()
        with Processes(server.commands(folder, port), server.cores(cores), folder) as processes:
            started = Running(server, port, processes)
            wait_for_answer(started, body_bytes)
            yield started
            started.check_answer(body_bytes)
            processes.check_alive()


def wait_for_answer(started: Running, body_bytes: int):
    """Waits until it listens, and then until a CGI wrapper behind it answers too."""
    end = time.monotonic() + START_S_MAX
    while not http_client.is_listening(started.port):
        started.processes.check_alive()
        if time.monotonic() > end:
            raise StartError(
                f"doesn't listen after {START_S_MAX:.0f} s: {started.processes.last_words()}"
            )
        time.sleep(0.005)
    end = time.monotonic() + started.server.answer_s_max
    while True:
        try:
            return started.check_answer(body_bytes)
        except StartError:
            if time.monotonic() > end:
                raise
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def files_max() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def wagi(kit: tools.Tools, module: Path, answer: re.Pattern = HELLO) -> Server:
    return wagi_with(kit, wagi_settings(module), answer=answer)


def wagi_settings(module: Path) -> str:
    """The modules.toml for one module."""
    return (BENCH / "modules.toml").read_text().replace("@MODULE@", str(module))


def wagi_with(kit: tools.Tools, settings: str, workers: int = 1, **keywords) -> Server:
    binary = kit.path("wagi")

    def commands(folder: Path, port: int) -> list[Command]:
        (folder / "modules.toml").write_text(settings)
        flags = ["-c", "modules.toml", "-l", f"127.0.0.1:{port}", "--log-dir", str(folder)]
        # The compiled module is kept from one start to the next, as it is by default.
        cache = {"XDG_CACHE_HOME": str(tools.BUILT / "cache")}
        return [Command([str(binary), *flags, "--workers", str(workers)], cache)]

    return Server(commands, **keywords)


def nginx(
    kit: tools.Tools, path: str, sendfile: str = "off", answer: re.Pattern = HELLO
) -> Server:
    binary = kit.path("nginx")
    return Server(
        lambda folder, port: [nginx_command(binary, folder, port, sendfile)], path, answer
    )


def nginx_command(binary: Path, folder: Path, port: int, sendfile: str) -> Command:
    files = folder / "files"
    files.mkdir()
    (files / "hello.txt").write_bytes(b"Hello, world!\n")
    for size in ECHO_BYTES:
        (files / str(size)).write_bytes(b"x" * size)
    (files / "download").symlink_to(tools.download_file(DOWNLOAD_BYTES))
    settings = {
        "PORT": port,
        "SENDFILE": sendfile,
        "FOLDER": folder,
        "FILES_MAX": files_max(),
        "USER": pwd.getpwuid(os.getuid()).pw_name,
    }
    text = (BENCH / "peers" / "nginx.conf").read_text()
    for key, value in settings.items():
        text = text.replace(f"@{key}@", str(value))
    (folder / "nginx.conf").write_text(text)
    return Command(
        [str(binary), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"], library_environment()
    )


def cgi(kit: tools.Tools) -> Server:
    binary, wrapper, program = kit.path("nginx"), kit.path("fcgiwrap"), kit.path("hello.cgi")

    def commands(folder: Path, port: int) -> list[Command]:
        shutil.copy(program, folder / "hello.cgi")
        return [
            Command(
                [str(wrapper), "-c", str(CGI_PROCESSES), "-s", f"unix:{folder}/cgi.sock"],
                library_environment(),
            ),
            nginx_command(binary, folder, port, "off"),
        ]

    return Server(commands, "/hello.cgi", cpu_is_seen=False)


def wasmtime(kit: tools.Tools, settings: list[str]) -> Server:
    binary, component = kit.path("wasmtime"), kit.path("hello.cwasm")

    # One request for an instance is its default for WASI 0.2; the flag makes that sure.
    def commands(_folder: Path, port: int) -> list[Command]:
        return [
            Command(
                [
                    str(binary),
                    "serve",
                    *settings,
                    "--max-instance-reuse-count",
                    "1",
                    "--max-concurrent-connections",
                    str(files_max()),
                    "--allow-precompiled",
                    "--addr",
                    f"127.0.0.1:{port}",
                    str(component),
                ]
            )
        ]

    return Server(commands)
