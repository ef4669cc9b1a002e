"""Tests that one request sees nothing of another: memory, tables, files, random values, output."""

import os
import random
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from configuration import module, table
from pipeline import requests
from processes import is_sanitized

SEARCHES = 2_000 if is_sanitized() else 10_000
CONNECTIONS = 4
CLEAN = (200, b"00000000")
MARKER = "KRAMKRAM"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("isolation")
    (root / "file").write_text("0123456789")
    for number in range(300):
        (root / f"name-{number}").touch()
    return root


@pytest.fixture(scope="module", params=["kept", "new"])
def server(request, start_shared, folder):
    entry_points = ("fill", "fill_some", "fill_trap", "fill_all_trap", "fill_wait", "search", "search_grown",
                    "search_filled", "search_slack", "descriptors", "random")
    return start_shared(
        table("[server]", wall_ms_max=60_000, instances=request.param)
        + "".join(module(f"/{name}", "leftovers.wat", entrypoint=name) for name in entry_points)
        + module("/fill_loop", "leftovers.wat", entrypoint="fill_loop", cpu_ms_max=20)
        + module("/fill_little", "leftovers.wat", entrypoint="fill_trap", memory_max="1MiB")
        + module("/files", "files.wasm", volumes={"/data": str(folder)})
        + module("/files_too", "files.wasm", volumes={"/data": str(folder)})
        + module("/volume/descriptors", "leftovers.wat", entrypoint="descriptors", volumes={"/data": str(folder)})
        + "".join(module(f"/{name}", f"{name}.wasm") for name in (
            "marker", "hello", "echo", "read_some", "environment", "raw", "half_header", "count")),
        workers=1)


# --- Memory.

class Fillers:
    """Sends requests that leave as much behind as they can, and end in every way there is."""

    def __init__(self, server, seed: int):
        self.server = server
        self.random = random.Random(seed)
        self.ended = dict.fromkeys(("fill", "fill_some", "fill_trap", "fill_all_trap", "fill_loop", "marker",
                                    "fill_wait", "fill_little"), 0)
        # Each way comes once, however few requests there are.
        self.first = self.random.sample(list(self.ended), len(self.ended))

    def one(self):
        # The largest are rare, since they take a tenth of a second each.
        name = (self.first.pop() if self.first
                else self.random.choices(list(self.ended), weights=(1, 4, 4, 1, 4, 2, 4, 4))[0])
        getattr(self, name)()
        self.ended[name] += 1

    def get(self, target: str, status: int):
        response = self.server.get(target)
        assert response.status == status, response.text
        assert MARKER not in response.text

    def fill(self):
        self.get("/fill", 200)

    def fill_some(self):
        self.get("/fill_some", 200)

    def fill_trap(self):
        self.get("/fill_trap", 500)

    def fill_little(self):
        """The guest fills all memory that it gets, and goes on when it gets no more."""
        self.get("/fill_little", 500)

    def fill_all_trap(self):
        """The guest is refused memory and then traps, which the server calls out of memory."""
        self.get("/fill_all_trap", 500)

    def fill_loop(self):
        self.get("/fill_loop", 504)

    def fill_wait(self):
        """The client leaves while the guest waits for a body."""
        with self.server.connect() as connection:
            connection.send(b"POST /fill_wait HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n")

    def marker(self):
        """The guest is a program in C."""
        size = self.random.choice((1, 2, 16))
        found = self.server.get(f"/marker?op=fill&mib={size}").text
        assert int(found.removeprefix("found=")) >= size * 65536


def search(server, targets: list[str], fillers: Fillers) -> list[tuple[int, bytes]]:
    """GETs `targets` in batches, with a filler before each."""
    answers = []
    with server.connect() as connection:
        for begin in range(0, len(targets), 50):
            fillers.one()
            answers += requests(connection, targets[begin:begin + 50])
    return answers


def test_a_search_finds_what_is_there(server):
    lines, elements, globals_filled = 24 * 1024, 100 + 50_000, 1
    assert server.get("/search_filled").text == f"{lines + elements + globals_filled:08x}"


