"""`wagi push` and `wagi pull` against a real registry."""

import pytest

from registry import Registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    made = Registry(tmp_path_factory.mktemp("registry"))
    yield made
    made.stop()


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def pull(registry, store, tmp_path):
    """Pulls into this test's store: the module's bytes, or what the refusal says."""
    def pulled(name: str, *flags, fails: bool = False, env=None):
        output = tmp_path / "pulled.wasm"
        output.unlink(missing_ok=True)
        reference = name if ":" in name.split("/")[0] else registry.reference(name)
        done = registry.wagi("pull", reference, "-o", output, *flags, store=store, env=env)
        if fails:
            assert done.returncode == 1, done.stdout
            assert reference in done.stderr, "it names the reference"
            assert not output.exists()
            assert not list((store / "partial").iterdir())
            return done.stderr
        assert done.returncode == 0, done.stderr
        return output.read_bytes()
    return pulled


@pytest.fixture
def push(registry, tmp_path):
    """Pushes a module; its pinned reference."""
    def pushed(name: str, data: bytes) -> str:
        path = tmp_path / "module.wasm"
        path.write_bytes(data)
        done = registry.wagi("push", path, registry.reference(name))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()
    return pushed


def stored_blobs(store) -> list[str]:
    return sorted(path.name for path in (store / "blobs/sha256").iterdir())
