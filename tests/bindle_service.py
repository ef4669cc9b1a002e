"""A Bindle server of our own in a folder of the test; who takes `server` takes `start` with it."""

import pytest

from bindles import BindleServer
from configuration import BINARY


@pytest.fixture
def start(tmp_path):
    """Starts one in tmp_path: start(*flags)."""
    running = []

    def started(*flags, directory="served", **options) -> BindleServer:
        command = [BINARY, "bindle", "serve", "--directory", directory, "-l", "127.0.0.1:0", *flags]
        running.append(BindleServer(tmp_path, command, **options))
        return running[-1]
    yield started
    for server in running:
        assert server.stop() == 0, server.log


@pytest.fixture
def server(start):
    return start("--unsigned")


def blobs(folder) -> set[str]:
    return {path.name for path in (folder / "served/blobs/sha256").iterdir()}
