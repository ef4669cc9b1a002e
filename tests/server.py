"""Starts the real binary for a test on a free port, and stops it by its own process id."""

import contextlib
import os
import re
import resource
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

from configuration import BINARY
from processes import children, is_running
from raw_http import WAIT_MAX_S, Connection, Response
from waiting import eventually

# The beginning of a sanitizer's report, which no test expects.
SANITIZER_REPORT = re.compile(
    r"(?:Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
ADDRESS = re.compile(r"https?://(\[[0-9a-f:]+\]|[0-9.]+):([0-9]+)")
LISTEN = ("-l", "127.0.0.1:0")
NOT_YET = "not supported yet"


def clean_environment(**more) -> dict[str, str]:
    """The environment without variables that would change how a server behaves."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("WAGI_", "BINDLE_", "HTTP_"))}
    return kept | {key: str(value) for key, value in more.items()}


def usual_limits(descriptors_max: int | None):
    """Sets the soft limit on open files that a shell gives, and that a server has to raise."""
    hard = descriptors_max or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))


class Server:
    """One running server. `config` is the text of its modules.toml; `folder` has that, and is its
    working directory.

    Without one, the flags say what it serves.
    """

    live: list["Server"] = []

    def __init__(self, folder: Path, config: str | None, *flags, workers: int | None = 1,
                 listen: str | None = "127.0.0.1:0", tls=None, env: dict | None = None,
                 cache: Path | None = None, ready_max_s: float = WAIT_MAX_S,
                 descriptors_max: int | None = None):
        self.folder = folder
        self.config_path = folder / "modules.toml"
        if config is not None:
            self.write_config(config)
        self.log_path = folder / "server.log"
        self.tls = tls
        command = [str(BINARY), *(["-c", str(self.config_path)] if config is not None else [])]
        if listen is not None:
            command += ["--listen", listen]
        if workers is not None:
            command += ["--workers", str(workers)]
        if cache is not None:
            command += ["--cache", str(cache)]
        command += map(str, flags)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=lambda: usual_limits(descriptors_max),
                                            env=clean_environment(**({"TMPDIR": folder} | (env or {}))))
        Server.live.append(self)
        try:
            self.address = eventually(self._ready_address, "the server is ready", ready_max_s)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}; its log:\n{self.log}") from None

    # --- Its state.

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def port(self) -> int:
        return self.address[1]

    @property
    def log(self) -> str:
        return self.log_path.read_bytes().decode(errors="replace")

    def _ready_address(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}")
        found = ADDRESS.search(self.log)
        return found and (found[1].strip("[]"), int(found[2]))

    def wait_log(self, pattern: str, times: int = 1) -> list[str]:
        """Waits until the log has `pattern` so many times; returns the matches."""
        def matches():
            found = re.findall(pattern, self.log)
            return found if len(found) >= times else None
        return eventually(matches, f"{times} of /{pattern}/ in the log")

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return children(self.pid)

    def processes(self) -> list[int]:
        return [self.pid, *self.workers()]

    # --- Talking to it.

    def connect(self, **options) -> Connection:
        return Connection(self.address, tls=self.tls, **options)

    def get(self, target: str, fields=(), *, method: str = "GET", body: bytes | None = None) -> Response:
        """One request on a connection of its own."""
        with self.connect() as connection:
            connection.request(method, target, [*fields, ("Connection", "close")], body)
            return connection.read_response(method)

    def exchange(self, data: bytes, *, half_close: bool = False) -> bytes:
        """Sends `data`, may close that direction, and returns all bytes until the server closes."""
        with self.connect() as connection:
            connection.send(data)
            if half_close:
                connection.half_close()
            return connection.read_to_end()

    def raw_answer(self, answer: bytes) -> Response:
        """The response to a guest that prints `answer`. The server must have raw.wasm at /raw."""
        return self.get("/raw?" + quote(answer, safe=""))

    # --- Changing and stopping it.

    def write_config(self, config: str):
        """Replaces modules.toml by a rename, as editors do: --watch never sees half of it."""
        part = self.folder / "modules.toml.part"
        part.write_text(config)
        part.rename(self.config_path)

    def signal(self, number: int):
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(WAIT_MAX_S)

    def stop(self, expect: int = 0):
        """Stops the server as an operator would; checks that it ends well and leaves nothing."""
        if self not in Server.live:
            return
        workers = self.workers() if self.process.poll() is None else []
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait()
        except subprocess.TimeoutExpired:
            raise AssertionError("the server didn't stop on SIGTERM") from None
        finally:
            self.kill()
        for worker in workers:
            eventually(lambda pid=worker: not is_running(pid), f"worker {worker} has ended")
        assert not (report := SANITIZER_REPORT.search(self.log)), report
        assert code == expect, f"the server ended with {code}; its log:\n{self.log[-3000:]}"

    def kill(self):
        """Kills the server and its workers, and waits for its process."""
        if self in Server.live:
            Server.live.remove(self)
        if self.process.poll() is None:
            workers = self.workers()
            self.process.kill()
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
            self.process.wait(WAIT_MAX_S)


def run_wagi(*arguments, folder: Path | None = None, stdin: bytes = b"", env: dict | None = None,
             limit: float = WAIT_MAX_S) -> subprocess.CompletedProcess:
    """Runs the binary to its end; stdout and stderr as text."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], input=stdin, capture_output=True, cwd=folder,
                          env=clean_environment(**(env or {})), timeout=limit)
    done.stdout, done.stderr = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    assert not SANITIZER_REPORT.search(done.stderr), done.stderr
    return done


def refusal(config, *flags, **options) -> str:
    """The stderr of a server that must not start with this modules.toml."""
    done = run_wagi("-c", config, *LISTEN, *flags, **options)
    assert done.returncode != 0
    assert "terminate called" not in done.stderr
    return done.stderr
