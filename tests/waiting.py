"""Waits for events, each with a limit."""

import contextlib
import signal
import time

from raw_http import WAIT_MAX_S


def eventually(condition, what: str = "", limit: float = WAIT_MAX_S):
    """Polls until `condition()` is true, and returns its value. Nothing else in tests sleeps."""
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"didn't happen within {limit:.0f} s: {what or condition}")
        time.sleep(0.01)
    return value


@contextlib.contextmanager
def bounded(limit: float):
    """Ends its block by an exception, whatever that waits for: a lock, or its own end of a pipe."""
    def over(*_):
        raise TimeoutError(f"not done within {limit:g} s")
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
