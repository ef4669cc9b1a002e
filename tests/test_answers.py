"""Tests what the client and the log see of a guest's stdout and its end."""

import re

import pytest

from configuration import GUESTS, guest, module
from raw_http import Truncated

# The id of a failed request, which the answer and the log line have.
REQUEST_ID = re.compile(r"[0-9a-f]{16}")

SIMPLE = ["raw", "hello", "crlf", "one_byte_writes", "binary_header", "large_header", "nothing", "half_header",
          "no_header", "exit", "trap", "out_of_memory", "grow_denied", "close_stdout", "set_cookie", "hop_by_hop",
          "content_length", "stderr", "read_some"]
TEXTS = ["hello_wat", "stack_overflow", "no_memory", "bad_pointer", "start_trap"]


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        "".join(module(f"/{name}", f"{name}.wasm") for name in SIMPLE)
        + "".join(module(f"/{name}", f"{name}.wat") for name in TEXTS)
        + module("/entry/other", "entry_points.wasm", entrypoint="other")
        + module("/entry/start", "entry_points.wasm"))


def assert_hides_the_host(server, response):
    everything = response.reason + str(response.fields) + response.body.decode(errors="replace")
    for secret in (str(GUESTS), str(server.folder), ".wasm", ".wat", "/home", "/root", "/tmp"):
        assert secret not in everything


def assert_failed(server, response, status=500) -> str:
    """Checks that the answer of a failure has an id, and the log a line with it and the module."""
    assert response.status == status
    assert response.one("Content-Type").startswith("text/plain")
    assert_hides_the_host(server, response)
    found = REQUEST_ID.search(response.text)
    assert found, f"no request id in {response.text!r}"
    server.wait_log(found[0])
    return found[0]


# --- The header block.

def test_content_type_alone(server):
    response = server.raw_answer(b"Content-Type: text/plain\n\nbody")
    assert (response.status, response.reason, response.body) == (200, "OK", b"body")
    assert response.one("Content-Type") == "text/plain"
    assert response.one("Content-Length") == "4"
    assert response.one("Transfer-Encoding") is None


def test_date_and_server_are_the_servers(server):
    response = server.raw_answer(b"Content-Type: a/b\nDate: yesterday\nServer: guest\n\n")
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
                        response.one("Date"))
    assert response.one("Server").lower().startswith("wagi")


@pytest.mark.parametrize("answer, status, reason", [
    (b"Status: 404 Not Here\n\n", 404, "Not Here"),
    (b"Status: 404\n\n", 404, "Not Found"),
    (b"status:201\nContent-Type: a/b\n\n", 201, "Created"),
    (b"Content-Type: a/b\nSTATUS: 418  I'm a teapot \n\n", 418, "I'm a teapot"),
    (b"Status: 599 Odd\n\n", 599, "Odd"),
    (b"Status: 200 OK\n\n", 200, "OK"),
])
def test_status(server, answer, status, reason):
    response = server.raw_answer(answer)
    assert (response.status, response.reason, response.body) == (status, reason, b"")


@pytest.mark.parametrize("status", [b"abc", b"", b"20", b"2000", b"99", b"600", b"-200", b"2x0", b"100 Continue",
                                    b"101 Switching Protocols", b"0x1f4"])
def test_a_status_that_does_not_parse_is_502(server, status):
    assert_failed(server, server.raw_answer(b"Content-Type: a/b\nStatus: " + status + b"\n\nbody"), 502)


@pytest.mark.parametrize("answer", [
    b"Location: /elsewhere?a=b\n\n",
    b"location:   /elsewhere?a=b  \nContent-Type: text/plain\n\n",
])
def test_location_alone_is_302(server, answer):
    response = server.raw_answer(answer)
    assert (response.status, response.one("Location")) == (302, "/elsewhere?a=b")


@pytest.mark.parametrize("answer", [
    b"Location: https://a.test/\nStatus: 301 Gone there\n\n",
    b"Status: 301 Gone there\nLocation: https://a.test/\n\n",
])
def test_a_status_beside_location_wins_whatever_the_order(server, answer):
    response = server.raw_answer(answer)
    assert (response.status, response.reason, response.one("Location")) == (301, "Gone there", "https://a.test/")


@pytest.mark.parametrize("answer", [b"X-Other: 1\n\nbody", b"\n\nbody", b"\r\n\r\n", b"no colon\n\n"])
def test_a_header_without_the_three_is_500(server, answer):
    response = server.raw_answer(answer)
    assert response.text.startswith("Exactly one of 'location' or 'content-type' must be specified")
    assert_failed(server, response)


@pytest.mark.parametrize("answer, status", [
    (b"\nContent-Type: text/plain\nX-A: b\n\nbody", 200),
    (b"\r\nContent-Type: text/plain\r\nX-A: b\r\n\r\nbody", 200),
    (b"\n    Content-Type: text/plain\n    X-A: b\n    Status: 201\n\nbody", 201),
])
def test_a_header_printed_from_a_multi_line_string(server, answer, status):
    response = server.raw_answer(answer)
    assert (response.status, response.text, response.one("X-A")) == (status, "body", "b")


