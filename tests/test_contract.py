"""Holds one program, in every language, to the whole gateway interface: tests/contract/README.md.
"""

from hashlib import sha256

import pytest

from configuration import ROOT, module

CONTRACT = ROOT / "tests" / "contract"
COMPILED = ROOT / "build" / "contract"
EXAMPLES = ROOT / "build" / "examples"
LANGUAGES = {name: (COMPILED / f"{name}.wasm", None) for name in (
    "c", "cpp", "rust", "go", "tinygo", "zig", "assemblyscript")} | {
    name: (EXAMPLES / f"{interpreter}.wasm", f"{interpreter} /app/contract.{ending} ${{ARGS}}")
    for name, interpreter, ending in (("javascript", "quickjs", "js"), ("python", "python", "py"), ("ruby", "ruby", "rb"))}
BODY = "the body: ключ\nits second line, without an end"


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def server(start_interpreters, logs):
    volumes = {"/app": {"path": str(CONTRACT), "read_only": True}}
    modules = ""
    for name, (path, argv) in LANGUAGES.items():
        if path.exists():
            more = {} if argv is None else {"argv": argv, "volumes": volumes}
            modules += module(f"/{name}/...", str(path), environment={"CONTRACT": "of its own"}, **more)
    return start_interpreters(modules, "--log-dir", logs)


@pytest.fixture(params=LANGUAGES)
def language(request, server):
    if not LANGUAGES[request.param][0].exists():
        pytest.skip(f"{request.param} can't be had here; scripts/setup says why")
    return request.param


def test_a_program_gets_its_request_and_answers_it(server, language):
    response = server.get(f"/{language}/path?one&two&0", method="POST", body=BODY.encode())
    assert (response.status, response.one("Content-Type")) == (200, "text/plain")
    assert response.text == f"variable=of its own\nargv=one,two\nbody={BODY}"


def test_without_a_body_there_is_nothing_to_read(server, language):
    response = server.get(f"/{language}?only&0")
    assert (response.status, response.text) == (200, "variable=of its own\nargv=only\nbody=")


def test_a_large_body_comes_whole(server, language):
    body = "".join(f"{number}\n" for number in range(40_000))
    response = server.get(f"/{language}?0", method="POST", body=body.encode())
    assert response.text == f"variable=of its own\nargv=\nbody={body}"


def test_stderr_is_logged_and_an_exit_code_is_a_failure(server, logs, language):
    log = logs / sha256(f"/{language}/...".encode()).hexdigest() / "module.stderr"
    assert server.get(f"/{language}?0").status == 200
    before = log.read_text().count("told stderr\n")
    response = server.get(f"/{language}/failing?words&7")
    assert response.status == 500
    assert "argv=" not in response.text
    server.wait_log(rf"/{language}/failing: .*exited with 7\n.*its stderr ends:\n.*told stderr\n")
    assert log.read_text().count("told stderr\n") == before + 1
