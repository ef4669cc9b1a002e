"""Fixtures: guests are built once, servers are stopped whatever happens, failures show their logs.
"""

import resource
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from configuration import BINARY, KEPT, ROOT
from server import Server
from waiting import bounded

LOG_CHARACTERS_MAX = 8_000
# CPython and Ruby take half a minute of two cores to compile the first time.
COMPILE_MAX_S = 600
# The limit on a test, and on what its fixtures do before and after it.
STEP_MAX_S = COMPILE_MAX_S + 120


# Where this was started in the background, SIGINT is ignored, and so it would be by every program
# that a test starts (exec(2) keeps that). One that is handled here is the default again there.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _built():
    assert BINARY.exists(), f"{BINARY} isn't built: run make build, or set WAGI_BINARY"
    for folder in ("guests", "contract"):
        subprocess.run([ROOT / "tests" / folder / "build"], check=True)


@pytest.fixture(scope="session", autouse=True)
def _cache(_built, tmp_path_factory):
    """One cache of compiled modules for the whole run, and never the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        # The guests are built before this, by tools in the real cache.
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("NO_COLOR", "1")
        yield


@pytest.fixture(scope="session")
def kept_cache(tmp_path_factory):
    """Options of a server with large modules, whose code is kept between runs of the tests."""
    path = tmp_path_factory.mktemp("kept") / "cache.toml"
    path.write_text(f'[cache]\nenabled = true\ndirectory = "{KEPT / "tests"}"\n')
    return {"cache": path, "ready_max_s": COMPILE_MAX_S}


@pytest.fixture(scope="module")
def start_interpreters(tmp_path_factory, kept_cache):
    """Like start_shared, for large modules."""
    with ExitStack() as stack:
        start = _starter(tmp_path_factory, stack)
        yield lambda config, *flags, **options: start(config, *flags, **kept_cache, **options)


@pytest.fixture(scope="session", autouse=True)
def _open_files():
    """Raises the limit on open files, since tests hold thousands of connections. Servers begin
    with the usual limit, and raise it themselves."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _starter(tmp_path_factory, stack: ExitStack):
    def start(config: str | None, *flags, **options) -> Server:
        server = Server(tmp_path_factory.mktemp("server"), config, *flags, **options)
        stack.callback(server.stop)
        return server
    return start


@pytest.fixture
def start(tmp_path_factory):
    """Starts a server for one test: start(config, *flags, workers=1, ...)."""
    with ExitStack() as stack:
        yield _starter(tmp_path_factory, stack)


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory):
    """Starts a server for a whole file, to be wrapped in a fixture there."""
    with ExitStack() as stack:
        yield _starter(tmp_path_factory, stack)


@pytest.fixture
def write(tmp_path):
    """Writes a modules.toml; returns its path."""
    def written(text: str) -> Path:
        path = tmp_path / "modules.toml"
        path.write_text(text)
        return path
    return written


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    with bounded(STEP_MAX_S):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    with bounded(STEP_MAX_S):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown():
    with bounded(STEP_MAX_S):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in Server.live:
            log = server.log[-LOG_CHARACTERS_MAX:]
            report.sections.append((f"log of the server at {getattr(server, 'address', '?')}", log))
    return report