def test_names_are_case_insensitive(server):
    response = server.raw_answer(b"cOnTeNt-TyPe: text/x\nx-MiXed: 1\n\n")
    assert (response.status, response.one("content-type"), response.one("X-Mixed")) == (200, "text/x", "1")


def test_other_headers_are_passed_on(server):
    response = server.raw_answer(b"Content-Type: a/b\nX-One: a: b\nX-Empty:\nX-Utf8: \xc3\xa4\nETag: \"e\"\n\n")
    assert response.one("X-One") == "a: b"
    assert response.one("X-Empty") == ""
    assert response.one("X-Utf8").encode("latin-1") == "ä".encode()
    assert response.one("ETag") == '"e"'


def test_invalid_headers_are_dropped_and_logged(start):
    server = start(module("/raw", "raw.wasm"))
    lines = [b"No colon at all", b"Bad name: x", b": no name", b"X-Bell: a\x07b", b"B\xc3\xa4d: x"]
    for _ in range(2):
        response = server.raw_answer(b"Content-Type: a/b\n" + b"\n".join(lines) + b"\nX-Good: yes\n\nbody")
    assert (response.status, response.one("X-Good"), response.body) == (200, "yes", b"body")
    assert sorted(name.lower() for name, _ in response.fields) == sorted(
        ["content-type", "x-good", "content-length", "date", "server", "connection"])
    for text in ("No colon at all", "Bad name: x", ": no name", "X-Bell: a", "d: x"):
        # The log says so once, not for each request.
        assert len(server.wait_log(f"/raw.*header.*{text}.*dropped")) == 1


def test_set_cookie_twice_arrives_twice(server):
    response = server.get("/set_cookie")
    assert response.all("Set-Cookie") == ["first=1; Path=/", "second=2"]


def test_crlf_in_the_header_but_not_in_the_body(server):
    response = server.get("/crlf")
    assert (response.status, response.reason, response.one("X-Line")) == (201, "Created", "crlf")
    assert response.body == b"body\r\n"


@pytest.mark.parametrize("body", [b"\n\n", b"\r\n", bytes(range(1, 256)) * 3])
def test_the_body_is_passed_on_byte_for_byte(server, body):
    assert server.raw_answer(b"Content-Type: a/b\n\n" + body).body == body


def test_one_byte_writes(server):
    assert server.get("/one_byte_writes?bytes=1000").body == b"0123456789" * 100


def test_binary_in_a_header(server):
    response = server.get("/binary_header")
    assert (response.status, response.one("X-Good"), response.body) == (200, "yes", b"body\n")


def test_wat_answers(server):
    assert server.get("/hello_wat").text == "Hello, world!\n"


def test_entry_points(server):
    assert server.get("/entry/other").text == "other\n"
    assert server.get("/entry/start").text == "start\n"


# --- Framing, which is the server's business.

def test_hop_by_hop_headers_never_corrupt_the_framing(server):
    with server.connect() as connection:
        for _ in range(2):  # The second answer shows that the first one's end was found.
            connection.request("GET", "/hop_by_hop")
            response = connection.read_response()
            assert response.body == b"5\r\nhello\r\n0\r\n\r\n"
            assert response.one("X-Kept") == "yes"
            assert response.keeps_alive
            for name in ("Keep-Alive", "TE", "Trailer", "Upgrade", "Proxy-Connection"):
                assert response.one(name) is None
            assert "X-Private" not in (response.one("Connection") or "")


@pytest.mark.parametrize("says, sends", [
    (5, 10), (0, 10), ("abc", 10), ("-1", 10), ("99999999999999999999", 10), (10, 10)])
def test_a_content_length_that_is_too_small_or_none_at_all(server, says, sends):
    with server.connect() as connection:
        connection.request("GET", f"/content_length?says={says}&sends={sends}")
        response = connection.read_response()
        assert response.status == 200
        expected = says if isinstance(says, int) else sends
        assert response.body == b"x" * expected
        connection.request("GET", "/hello")
        assert connection.read_response().text == "Hello, world!\n"


def test_a_content_length_that_is_too_large_is_never_waited_for(server):
    with server.connect() as connection:
        connection.request("GET", "/content_length?says=20&sends=10")
        with pytest.raises(Truncated):
            connection.read_response()
    server.wait_log("content_length.wasm: printed 10 bytes after a Content-Length of 20, so the answer was cut off")


def test_statuses_without_a_body_have_none(server):
    for status in (b"204 No Content", b"304 Not Modified"):
        with server.connect() as connection:
            for _ in range(2):
                connection.request("GET", "/raw?Status:%20" + status.decode().replace(" ", "%20") + "%0A%0Aa%20body")
                response = connection.read_response()
                assert (f"{response.status} {response.reason}".encode(), response.body) == (status, b"")


# --- Failing guests.

