"""Waiting for what will happen, with an end to it."""

import contextlib
import signal
import time

from raw_http import WAIT_MAX_S


def eventually(condition, what: str = "", limit: float = WAIT_MAX_S):
    """Polls until `condition()` is true and returns its value. The one place where a test's process sleeps."""
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"didn't happen within {limit:.0f} s: {what or condition}")
        time.sleep(0.01)
    return value


@contextlib.contextmanager
def bounded(limit: float):
    """Ends what it wraps by an exception, whatever that waits for: a pipe of which it holds both ends, a lock."""
    def over(*_):
        raise TimeoutError(f"not done within {limit:g} s")
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
