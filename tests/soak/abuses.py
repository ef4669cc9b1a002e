"""All known ways in which a guest or a client asks for too much, breaks off, or is malformed.

Each is a function of the server and a random source that makes one request and checks its answer. A
request without an answer is broken off.
"""

import contextlib
import socket
import struct
from pathlib import Path

from configuration import module, table
from raw_http import BadAnswer

HELLO = "Hello, world!\n"
FOR_EVER_MS = 10**7
BODY_BYTES_MAX = 200_000

PLAIN_GUESTS = """hello.wasm grow_denied.wasm out_of_memory.wasm flood.wasm stderr.wasm trap.wasm exit.wasm
    half_header.wasm no_header.wasm nothing.wasm large_header.wasm content_length.wasm one_byte_writes.wasm raw.wasm
    count.wasm echo.wasm environment.wasm marker.wasm close_stdout.wasm sleep.wasm drip.wasm open_files.wasm files.wasm
    stack_overflow.wat huge_table.wat two_memories.wat table_growth.wat bad_pointer.wat
    start_trap.wat no_memory.wat start_not_function.wat""".split()


def config(volume: Path) -> str:
    """The modules.toml that the abuses need."""
    (volume / "file").write_text("content")
    keys = {"volumes": {"/data": str(volume)}}
    return (table("[server]", memory_max="16MiB", body_bytes_max=BODY_BYTES_MAX,
                  head_ms_max=3_000, io_ms_max=5_000)
            + "".join(module(f"/{Path(name).stem}", name, **keys) for name in PLAIN_GUESTS)
            + module("/loop", "loop.wasm", cpu_ms_max=20)
            + module("/start_loop", "start_loop.wat", cpu_ms_max=20)
            + module("/sleep_short", "sleep.wasm", wall_ms_max=50)
            + module("/drip_short", "drip.wasm", wall_ms_max=50)
            + module("/missing_entry_point", "hello.wasm", entrypoint="nowhere")
            + module("/drip_single", "drip.wasm", concurrency_max=1))


def answered(target: str, *statuses: int, text: str | None = None):
    """A request whose guest misbehaves, and the answer that the client must get."""
    def abuse(server, _random):
        response = server.get(target)
        assert response.status in statuses, f"{target}: {response.status} {response.text[:200]}"
        assert text is None or text in response.text, f"{target}: {response.text[:200]}"
    return abuse


def cut(target: str):
    """A request whose guest fails after its answer has begun, which must be cut off."""
    def abuse(server, _random):
        with server.connect() as connection:
            connection.request("GET", target)
            try:
                response = connection.read_response()
            except (BadAnswer, ConnectionResetError):
                return
            assert response.status == 500, f"{target}: {response.status}, and whole"
    return abuse


def refused(data: bytes, *statuses: int):
    """Bytes that aren't a valid request, and must be refused with one of `statuses`."""
    def abuse(server, _random):
        with server.connect() as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(data)
            with contextlib.suppress(ConnectionResetError):
                status = connection.read_head().status
                assert status in statuses, f"{data[:60]!r}: {status}"
    return abuse


def broken_off(data: bytes):
    """A client that sends these bytes and leaves in a random way."""
    def abuse(server, random):
        with server.connect() as connection:
            connection.send(data)
            leave(connection, random)
    return abuse


def leave(connection, random):
    how = random.randrange(3)
    if how == 0:  # With a reset.
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how == 1:
        connection.half_close()
    connection.close()


