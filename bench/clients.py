"""Clients of our own, for what wrk can't measure: latency at a fixed rate, and large downloads."""

from collections.abc import Callable

import tools
from load import Load, measure, observe, run_client
from machine import Cores
from servers import DOWNLOAD_BYTES, Running, Server

CONNECTIONS = 32
SATURATION_SHARE = 0.7
DOWNLOAD_CONNECTIONS = 4


class FixedRate:
    """Measures latency at a share of what a server can take; all servers of a round get one rate.

    open_loop sends at fixed times, whatever became of the requests before, and counts from the time
    that a request was to be sent.
    """

    def __init__(self, kit: tools.Tools, reference: Callable[[], Server], cores: Cores):
        self._kit = kit
        self._reference = reference
        self._cores = cores
        self._rate = 0.0

    def begin_round(self, seconds: int):
        saturated = measure(self._kit, self._reference(), Load(CONNECTIONS), seconds, self._cores)
        self._rate = saturated["requests_per_s"] * SATURATION_SHARE

    def measure(self, server: Server, seconds: int) -> dict:
        def run(started: Running, limit: int) -> dict:
            program = str(self._kit.path("open_loop"))
            words = [started.port, server.path, round(self._rate), limit, CONNECTIONS]
            return run_client([program, *map(str, words)], limit)

        figures = observe(server, self._cores, seconds, run)
        return figures | {"rate_per_s": self._rate}


def measure_download(kit: tools.Tools, server: Server, seconds: int, cores: Cores) -> dict:
    """Measures MB of bodies a second, by a client that drops them."""

    def run(started: Running, limit: int) -> dict:
        words = [started.port, server.path, DOWNLOAD_BYTES, DOWNLOAD_CONNECTIONS, limit]
        return run_client([str(kit.path("download")), *map(str, words)], limit)

    figures = observe(server, cores, seconds, run)
    megabytes = figures["downloads"] * DOWNLOAD_BYTES / 1e6
    return figures | {"server_cpu_us_per_mb": figures["server_cpu_s"] / megabytes * 1e6}
