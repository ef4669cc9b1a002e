"""Tests how a guest sees a request: its environment and its arguments."""

import pytest

from configuration import module, table


class View:
    """The variables and arguments that environment.wasm printed."""

    def __init__(self, response):
        assert response.status == 200, response.text
        self.variables = {}
        self.arguments = []
        for line in response.text.splitlines():
            kind, rest = line.split(" ", 1)
            if kind == "env":
                name, value = rest.split("=", 1)
                assert name not in self.variables, f"{name} occurs twice"
                self.variables[name] = value
            else:
                self.arguments.append(rest.split(" ", 1)[1])

    def __getitem__(self, name):
        return self.variables[name]

    def __contains__(self, name):
        return name in self.variables


@pytest.fixture(scope="module")
def server(start_shared, tmp_path_factory):
    variables = tmp_path_factory.mktemp("env") / "variables.env"
    variables.write_text("FROM_FILE=file\n# a comment\n\nBOTH=file\nQUOTED='a b'\nALL=file\nFILE_OWN=file\n")
    return start_shared(
        module("/path/...", "environment.wasm")
        + module("/exact", "environment.wasm")
        + module("/own", "environment.wasm",
                 environment={"OWN": "own", "BOTH": "own", "ALL": "own", "FILE_OWN": "own", "UMLAUT": "ä",
                              "SERVER_SOFTWARE": "mine", "HTTP_X_SENT": "own", "HTTP_X_UNSENT": "own"})
        + module("/argv/...", "environment.wasm", argv="first ${SCRIPT_NAME}  --q=${ARGS}\tlast")
        + module("/argv-none", "environment.wasm", argv="")
        + module("/...", "environment.wasm"),
        "--env-file", variables, "--env", "BOTH=flag", "FLAG_ONLY=\"x y\"", "ALL=flag", "SERVER_PORT=flag",
        "-e", "EQUALS=a=b=c", "EMPTY=")


def view(server, target, fields=(), **options) -> View:
    return View(server.get(target, fields, **options))


def view_raw(server, data: bytes) -> View:
    with server.connect() as connection:
        connection.send(data)
        return View(connection.read_response())


# --- The table of variables.

def test_variables_of_a_plain_request(server):
    seen = view(server, "/path/test%3brun?foo=bar")
    assert {name: seen[name] for name in (
        "AUTH_TYPE", "REMOTE_USER", "CONTENT_LENGTH", "CONTENT_TYPE", "GATEWAY_INTERFACE", "SERVER_SOFTWARE",
        "SERVER_PROTOCOL", "REQUEST_METHOD", "X_FULL_URL", "X_MATCHED_ROUTE", "SCRIPT_NAME", "X_RAW_PATH_INFO",
        "PATH_INFO", "PATH_TRANSLATED", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST", "SERVER_NAME", "SERVER_PORT",
        "REQUEST_SCHEME",
    )} == {
        "AUTH_TYPE": "", "REMOTE_USER": "", "CONTENT_LENGTH": "0", "CONTENT_TYPE": "",
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "WAGI/1", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": "GET", "X_FULL_URL": "http://test:3000/path/test%3brun?foo=bar",
        "X_MATCHED_ROUTE": "/path/...", "SCRIPT_NAME": "/path", "X_RAW_PATH_INFO": "/test%3brun",
        "PATH_INFO": "/test;run", "PATH_TRANSLATED": "/test;run", "QUERY_STRING": "foo=bar",
        "REMOTE_ADDR": "127.0.0.1", "REMOTE_HOST": "127.0.0.1", "SERVER_NAME": "test", "SERVER_PORT": "3000",
        "REQUEST_SCHEME": "http",
    }
    assert seen["HTTP_HOST"] == "test"
    assert "HTTPS" not in seen


def test_nothing_of_the_servers_own_environment_is_seen(start):
    server = start(module("/", "environment.wasm"), env={"SECRET": "s3cret"})
    seen = view(server, "/")
    assert not {"PATH", "HOME", "SECRET", "PWD"} & seen.variables.keys()