def get(target: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: h", *fields, "\r\n"]).encode()


# --- Clients that leave, or read slowly.

def slow_reader(server, random):
    with server.connect(receive_buffer=4096) as connection:
        connection.request("GET", f"/flood?bytes={random.choice((300_000, 3_000_000))}")
        for _ in range(random.randrange(4)):
            connection.read_some()
        leave(connection, random)


def leaves_a_running_guest(server, random):
    with server.connect() as connection:
        connection.request("GET", random.choice((
            f"/sleep?ms={FOR_EVER_MS}", f"/drip?ms={FOR_EVER_MS}", "/loop?after=1", "/drip?lines=1000000&ms=0")))
        if random.randrange(2):
            connection.socket.settimeout(0.01)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                connection.read_some()
        leave(connection, random)


def leaves_in_its_body(server, random):
    with server.connect() as connection:
        connection.request("POST", random.choice(("/echo", "/count")), [("Content-Length", "150000")])
        connection.send(b"x" * random.randrange(150_000))
        leave(connection, random)


def leaves_in_its_chunks(server, random):
    with server.connect() as connection:
        connection.request("POST", "/echo", [("Transfer-Encoding", "chunked")])
        for _ in range(random.randrange(12)):
            connection.send_chunk(b"y" * random.randrange(1, 16_000))
        leave(connection, random)


def leaves_a_pipeline(server, random):
    with server.connect() as connection:
        connection.send(get("/hello") * random.randrange(2, 60) + get("/flood?bytes=100000"))
        leave(connection, random)


# --- Large requests that are answered.

def tiny_chunks(server, random):
    count = random.randrange(1, 3000)
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send(b"1\r\n\1\r\n" * count + b"0\r\n\r\n")
        response = connection.read_response()
    assert response.text == f"bytes={count} sum={count}\n"


def spooled_upload(server, random):
    body = bytes(random.randrange(65_000, 190_000))
    with server.connect() as connection:
        connection.request("POST", "/count", [("Transfer-Encoding", "chunked")])
        connection.send_chunk(body)
        connection.send(b"0\r\n\r\n")
        assert connection.read_response().text == f"bytes={len(body)} sum=0\n"


def too_large_body(server, random):
    with server.connect() as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if random.randrange(2):
                connection.request("POST", "/echo", [("Transfer-Encoding", "chunked")])
                for _ in range(BODY_BYTES_MAX // 50_000 + 1):
                    connection.send_chunk(b"z" * 50_000)
            else:
                connection.request("POST", "/echo", [("Content-Length", str(random.randrange(BODY_BYTES_MAX, 10**15)))])
            assert connection.read_head().status == 413


def many_arguments(server, random):
    count = random.randrange(1000, 15_000)
    assert server.get("/hello?" + "&".join("a" * (count // 500) for _ in range(count // 30))).text == HELLO


def many_fields(server, random):
    fields = [(f"X-{i}", "v" * random.randrange(400)) for i in range(100)]
    response = server.get("/environment", fields)
    assert response.status == 200, response.text


MIXED = [
    slow_reader, leaves_a_running_guest, leaves_in_its_body, leaves_in_its_chunks, leaves_a_pipeline, tiny_chunks,
    spooled_upload, too_large_body, many_arguments, many_fields,
]

# Each abuse: its name, how often it is made of a thousand, and its function.
ABUSES = [
    *((function.__name__, 25, function) for function in MIXED),
    ("memory to the limit", 25, answered("/grow_denied", 200, text="mib=1")),
    ("memory over the limit", 15, answered("/out_of_memory", 500)),
    ("table to the limit of the pool", 20, answered("/table_growth", 200, text="elements=")),
    ("large table", 5, answered("/huge_table", 200)),
    ("two memories", 10, answered("/two_memories", 200)),
    ("stack overflow", 25, answered("/stack_overflow", 500)),
    ("trap", 30, answered("/trap", 500)),
    ("exit code", 30, answered("/exit?code=7", 500)),
    ("exit code after its answer", 10, cut("/exit?code=7&after=1")),
    ("no such entry point", 10, answered("/missing_entry_point", 500)),
    ("trap at start", 15, answered("/start_trap", 500)),
    ("start is no function", 10, answered("/start_not_function", 500)),
    ("no memory", 10, answered("/no_memory", 500)),
    ("endless loop", 10, answered("/loop", 504)),
    ("endless loop after its answer", 5, cut("/loop?after=1")),
    ("endless loop at start", 5, answered("/start_loop", 504)),
    ("sleep over its time", 10, answered(f"/sleep_short?ms={FOR_EVER_MS}", 504)),
    ("drip over its time", 10, cut(f"/drip_short?ms={FOR_EVER_MS}")),
    ("bad pointers", 25, answered("/bad_pointer", 200)),
    ("open files", 20, answered("/open_files?path=/data/file", 200, text="opened=256")),
    ("paths that lead out", 15, answered("/files?op=read&path=/data/../../etc/passwd", 200, text="error")),
    ("half a header", 20, answered("/half_header", 500)),
    ("no header", 10, answered("/no_header", 500)),
    ("nothing", 15, answered("/nothing", 500)),
    ("closed stdout", 10, answered("/close_stdout", 200, 500)),
    ("endless header", 15, answered("/large_header", 500)),
    ("wrong length", 10, cut("/content_length?says=100000&sends=10")),
    ("one byte a write", 10, answered("/one_byte_writes", 200)),
    ("flood", 15, answered("/flood?bytes=2000000", 200)),
    # They fail after their answer, too: it has left where the core was given up between the two.
    ("stderr flood", 3, cut("/stderr?lines=70000&code=1")),
    ("stderr", 25, cut("/stderr?lines=300&code=1")),
    ("bad status", 15, answered("/raw?Status:%20999%0A%0A", 502)),
    ("no route", 20, refused(get("/nowhere"), 404)),
    ("garbage", 25, refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, 400)),
    ("no host", 15, refused(b"GET /hello HTTP/1.1\r\n\r\n", 400)),
    ("two lengths", 15, refused(b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)),
    ("length and chunks", 15, refused(
        b"POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)),
    ("bad chunk", 15, refused(
        b"POST /count HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)),
    ("huge target", 15, refused(b"GET /" + b"a" * 80_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414)),
    ("huge field", 15, refused(b"GET /hello HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 80_000 + b"\r\n\r\n", 431)),
    ("too many fields", 15, refused(get("/hello", *(f"X-{i}: v" for i in range(200))), 431)),
    ("slow head", 1, refused(b"GET /hello HTTP/1.1\r\nHo", 408)),
    ("half a head", 20, broken_off(b"GET /hello HTTP/1.1\r\nHo")),
    ("no byte", 15, broken_off(b"")),
    ("leaves at once", 20, broken_off(get("/hello"))),
]


def pick(random):
    """One of ABUSES, by chance."""
    return random.choices(ABUSES, [weight for _, weight, _ in ABUSES])[0]


def check_well_behaved(server):
    response = server.get("/hello")
    assert (response.status, response.text) == (200, HELLO), f"{response.status} {response.text}"
