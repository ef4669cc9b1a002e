"""Many hosts in one server: [[site]], `host` of a [[module]], and hosts that no site has."""

import pytest

from configuration import guest, module, table
from server import refusal, run_wagi
from waiting import eventually


def site(hosts: list[str], *modules: str, **keys) -> str:
    """A [[site]] with its modules, each as module() writes it."""
    return table("[[site]]", hosts=hosts, **keys) + "".join(
        text.replace("[[module]]", "[[site.module]]", 1) for text in modules)


def ask(server, host: str, target: str = "/"):
    with server.connect() as connection:
        connection.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return connection.read_response("GET")


def matched(server, host: str, target: str = "/who") -> str:
    """Which site answered, by the variable SITE of its module; the status where none did."""
    answer = ask(server, host, target)
    if answer.status != 200:
        return str(answer.status)
    return next(line.removeprefix("env SITE=") for line in answer.text.splitlines()
                if line.startswith("env SITE="))


def who(name: str, route: str = "/who", **keys) -> str:
    return module(route, "environment.wasm", environment={"SITE": name}, **keys)


@pytest.fixture(scope="module")
def server(start_shared):
    return start_shared(
        who("default")
        + site(["a.example", "www.a.example"], who("a"), module("/only-a", "hello.wasm"))
        + site(["*.example"], who("below"))
        + site(["*.b.example"], who("below b"))
        + who("short", host="short.example") + who("also short", route="/also", host="SHORT.example")
        + site(["[::1]", "192.0.2.7"], who("address")))


@pytest.mark.parametrize("host, name", [
    ("a.example", "a"), ("A.Example", "a"), ("a.example:8080", "a"), ("a.example.", "a"), ("www.a.example", "a"),
    ("x.example", "below"), ("x.y.example", "below"), ("b.example", "below"), ("x.b.example", "below b"),
    ("short.example", "short"), ("[::1]", "address"), ("[::1]:80", "address"), ("192.0.2.7", "address"),
    ("example", "default"), ("other.test", "default"), ("192.0.2.8", "default")])
def test_the_nearest_host_answers(server, host, name):
    assert matched(server, host) == name


def test_an_absolute_target_says_the_host(server):
    with server.connect() as connection:
        connection.send(b"GET http://a.example/who HTTP/1.1\r\nHost: x.example\r\nConnection: close\r\n\r\n")
        assert "env SITE=a\n" in connection.read_response("GET").text


def test_a_route_is_of_its_site_only(server):
    assert ask(server, "a.example", "/only-a").status == 200
    for host in ("x.example", "other.test"):
        assert ask(server, host, "/only-a").status == 404
    assert matched(server, "short.example", "/also") == "also short"


def test_every_host_has_the_health_page(server):
    for host in ("a.example", "x.example", "other.test"):
        assert ask(server, host, "/healthz").text == "OK"


def test_a_request_without_a_host_is_of_the_servers_own_name(start):
    server = start(who("default") + site(["here.test"], who("here")), "--hostname", "here.test:80")
    with server.connect() as connection:
        connection.send(b"GET /who HTTP/1.0\r\n\r\n")
        assert "env SITE=here\n" in connection.read_response("GET").text


@pytest.mark.parametrize("key, status", [({}, 421), ({"unknown_host": 421}, 421), ({"unknown_host": 404}, 404)])
def test_a_host_that_no_site_has(start, key, status):
    server = start(table("[server]", **key) + site(["a.example"], who("a")))
    assert matched(server, "a.example") == "a"
    answer = ask(server, "b.example", "/who")
    assert answer.status == status
    if status == 421:
        assert "no site for the host" in answer.text
    assert ask(server, "b.example", "/healthz").text == "OK"
    assert ask(server, "a.example", "/absent").status == 404


def test_limits_and_variables_of_a_site(start):
    server = start(table("[server]", body_bytes_max=10, env={"FROM": "server", "ALL": "1"})
                   + module("/env", "environment.wasm")
                   + site(["a.example"], module("/env", "environment.wasm"),
                          module("/own", "environment.wasm", environment={"FROM": "module"}, body_bytes_max=3),
                          env={"FROM": "site"}, body_bytes_max=5))
    assert "env FROM=server\n" in ask(server, "b", "/env").text
    assert "env FROM=site\n" in ask(server, "a.example", "/env").text
    text = ask(server, "a.example", "/own").text
    assert "env FROM=module\n" in text and "env ALL=1\n" in text
    for host, path, limit in [("b", "/env", 10), ("a.example", "/env", 5), ("a.example", "/own", 3)]:
        for size, status in [(limit, 200), (limit + 1, 413)]:
            with server.connect() as connection:
                connection.send(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n"
                                f"Connection: close\r\n\r\n{'x' * size}".encode())
                assert connection.read_response("POST").status == status


def test_logs_of_equal_routes_are_apart(start, tmp_path):
    logs = tmp_path / "logs"
    server = start(module("/err", "stderr.wasm") + site(["a.example"], module("/err", "stderr.wasm")),
                   "--log-dir", logs)
    ask(server, "a.example", "/err")
    ask(server, "other", "/err")
    assert len(list(logs.glob("*/module.stderr"))) == 2


def test_a_reload_changes_the_hosts(start):
    server = start(site(["a.example"], who("a")))
    assert matched(server, "b.example") == "421"
    server.write_config(site(["b.example"], who("b")))
    server.signal(1)
    # The old workers may accept for a moment longer.
    eventually(lambda: matched(server, "b.example") == "b", "the new ones answer")
    assert matched(server, "a.example") == "421"


def test_routes_stand_beneath_their_hosts(tmp_path):
    path = tmp_path / "modules.toml"
    path.write_text(site(["a.example", "*.a.example"], module("/x", "hello.wasm")))
    lines = run_wagi("routes", path).stdout.splitlines()
    assert [line.split("  ")[0] if not line.startswith(" ") else line.split()[0] for line in lines] == [
        "ROUTE", "any other host: 421", "/healthz", "a.example, *.a.example", "/healthz", "/x"]
    checked = run_wagi("check", path)
    assert checked.stdout.endswith("1 module, 1 route, no mistakes\n")


@pytest.mark.parametrize("text, said", [
    ('hosts = ["a", "A"]\n', ':2:15: `hosts`: the site of line 1 has "a" already'),
    ('hosts = ["a.*.com"]\n', ':2:10: `hosts`: "a.*.com" is no host, such as example.com or *.example.com'),
    ('hosts = ["http://a"]\n', ':2:10: `hosts`: "http://a" is no host'),
    ("", ":1:1: [[site]] needs `hosts`, a list such as"),
])
def test_hosts_that_are_wrong(tmp_path, text, said):
    path = tmp_path / "modules.toml"
    path.write_text(f'[[site]]\n{text}[[site.module]]\nroute = "/"\nmodule = "{guest("hello.wasm")}"\n')
    assert f"modules.toml{said}" in refusal(path)


def test_a_site_without_modules_is_wrong(tmp_path):
    path = tmp_path / "modules.toml"
    path.write_text(table("[[site]]", hosts=["a"]) + module("/", "hello.wasm"))
    assert "modules.toml:1:1: [[site]] has no [[site.module]], so it serves nothing" in refusal(path)