def test_content_variables_of_a_post(server):
    seen = view(server, "/exact", [("Content-Type", "text/x-test; charset=utf-8")], method="POST", body=b"12345")
    assert (seen["CONTENT_LENGTH"], seen["CONTENT_TYPE"]) == ("5", "text/x-test; charset=utf-8")
    assert seen["REQUEST_METHOD"] == "POST"
    assert (seen["HTTP_CONTENT_TYPE"], seen["HTTP_CONTENT_LENGTH"]) == ("text/x-test; charset=utf-8", "5")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH"])
def test_method_is_as_sent(server, method):
    assert view(server, "/exact", method=method)["REQUEST_METHOD"] == method


def test_http_1_0_is_told_to_the_guest(server):
    seen = view_raw(server, b"GET /exact HTTP/1.0\r\n\r\n")
    assert seen["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("localhost", "3000")


# --- Paths.

@pytest.mark.parametrize("target, route, script, info", [
    ("/path", "/path/...", "/path", ""),
    ("/path/", "/path/...", "/path", "/"),
    ("/path/x/y", "/path/...", "/path", "/x/y"),
    ("/path//x", "/path/...", "/path", "//x"),
    ("/exact", "/exact", "/exact", ""),
    ("/pathx", "/...", "/", "/pathx"),
    ("/", "/...", "/", "/"),
    ("/any/where", "/...", "/", "/any/where"),
])
def test_path_is_split_at_the_route(server, target, route, script, info):
    seen = view(server, target)
    assert (seen["X_MATCHED_ROUTE"], seen["SCRIPT_NAME"], seen["X_RAW_PATH_INFO"], seen["PATH_INFO"]) == (
        route, script, info, info)


@pytest.mark.parametrize("raw, decoded", [
    ("/%41%20b", "/A b"),
    ("/%c3%a4", "/ä"),
    ("/a+b", "/a+b"),
    ("/%2e%2e/x", "/../x"),
    ("/../x", "/../x"),
    ("/%ff", "/\ufffd"),
    ("/%2541", "/%41"),
])
def test_path_info_is_decoded_once(server, raw, decoded):
    seen = view(server, "/path" + raw)
    assert (seen["X_RAW_PATH_INFO"], seen["PATH_INFO"]) == (raw, decoded)


def test_bytes_of_a_target_that_are_not_utf_8_are_percent_encoded(server):
    seen = view_raw(server, b"GET /path/\xff\xc3\xa4?\x80=\xc3\xa4&\xff HTTP/1.1\r\nHost: h\r\n\r\n")
    assert seen["REQUEST_URI"] == "/path/%FFä?%80=ä&%FF"
    assert seen["X_RAW_PATH_INFO"] == "/%FFä"
    assert seen["QUERY_STRING"] == "%80=ä&%FF"
    assert seen["PATH_INFO"] == "/\ufffdä"
    assert seen.arguments == ["/path/%FFä", "%80=ä", "%FF"]


def test_an_encoded_nul_can_not_end_a_variable(server):
    seen = view(server, "/path/a%00b")
    assert seen["X_RAW_PATH_INFO"] == "/a%00b"
    assert seen["PATH_INFO"] == "/a%00b"


@pytest.mark.parametrize("target, query", [
    ("/exact", ""), ("/exact?", ""), ("/exact?a=1&b=%20", "a=1&b=%20"), ("/exact?a?b", "a?b"), ("/exact??", "?"),
])
def test_query_is_as_sent(server, target, query):
    assert view(server, target)["QUERY_STRING"] == query


def test_an_empty_query_is_not_none(server):
    seen = view(server, "/exact?")
    assert (seen["REQUEST_URI"], seen["QUERY_STRING"]) == ("/exact?", "")
    assert seen["X_FULL_URL"] == "http://test:3000/exact?"
    assert seen.arguments == ["/exact", ""]
    assert view(server, "/exact")["REQUEST_URI"] == "/exact"


# --- The server's name and port.

@pytest.mark.parametrize("host, name, port", [
    ("example.test", "example.test", "3000"),
    ("example.test:8080", "example.test", "8080"),
    ("127.0.0.1:81", "127.0.0.1", "81"),
    ("[::1]:81", "[::1]", "81"),
    ("[::1]", "[::1]", "3000"),
])
def test_server_name_comes_from_host(server, host, name, port):
    seen = view_raw(server, f"GET /exact?q HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == (name, port)
    assert seen["X_FULL_URL"] == f"http://{name}:{port}/exact?q"
    assert seen["HTTP_HOST"] == host


def test_an_empty_host_is_as_good_as_none(server):
    seen = view_raw(server, b"GET /exact HTTP/1.1\r\nHost:\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("localhost", "3000")


def test_absolute_target_names_the_path(server):
    seen = view_raw(server, b"GET http://example.test:99/path/x?q=1 HTTP/1.1\r\nHost: example.test:99\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("example.test", "99")
    assert (seen["X_RAW_PATH_INFO"], seen["QUERY_STRING"]) == ("/x", "q=1")
    assert seen["X_FULL_URL"] == "http://example.test:99/path/x?q=1"


# Host is ignored where the target is absolute (RFC 9112 3.2.2).
@pytest.mark.parametrize("version, host", [("1.1", "Host: other.example\r\n"), ("1.1", "Host:\r\n"), ("1.0", "")])
def test_the_authority_of_an_absolute_target_wins_over_host(server, version, host):
    seen = view_raw(server, f"GET http://example.org:8080/exact HTTP/{version}\r\n{host}\r\n".encode())
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("example.org", "8080")
    assert seen["HTTP_HOST"] == "example.org:8080"
    assert seen["X_FULL_URL"] == "http://example.org:8080/exact"


@pytest.mark.parametrize("flag", ["--hostname", "--default-host"])
def test_hostname_stands_in_for_host(start, flag):
    server = start(module("/...", "environment.wasm"), flag, "fallback.test:4444")
    seen = view_raw(server, b"GET / HTTP/1.0\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("fallback.test", "4444")
    assert seen["X_FULL_URL"] == "http://fallback.test:4444/"
    seen = view_raw(server, b"GET / HTTP/1.1\r\nHost: own.test\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("own.test", "4444")


def test_hostname_without_a_port_leaves_it_to_the_scheme(start):
    server = start(module("/...", "environment.wasm"), "--hostname", "fallback.test")
    seen = view_raw(server, b"GET / HTTP/1.0\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("fallback.test", "80")
    seen = view_raw(server, b"GET http://other.test:99/ HTTP/1.0\r\n\r\n")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("other.test", "99")


# --- Headers.

def test_headers_become_variables(server):
    seen = view(server, "/exact", [("X-Some-Header", "value"), ("accept", "*/*"), ("X-Empty", ""), ("X-Tab", "a\tb")])
    assert seen["HTTP_X_SOME_HEADER"] == "value"
    assert seen["HTTP_ACCEPT"] == "*/*"
    assert seen["HTTP_X_EMPTY"] == ""
    assert seen["HTTP_X_TAB"] == "a\tb"


def test_authorization_and_connection_are_withheld(server):
    seen = view(server, "/exact", [("Authorization", "Basic c2VjcmV0"), ("authorization", "again"),
                                   ("Proxy-Authorization", "Basic c2VjcmV0")])
    assert "HTTP_AUTHORIZATION" not in seen and "HTTP_CONNECTION" not in seen
    assert "HTTP_PROXY_AUTHORIZATION" not in seen
    assert not any("c2VjcmV0" in value for value in seen.variables.values())


@pytest.mark.parametrize("name", ["Proxy", "proxy", "PROXY"])
def test_proxy_never_becomes_http_proxy(server, name):
    assert "HTTP_PROXY" not in view(server, "/exact", [(name, "http://evil.test")])


def test_a_name_with_an_underscore_can_not_pass_for_one_with_a_dash(server):
    seen = view(server, "/exact", [("X_Forwarded_For", "forged"), ("X-Real-Ip", "1.2.3.4"), ("X_Real_Ip", "forged")])
    assert seen["HTTP_X_REAL_IP"] == "1.2.3.4"
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_repeated_headers_are_joined(server):
    seen = view(server, "/exact", [("X-Twice", "a"), ("Cookie", "c=1"), ("x-twice", "b, c"), ("Cookie", "d=2")])
    assert seen["HTTP_X_TWICE"] == "a, b, c"
    assert seen["HTTP_COOKIE"] == "c=1; d=2"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"caf\xc3\xa9"])
def test_a_value_that_is_not_visible_ascii_is_corrupt(server, value):
    seen = view_raw(server, b"GET /exact HTTP/1.1\r\nHost: h\r\nX-Odd: " + value + b"\r\n\r\n")
    assert seen["HTTP_X_ODD"] == "CORRUPT VALUE"


# --- Configured variables.

def test_env_file_and_flags(server):
    seen = view(server, "/exact")
    assert seen["FROM_FILE"] == "file"
    assert seen["QUOTED"] == "a b"
    assert seen["BOTH"] == "flag"
    assert seen["FLAG_ONLY"] == "x y"
    assert seen["EQUALS"] == "a=b=c"
    assert seen["EMPTY"] == ""


def test_a_modules_own_environment_is_below_env(server):
    seen = view(server, "/own")
    assert (seen["OWN"], seen["UMLAUT"]) == ("own", "ä")
    assert (seen["BOTH"], seen["ALL"]) == ("flag", "flag")
    assert seen["FILE_OWN"] == "own"
    assert "OWN" not in view(server, "/exact")


def test_built_in_variables_win_over_configured_ones(server):
    seen = view(server, "/own")
    assert (seen["SERVER_SOFTWARE"], seen["SERVER_PORT"]) == ("WAGI/1", "3000")


def test_headers_win_over_configured_variables(server):
    seen = view(server, "/own", [("X-Sent", "header")])
    assert (seen["HTTP_X_SENT"], seen["HTTP_X_UNSENT"]) == ("header", "own")


def test_server_table_gives_variables(start, tmp_path):
    variables = tmp_path / "a.env"
    variables.write_text("A=file\nB=file\nC=file\n")
    server = start(table("[server]", env={"B": "table", "C": "table"}, env_file=str(variables))
                   + module("/", "environment.wasm"), "--env", "C=flag")
    seen = view(server, "/")
    assert (seen["A"], seen["B"], seen["C"]) == ("file", "table", "flag")


def test_a_later_env_file_wins(start, tmp_path):
    first, second = tmp_path / "1.env", tmp_path / "2.env"
    first.write_text("A=1\nB=1\n")
    second.write_text("B=2\n")
    server = start(module("/", "environment.wasm"), "--env-file", first, second)
    seen = view(server, "/")
    assert (seen["A"], seen["B"]) == ("1", "2")


# --- Arguments.

@pytest.mark.parametrize("target, arguments", [
    ("/exact", ["/exact"]),
    ("/exact?", ["/exact", ""]),
    ("/path/a%20b?x=1&y=%20&z", ["/path/a%20b", "x=1", "y=%20", "z"]),
    ("/exact?a&&b", ["/exact", "a", "", "b"]),
    ("/exact?a+b", ["/exact", "a+b"]),
])
def test_default_arguments(server, target, arguments):
    assert view(server, target).arguments == arguments


@pytest.mark.parametrize("target, arguments", [
    ("/argv/x?a=1&b=2", ["first", "/argv/x", "--q=a=1", "b=2", "last"]),
    ("/argv", ["first", "/argv", "--q=", "last"]),
    ("/argv?${SCRIPT_NAME}", ["first", "/argv", "--q=${SCRIPT_NAME}", "last"]),
    ("/argv-none", []),
])
def test_argument_template(server, target, arguments):
    assert view(server, target).arguments == arguments


# --- The body.

def test_stdin_is_the_body(start):
    server = start(module("/echo", "echo.wasm"))
    body = bytes(range(256)) * 100
    response = server.get("/echo", [("Content-Type", "x/y")], method="POST", body=body)
    assert response.body == body
    assert response.one("Content-Type") == "x/y"
