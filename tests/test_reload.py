"""Tests reloads, by SIGHUP and --watch, while requests are served."""

import shutil
import signal
import socket
import threading

import pytest

from configuration import guest, module, table
from raw_http import Connection
from waiting import eventually

HELLO = "Hello, world!\n"


class Load:
    """Sends requests without a break; each thread keeps a connection as long as the server lets it.
    """

    def __init__(self, server, target="/hello", expected=HELLO, threads=3):
        self.server, self.target, self.expected = server, target, expected
        self.answers = 0
        self.failures = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(threads)]

    def _run(self, number: int):
        requests_per_connection = (1, 7, 10**9)[number % 3]
        try:
            while not self.stopping.is_set():
                with Connection(self.server.address) as connection:
                    for _ in range(requests_per_connection):
                        connection.request("GET", self.target)
                        response = connection.read_response()
                        if response.status != 200 or response.text != self.expected:
                            self.failures.append(response)
                        self.answers += 1
                        if self.stopping.is_set() or not response.keeps_alive:
                            break
        except (OSError, AssertionError) as error:
            self.failures.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if kind is None:
            assert not self.failures
            assert self.answers > 0

    def go_on(self, answers: int = 20):
        """Waits until so many more answers have come."""
        wanted = self.answers + answers
        eventually(lambda: self.answers >= wanted or self.failures, "the load goes on")


def wait_route(server, target: str, status: int = 200):
    eventually(lambda: server.get(target).status == status, f"{target} gives {status}")


@pytest.mark.parametrize("workers", [1, 2])
def test_sighup_under_load_fails_no_request(start, workers):
    server = start(module("/hello", "hello.wasm"), workers=workers)
    first = server.workers()
    with Load(server) as load:
        load.go_on()
        for number in range(5):
            server.write_config(module("/hello", "hello.wasm") + module(f"/new{number}", "hello.wasm"))
            server.signal(signal.SIGHUP)
            wait_route(server, f"/new{number}")
            load.go_on()
        wait_route(server, "/new0", 404)
    eventually(lambda: len(server.workers()) == workers, "the old workers have ended")
    assert not set(first) & set(server.workers())


def test_watch_under_load_fails_no_request(start):
    server = start(module("/hello", "hello.wasm"), "--watch", workers=2)
    with Load(server) as load:
        load.go_on()
        server.write_config(module("/hello", "hello.wasm") + module("/new", "hello.wasm"))
        wait_route(server, "/new")
        load.go_on()


def test_watch_sees_a_changed_module(start, tmp_path):
    path = tmp_path / "changing.wasm"
    shutil.copy(guest("hello.wasm"), path)
    server = start(table("[server]", watch=True) + module("/", str(path)) + module("/hello", "hello.wasm"))
    assert server.get("/").text == HELLO
    with Load(server) as load:
        load.go_on()
        replacement = tmp_path / "changing.wasm.part"
        shutil.copy(guest("crlf.wasm"), replacement)
        replacement.rename(path)
        eventually(lambda: server.get("/").text == "body\r\n")
        load.go_on()


def test_watch_sees_a_module_that_is_written_in_place(start, tmp_path):
    """A compiler truncates a file and writes it anew, so --watch may see half a module."""
    path = tmp_path / "changing.wasm"
    shutil.copy(guest("hello.wasm"), path)
    server = start(module("/", str(path)), "--watch")
    new = open(guest("crlf.wasm"), "rb").read()
    with open(path, "wb") as file:
        file.write(new[:100])
        file.flush()
        assert server.get("/").status == 200
        file.write(new[100:])
    eventually(lambda: server.get("/").text == "body\r\n")


def test_without_watch_nothing_changes_by_itself(start):
    server = start(module("/hello", "hello.wasm"))
    server.write_config(module("/new", "hello.wasm"))
    assert server.get("/new").status == 404
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("bad, diagnostic", [
    ("[[module]]\nroute = \"/\"\nmodule = \n", r"modules\.toml:3:[0-9]+"),
    ("[[module]]\nroute = \"/\"\nmodul = \"x\"\n", r"modules\.toml:3:1.*modul.*module"),
    ("", "module"),
    ("[[module]]\nroute = \"/\"\nmodule = \"/no/such/file.wasm\"\n", "/no/such/file.wasm"),
    (lambda: module("/", "text.wasm"), "text.wasm"),
    (lambda: module("/", "routes_trap.wat"), "_routes"),
    (lambda: module("/", "unknown_import.wat"), "frobnicate"),
])
def test_a_bad_configuration_keeps_the_old_one_serving(start, bad, diagnostic):
    server = start(module("/hello", "hello.wasm"), workers=1)
    workers = server.workers()
    with Load(server) as load:
        load.go_on()
        server.write_config(bad() if callable(bad) else bad)
        server.signal(signal.SIGHUP)
        server.wait_log(diagnostic)
        load.go_on()
        assert server.workers() == workers
        server.write_config(module("/hello", "hello.wasm") + module("/mended", "hello.wasm"))
        server.signal(signal.SIGHUP)
        wait_route(server, "/mended")


