"""Writes a modules.toml, and knows where the binary and the guests of tests/guests are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("WAGI_BINARY", ROOT / "build" / "wagi")).resolve()
# The folder in which scripts/setup keeps things, read before a fixture changes the variable.
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "wagi"
GUESTS = Path(os.environ.get("WAGI_GUESTS", ROOT / "build" / "guests")).resolve()


def guest(name: str) -> str:
    """The path of a guest of tests/guests, `hello.wasm` or `hello_wat.wat`."""
    path = GUESTS / name
    assert path.exists(), f"no guest {name}: run tests/guests/build"
    return str(path)


def module(route: str, name: str, **keys) -> str:
    """A [[module]] table. Values are written as TOML: strings, numbers, lists and tables."""
    path = name if "/" in name or ":" in name else guest(name)
    return table("[[module]]", route=route, module=path, **keys)


def table(header: str, **keys) -> str:
    return "\n".join([header, *(f"{key} = {toml(value)}" for key, value in keys.items())]) + "\n\n"


def toml(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
