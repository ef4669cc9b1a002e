"""Tests that each wait of the tests has an end (waiting.py)."""

import os
import threading

import pytest

from waiting import bounded

SOON_S = 0.05


def test_reading_what_nobody_else_can_write_ends():
    reading, writing = os.pipe()
    with pytest.raises(TimeoutError), bounded(SOON_S):
        os.read(reading, 1)
    os.close(reading)
    os.close(writing)


def test_waiting_for_a_thread_that_goes_on_ends():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with pytest.raises(TimeoutError), bounded(SOON_S):
        thread.join()
    over.set()
    thread.join()


def test_what_is_done_in_time_is_left_alone():
    with bounded(60):
        done = True
    assert done
