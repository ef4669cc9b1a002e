"""Waiting for what will happen, with an end to it."""

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
