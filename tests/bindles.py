"""Makes bindles as folders, and runs Bindle servers: our own, and the reference implementation."""

import contextlib
import hashlib
import http.client
import signal
import socket
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from configuration import BINARY, KEPT, ROOT, guest, table
from raw_http import WAIT_MAX_S
from server import ADDRESS, SANITIZER_REPORT, clean_environment
from waiting import eventually


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Parcel:
    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    features: dict = field(default_factory=dict)
    member_of: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return sha256(self.content)

    def text(self, **changed) -> str:
        label = {"sha256": self.digest, "mediaType": self.media_type, "name": self.name,
                 "size": len(self.content)} | changed
        if self.features:
            label["feature"] = {"wagi": self.features}
        conditions = {"memberOf": self.member_of, "requires": self.requires}
        return table("[[parcel]]", label=label, conditions={key: value for key, value in conditions.items() if value})


def module(name: str, route: str, content: bytes | None = None, **more) -> Parcel:
    content = Path(guest("hello.wasm")).read_bytes() if content is None else content
    return Parcel(name, content, "application/wasm", {"route": route}, **more)


def asset(name: str, content: bytes, *groups: str) -> Parcel:
    return Parcel(name, content, "text/plain", {"file": "true"}, list(groups))


@dataclass
class Bindle:
    id: str
    parcels: list[Parcel]
    groups: list[str] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return sha256(self.id.encode())

    def invoice(self) -> str:
        name, version = self.id.rsplit("/", 1)
        return "".join(['bindleVersion = "1.0.0"\n', table("[bindle]", name=name, version=version),
                        *(table("[[group]]", name=group) for group in self.groups),
                        *(parcel.text() for parcel in self.parcels)])

    def write(self, directory: Path) -> Path:
        """Writes a standalone bindle; returns its folder."""
        folder = directory / self.folder
        (folder / "parcels").mkdir(parents=True)
        (folder / "invoice.toml").write_text(self.invoice())
        for parcel in self.parcels:
            (folder / "parcels" / f"{parcel.digest}.dat").write_bytes(parcel.content)
        return folder


def hello(id: str = "example.com/hello/1.2.3") -> Bindle:
    """A bindle of a module and a file for it."""
    return Bindle(id, [module("hello.wasm", "/", requires=["files"]), asset("css/style.css", b"body {}", "files")],
                  ["files"])


@dataclass
class Answer:
    status: int
    body: bytes
    headers: http.client.HTTPMessage

    @property
    def toml(self) -> dict:
        assert self.headers["Content-Type"] == "application/toml"
        return tomllib.loads(self.body.decode())

    @property
    def error(self) -> str:
        return self.toml["error"]


class BindleServer:
    """A running server. `command` serves at a free port, which it logs or which is `port`."""

    def __init__(self, folder: Path, command: list, *, port: int | None = None, tls=None):
        self.log_path = folder / "bindle-server.log"
        self.tls = tls
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(list(map(str, command)), cwd=folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=clean_environment())
        try:
            self.port = eventually(lambda: self._accepting(port), "the Bindle server is ready")
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}; its log:\n{self.log}") from None

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/v1"

    def _accepting(self, port: int | None):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}")
        if port is None:
            found = ADDRESS.search(self.log)
            return found and int(found[2])
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), WAIT_MAX_S):
            return port
        return None

    def connect(self) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=WAIT_MAX_S, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_MAX_S)

    def call(self, method: str, path: str, body=None, **headers) -> Answer:
        """One request below /v1, with header fields such as content_type."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, "/v1" + path, body, fields)
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.headers)

    def create(self, bindle: Bindle, **headers) -> Answer:
        return self.call("POST", "/_i", bindle.invoice().encode(), **({"content_type": "application/toml"} | headers))

    def upload(self, bindle: Bindle, parcel: Parcel, content: bytes | None = None) -> Answer:
        return self.call("POST", f"/_i/{bindle.id}@{parcel.digest}", parcel.content if content is None else content)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(WAIT_MAX_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(WAIT_MAX_S)
        assert not (report := SANITIZER_REPORT.search(self.log)), report
        return code


def reference_server() -> Path:
    """The binary that `scripts/setup bindle` builds; the test is skipped where it is missing."""
    crate = ROOT / "tests/bindle-server"
    key = sha256((crate / "Cargo.lock").read_bytes() + (crate / "src/main.rs").read_bytes())[:12]
    path = KEPT / f"bindle-server-{key}/bindle-server"
    if not path.exists():
        pytest.skip("Bindle's own server isn't built: scripts/setup bindle does, in about three minutes")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_bindle(*words, folder: Path, url: str | None = None, **environment) -> subprocess.CompletedProcess:
    """Runs `wagi bindle WORDS`, with a store of the test's own."""
    more = {"XDG_CACHE_HOME": folder / "cache"} | ({"BINDLE_URL": url} if url else {}) | environment
    return subprocess.run([BINARY, "bindle", *map(str, words)], cwd=folder, capture_output=True, text=True,
                          timeout=WAIT_MAX_S, env=clean_environment(**more))


def succeed(*words, **options) -> str:
    done = run_bindle(*words, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refuse(*words, **options) -> str:
    """Runs a command that must fail; returns its stderr."""
    done = run_bindle(*words, **options)
    assert done.returncode in (1, 2), (done.returncode, done.stdout, done.stderr)
    assert done.stderr
    return done.stderr
