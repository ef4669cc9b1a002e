"""A server with many different modules, each with many routes."""

import functools
from pathlib import Path

import machine
import tools
from fetch import BENCH
from machine import Cores
from servers import Server, running, wagi, wagi_with

MODULES = 1_000
ROUTES = 10_000
FOLDER = tools.BUILT / "many"
FIRST_START_S_MAX = 900.0  # The first start compiles all modules.
MIDDLE = f"/service/{ROUTES // 2}"


def wagi_many(kit: tools.Tools) -> Server:
    """The server, asked for one route in the middle."""
    return wagi_on(kit, MIDDLE)


def wagi_spread(kit: tools.Tools) -> Server:
    """The server, asked for the routes whose numbers stand behind this path."""
    return wagi_on(kit, "/service/")


def wagi_on(kit: tools.Tools, path: str) -> Server:
    text = settings(kit.path("hello.wasm"))
    return wagi_with(kit, text, path=path, answer_s_max=FIRST_START_S_MAX)


@functools.cache
def settings(module: Path) -> str:
    """Writes the modules; returns a modules.toml for them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wasm = module.read_bytes()
    for number in range(MODULES):
        (FOLDER / f"{number}.wasm").write_bytes(wasm + custom_section(number))
    server, _, _ = (BENCH / "modules.toml").read_text().partition("[[module]]")
    # A route for the path that is asked before and after a spread load.
    routes = ["", *range(ROUTES)]
    return server + "\n".join(
        f'[[module]]\nroute = "/service/{route}"\nmodule = "{FOLDER}/{number % MODULES}.wasm"\n'
        for number, route in enumerate(routes)
    )


def custom_section(number: int) -> bytes:
    """A custom section, which makes a module differ from others and runs nothing."""
    name, content = b"bench", number.to_bytes(4, "little")
    return bytes([0, 1 + len(name) + len(content), len(name)]) + name + content


def measure_memory(kit: tools.Tools, cores: Cores) -> dict:
    """The memory that each further module adds to a server; only the first has answered."""
    one = resting_bytes(wagi(kit, kit.path("hello.wasm")), cores)
    many = resting_bytes(wagi_many(kit), cores)
    return {
        "one_bytes": one,
        "many_bytes": many,
        "kib_per_module": (many - one) / (MODULES - 1) / 1024,
    }


def resting_bytes(server: Server, cores: Cores) -> int:
    with running(server, cores) as started, machine.on_core(cores.client):
        return started.processes.proportional_bytes()