def test_ten_thousand_requests_find_nothing_of_those_that_filled_everything(server):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    server.get("/fill")
    share = SEARCHES // CONNECTIONS
    # Most requests search the memory that they begin with, some what they get by growing; others
    # are for other modules.
    plans = [["/search"] * share, ["/search"] * share,
             (["/search"] * 9 + ["/search_grown"]) * (share // 10),
             (["/search"] * 8 + ["/marker?mib=1", "/hello"]) * (share // 10)]
    fillers = [Fillers(server, seed + number) for number in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        found = list(pool.map(search, [server] * CONNECTIONS, plans, fillers))
    clean = {CLEAN, (200, b"found=0\n"), server_says_hello(server)}
    for answers, plan in zip(found, plans):
        assert len(answers) == len(plan)
        assert set(answers) <= clean
    ended = {name: sum(each.ended[name] for each in fillers) for name in fillers[0].ended}
    print("filled", ended)
    assert all(ended.values()), ended
    assert server.get("/search").text == "00000000"


def server_says_hello(server) -> tuple[int, bytes]:
    return 200, server.get("/hello").body


def test_a_program_in_c_finds_nothing_of_another_ones_memory(server):
    """A program in C begins with an image of its file in memory, rather than with zeros."""
    for size in (1, 8, 32):
        assert int(server.get(f"/marker?op=fill&mib={size}").text.removeprefix("found=")) >= size * 65536
        with server.connect() as connection:
            assert set(requests(connection, ["/marker?mib=4"] * 100)) == {(200, b"found=0\n")}


# --- Environment and random values.

def test_a_long_environment_leaves_nothing_in_a_short_one(server):
    long = [(f"X-{MARKER}-{number}", MARKER * 100) for number in range(20)]
    with server.connect() as connection:
        connection.request("GET", "/environment")
        before = connection.read_response().text
    for _ in range(50):
        with server.connect() as connection:
            connection.request("GET", f"/search_slack?{MARKER * 200}&{MARKER}", long)
            assert connection.read_response().text == "00000000"
            connection.request("GET", "/search_slack")
            assert connection.read_response().text == "00000000"
            connection.request("GET", "/environment")
            assert connection.read_response().text == before


def test_random_values_never_repeat(start):
    config = module("/random", "leftovers.wat", entrypoint="random")
    seen = []
    for _ in range(2):  # A second run of the server mustn't repeat values either.
        server = start(config, workers=2)
        for _ in range(10):  # Connections are spread over the workers.
            with server.connect() as connection:
                answers = requests(connection, ["/random"] * 500)
            assert {(status, len(body)) for status, body in answers} == {(200, 16)}
            seen += [body for _, body in answers]
        server.stop()
    assert len(set(seen)) == len(seen) == 10_000
    # Each byte of the values takes on every value.
    assert all(len({body[place] for body in seen}) == 256 for place in range(16))


# --- Files.

def test_descriptors_end_with_their_request(server, folder):
    """Files that the guest opens and never closes are closed with its instance."""
    worker = server.workers()[0]

    def open_files():
        return sum(os.readlink(entry).startswith(str(folder) + "/")
                   for entry in list(Path(f"/proc/{worker}/fd").iterdir()) if entry.is_symlink())
    for _ in range(300):
        assert server.get("/files?op=read&path=/data/file").text == "0123456789"
    assert server.get("/descriptors").text == "00000003"
    assert server.get("/volume/descriptors").text == "00000004"
    assert open_files() == 0


def test_file_offsets_begin_anew(server):
    with server.connect() as connection:
        read = requests(connection, ["/files?op=read&path=/data/file", "/files_too?op=read&path=/data/file"] * 100)
    assert set(read) == {(200, b"0123456789")}


def test_a_listing_is_whole_in_each_request(server):
    """All instances share the folder's descriptor, but each lists it from a position of its own."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        def listings(_):
            with server.connect() as connection:
                return requests(connection, ["/files?op=list&path=/data", "/files_too?op=list&path=/data"] * 10)
        found = {answer for answers in pool.map(listings, range(CONNECTIONS)) for answer in answers}
    assert len(found) == 1
    (status, names), = found
    assert status == 200
    assert len(names.splitlines()) == 300 + 1 + 2


# --- Output and input.

def test_the_output_of_a_guest_that_failed_is_in_no_answer(server):
    hello = server_says_hello(server)
    with server.connect() as connection:
        for _ in range(20):
            failed, *others = requests(connection, ["/fill_trap", "/hello", "/half_header", "/hello", "/search"])
            assert failed[0] == 500
            assert MARKER.encode() not in failed[1]
            assert others[0] == others[2] == hello
            assert others[1][0] == 500
            assert others[3] == CLEAN


def post(target: str, body: bytes, *, chunked: bool) -> bytes:
    head = f"POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: text/plain\r\n".encode()
    if chunked:
        return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    return head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("target", ["/hello", "/read_some?bytes=10", "/fill_trap"], ids=["unread", "part", "trap"])
def test_a_body_that_was_not_read_is_not_read_by_the_next_request(server, target, chunked):
    """Requests sent at once on one connection lie beside each other in the server's buffer."""
    with server.connect() as connection:
        for number in range(20):
            own = b"own %d" % number
            connection.send(post(target, MARKER.encode() * 300, chunked=chunked) + post("/echo", own, chunked=chunked)
                            + post("/echo", b"", chunked=False))
            connection.read_response()
            assert connection.read_response().body == own
            assert connection.read_response().body == b""


# --- The worker.

def test_a_file_at_the_limit_of_its_size_does_not_end_the_worker(server, folder):
    """A worker survives SIGXFSZ, by which the kernel enforces RLIMIT_FSIZE."""
    worker = server.workers()[0]
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        data = quote("x" * 3000)
        assert server.get(f"/files?op=append&path=/data/grown&data={data}").text == "ok\n"
        assert server.get(f"/files?op=append&path=/data/grown&data={data}").text == "error File too large\n"
    finally:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, before)
        (folder / "grown").unlink()
    assert server.workers() == [worker]