def test_a_missing_configuration_keeps_the_old_one_serving(start):
    server = start(module("/hello", "hello.wasm"))
    server.config_path.unlink()
    server.signal(signal.SIGHUP)
    server.wait_log(r"modules\.toml.*[Nn]o such file")
    assert server.get("/hello").status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_that_runs_finishes_in_the_old_generation(start, workers):
    server = start(module("/echo", "echo.wasm"), workers=workers)
    with server.connect() as connection:
        connection.request("POST", "/echo", [("Content-Length", "6")])
        connection.send(b"old")
        connection.read_head()
        assert connection.read_chunk() == b"old"
        server.write_config(module("/new", "hello.wasm"))
        server.signal(signal.SIGHUP)
        wait_route(server, "/new")
        wait_route(server, "/echo", 404)
        connection.send(b"end")
        assert connection.read_chunk() == b"end"
        assert connection.read_chunk() == b""
    eventually(lambda: len(server.workers()) == workers, "the old workers have ended")


def test_environment_and_limits_are_reloaded(start, tmp_path):
    variables = tmp_path / "a.env"
    variables.write_text("A=old\n")
    config = module("/", "environment.wasm") + module("/count", "count.wasm", body_bytes_max=10)
    server = start(config, "--env-file", variables)
    assert "env A=old\n" in server.get("/").text
    assert server.get("/count", method="POST", body=b"x" * 11).status == 413
    variables.write_text("A=new\n")
    server.write_config(config.replace("body_bytes_max = 10", "body_bytes_max = 11"))
    server.signal(signal.SIGHUP)
    eventually(lambda: "env A=new\n" in server.get("/").text)
    assert server.get("/count", method="POST", body=b"x" * 11).status == 200


def test_many_reloads_in_a_row(start):
    server = start(module("/hello", "hello.wasm"), workers=2)
    with Load(server) as load:
        load.go_on()
        for _ in range(20):
            server.signal(signal.SIGHUP)
        server.write_config(module("/hello", "hello.wasm") + module("/last", "hello.wasm"))
        server.signal(signal.SIGHUP)
        wait_route(server, "/last")
        load.go_on()
    eventually(lambda: len(server.workers()) == 2, "the old workers have ended")


def test_the_number_of_workers_is_reloaded(start):
    config = module("/hello", "hello.wasm")
    server = start(table("[server]", workers=1) + config, workers=None)
    assert len(server.workers()) == 1
    server.write_config(table("[server]", workers=3) + config)
    server.signal(signal.SIGHUP)
    eventually(lambda: len(server.workers()) == 3)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def test_a_new_address_is_listened_on_and_the_old_one_given_up(start):
    old, new = free_port(), free_port()
    config = module("/hello", "hello.wasm")
    server = start(table("[server]", listen=f"127.0.0.1:{old}") + config, listen=None)
    assert server.port == old
    server.write_config(table("[server]", listen=f"127.0.0.1:{new}") + config)
    server.signal(signal.SIGHUP)

    def answers_at_new():
        try:
            with Connection(("127.0.0.1", new)) as connection:
                connection.request("GET", "/hello")
                return connection.read_response().text == HELLO
        except ConnectionRefusedError:
            return False
    eventually(answers_at_new)

    def refuses_at_old():
        try:
            Connection(("127.0.0.1", old)).close()
        except ConnectionRefusedError:
            return True
    eventually(refuses_at_old)


def test_a_new_address_in_use_keeps_the_old_one_serving(start):
    config = module("/hello", "hello.wasm")
    server = start(table("[server]", listen=f"127.0.0.1:{free_port()}") + config, listen=None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.write_config(table("[server]", listen=f"127.0.0.1:{taken.getsockname()[1]}") + config)
        server.signal(signal.SIGHUP)
        server.wait_log("can't listen on")
        assert server.get("/hello").status == 200


def test_without_workers_there_is_no_reload_and_it_is_said(start):
    server = start(module("/hello", "hello.wasm"), workers=0)
    server.signal(signal.SIGHUP)
    server.wait_log("SIGHUP.*restart")
    assert server.get("/hello").status == 200


def test_a_stop_during_a_reload_stops(start):
    server = start(module("/hello", "hello.wasm"), workers=2)
    server.signal(signal.SIGHUP)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