def test_nothing_printed(server):
    assert_failed(server, server.get("/nothing"))


@pytest.mark.parametrize("path", ["/half_header", "/no_header"])
def test_a_header_block_without_an_end(server, path):
    response = server.get(path)
    assert_failed(server, response)
    assert "X-Half" not in str(response.fields)


def test_a_header_of_1_mib_is_refused(server):
    assert_failed(server, server.get("/large_header"))


def test_a_header_of_30_kib_is_passed_on(server):
    assert server.get("/large_header?bytes=30720").one("X-Large") == "h" * 30720


def test_a_thousand_headers_are_refused(server):
    lines = "".join(f"A{number}:%201%0A" for number in range(1000))
    assert_failed(server, server.get("/raw?Content-Type:a/b%0A" + lines + "%0A"))


def test_exit_status_0_is_no_error(server):
    assert server.get("/exit?code=0&after=1").text == "before the exit\n"


@pytest.mark.parametrize("target", [
    "/exit?code=3", "/exit?code=3&after=1", "/exit?code=255", "/exit?code=1", "/exit?code=256"])
def test_another_exit_status_is_500(server, target):
    request_id = assert_failed(server, server.get(target))
    code = re.search("code=([0-9]+)", target)[1]
    server.wait_log(rf"{request_id}.*\b{code}\b")


@pytest.mark.parametrize("target", ["/trap", "/trap?after=10"])
def test_a_trap_before_anything_was_sent_is_500(server, target):
    request_id = assert_failed(server, server.get(target))
    server.wait_log(f"{request_id}(.|\n)*unreachable")


def test_a_trap_in_the_middle_of_an_answer_cuts_it_off(server):
    with server.connect() as connection, pytest.raises(Truncated):
        connection.request("GET", "/trap?after=1000000")
        connection.read_response()
    server.wait_log("unreachable")


def test_a_trap_in_the_start_function_is_500(server):
    request_id = assert_failed(server, server.get("/start_trap"))
    server.wait_log(f"{request_id}(.|\n)*unreachable")


def test_a_stack_overflow_is_500(server):
    request_id = assert_failed(server, server.get("/stack_overflow"))
    server.wait_log(f"(?i){request_id}(.|\n)*stack")


def test_out_of_memory_is_500_and_says_so(server):
    response = server.get("/out_of_memory")
    assert "memory" in response.text
    request_id = assert_failed(server, response)
    server.wait_log(f"(?i){request_id}(.|\n)*out of memory")


def test_a_denied_growth_is_no_error(server):
    mib = int(server.get("/grow_denied").text.split("=")[1])
    assert 120 <= mib <= 128


def test_stdout_closed_early(server):
    assert server.get("/close_stdout").text == "closed early\n"


def test_stdin_ignored(server):
    with server.connect() as connection:
        for _ in range(2):
            connection.request("POST", "/hello", body=b"x" * 100_000)
            assert connection.read_response().text == "Hello, world!\n"


def test_stdin_read_in_part(server):
    with server.connect() as connection:
        for _ in range(2):
            connection.request("POST", "/read_some?bytes=3", body=b"x" * 5000)
            assert connection.read_response().text == "bytes=3\n"


def test_no_memory_to_print_from(server):
    assert_failed(server, server.get("/no_memory"))


def test_pointers_out_of_memory_are_refused(server):
    response = server.get("/bad_pointer")
    assert response.status == 200
    assert response.text == "vvvv"  # Four calls, each EFAULT.


def test_the_log_has_the_guests_stderr_beside_the_request_id(server):
    response = server.get("/stderr?lines=3&code=7")
    request_id = assert_failed(server, response)
    server.wait_log(f"{request_id}(.|\n)*complaint 3")
    assert "complaint" not in response.text
    assert guest("stderr.wasm") in server.log


def test_a_guests_stderr_can_not_steer_a_terminal_or_forge_lines(start):
    server = start(module("/...", "trap.wasm"))
    server.get("/%1b[31m")
    with server.connect() as connection:
        connection.send(b"GET /\x1b[31m HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        connection.read_to_end()
    server.wait_log("unreachable")
    assert "\x1b" not in server.log


# --- The server's own answers.

def test_no_route_is_404_with_a_text(server):
    response = server.get("/nowhere")
    assert response.status == 404
    assert response.text.strip()
    assert_hides_the_host(server, response)


def test_healthz_is_built_in(server):
    response = server.get("/healthz")
    assert (response.status, response.body) == (200, b"OK")


def test_healthz_wins_over_any_route(start):
    server = start(module("/healthz", "hello.wasm") + module("/...", "hello.wasm"))
    assert server.get("/healthz").body == b"OK"
    assert server.get("/healthz/x").text == "Hello, world!\n"


def test_first_matching_route_wins(start):
    server = start(module("/a/...", "environment.wasm", environment={"WHICH": "1"})
                   + module("/a/b", "environment.wasm", environment={"WHICH": "2"}))
    assert "env WHICH=1\n" in server.get("/a/b").text
