"""Pulls from a registry that answers as a test wants."""

import json
from contextlib import ExitStack

import pytest

from configuration import table
from hostile_registry import HostileRegistry
from registry import wasm
from server import run_wagi

MODULE = wasm("good", 5000)
SILENCE_MS = 300


@pytest.fixture
def start_registry():
    with ExitStack() as stack:
        def started(*arguments):
            registry = HostileRegistry(*arguments)
            stack.callback(registry.stop)
            return registry
        yield started


@pytest.fixture
def registry(start_registry):
    return start_registry()


@pytest.fixture
def pull(registry, tmp_path, write):
    config = write(table("[[module]]", route="/", module="x.wasm") + table("[registries]", silence_ms_max=SILENCE_MS))

    def pulled(name: str = "x:1", *, fails: bool = True, keeps_partial: bool = False, login: dict | None = None):
        store = tmp_path / "store"
        (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: login or {}}}))
        reference = f"oci://{registry.host}/{name}"
        done = run_wagi("pull", reference, "-c", config, "--store", store, "-o", tmp_path / "out.wasm",
                        env={"DOCKER_CONFIG": tmp_path})
        if not fails:
            assert done.returncode == 0, done.stderr
            return (tmp_path / "out.wasm").read_bytes()
        assert done.returncode == 1, done.stdout
        assert done.stderr.startswith(f"wagi pull: {reference}: "), done.stderr
        assert list((store / "names").iterdir()) == []
        assert list((store / "blobs/sha256").iterdir()) == []
        if not keeps_partial:
            assert list((store / "partial").iterdir()) == []
        return done.stderr
    return pulled
