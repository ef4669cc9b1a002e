"""Tests the example with an SQLite database on a volume: with two writers, and with killed ones."""

import fcntl
import json
import os
import random
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from configuration import ROOT, module
from waiting import eventually

NOTES = ROOT / "build" / "examples" / "notes.wasm"
KILLS = 8  # Few, since each makes the next new worker come later.
WRITERS = 4
JSON = ("Accept", "application/json")
TEXT = ("Content-Type", "text/plain")
FORM = ("Content-Type", "application/x-www-form-urlencoded")

pytestmark = pytest.mark.skipif(not NOTES.exists(), reason="notes isn't built: scripts/build-examples says why")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "notes"
    path.mkdir()
    return path


def notes(folder) -> str:
    return module("/notes", str(NOTES), volumes={"/data": {"path": str(folder), "exclusive": True}})


@pytest.fixture
def serve(start, folder, kept_cache):
    """Starts a server with the notes of `folder`."""
    return lambda **options: start(notes(folder), **kept_cache, **options)


def add(server, text: str) -> int:
    """The status of one POST."""
    return server.get("/notes", [TEXT], method="POST", body=text.encode()).status


def texts(server) -> list[str]:
    return [note["text"] for note in json.loads(server.get("/notes", [JSON]).text)]


def texts_or_none(server) -> list[str] | None:
    try:
        return texts(server)
    except OSError:  # The next worker is being started.
        return None


@contextmanager
def database(folder):
    """Opens the database on the host between two requests, like `flock FOLDER sqlite3 ...`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        connection = sqlite3.connect(folder / "notes.db")
        try:
            yield connection
        finally:
            connection.close()
    finally:
        os.close(descriptor)


def test_notes_are_kept(serve, folder):
    server = serve()
    assert texts(server) == []
    response = server.get("/notes", [TEXT], method="POST", body="<b>& ключ".encode())
    assert (response.status, json.loads(response.text)) == (201, {"id": 1})
    response = server.get("/notes", [FORM], method="POST", body=b"text=100%25+sure%2c+%C3%A9%0aand+more")
    assert (response.status, response.one("Location")) == (303, "/notes")
    assert texts(server) == ["<b>& ключ", "100% sure, é\nand more"]
    page = server.get("/notes").text
    assert "<li>&lt;b>&amp; ключ <small>" in page and "<b>" not in page
    server.stop()
    assert texts(serve()) == ["<b>& ключ", "100% sure, é\nand more"]


@pytest.mark.parametrize("fields,body,status", [
    ([TEXT], b"", 400), ([FORM], b"text=", 400), ([FORM], b"other=1", 400), ([TEXT], b"x" * 8001, 413),
    ([TEXT], b"x" * 100_000, 413), ([FORM], b"text=" + b"%61" * 8000, 303)],
    ids=["nothing", "empty", "other", "long", "longer", "encoded"])
def test_what_is_no_note(serve, folder, fields, body, status):
    server = serve()
    assert server.get("/notes", fields, method="POST", body=body).status == status
    assert len(texts(server)) == (status == 303)


@pytest.mark.parametrize("clients", [2, 20])
def test_requests_at_once_lose_nothing(serve, folder, clients):
    server = serve(workers=2)
    wanted = [f"note {number}" for number in range(100)]
    with ThreadPoolExecutor(clients) as pool:
        statuses = list(pool.map(lambda text: add(server, text), wanted))
    assert statuses == [201] * len(wanted)
    assert sorted(texts(server)) == sorted(wanted)
    with database(folder) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


class Writers:
    """Clients that add notes without a break. They tell notes that were acknowledged from those
    that may be there."""

    def __init__(self, server):
        self.server = server
        self.acknowledged, self.tried, self.failures = set(), set(), []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(WRITERS)]

    def _run(self, number: int):
        turn = 0
        while not self.stopping.is_set():
            text = f"{number}-{turn} {'x' * (turn * 37 % 5000)}"
            turn += 1
            self.tried.add(text)
            try:
                status = add(self.server, text)
            except (OSError, AssertionError):
                continue  # The worker was killed, or the next one isn't there yet.
            if status == 201:
                self.acknowledged.add(text)
            else:
                self.failures.append(status)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def go_on(self, notes_count: int):
        wanted = len(self.acknowledged) + notes_count
        eventually(lambda: len(self.acknowledged) >= wanted or self.failures, "notes are added")


def check(folder, writers: Writers):
    acknowledged = set(writers.acknowledged)
    with database(folder) as db:
        # Opening the database plays back a journal that a killed request has left.
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = [text for (text,) in db.execute("SELECT text FROM note")]
    assert len(found) == len(set(found))
    assert acknowledged <= set(found)
    assert set(found) <= writers.tried


def test_a_server_that_is_killed_loses_nothing_that_was_acknowledged(serve, folder):
    server = serve(workers=2)
    with Writers(server) as writers:
        writers.go_on(10)
        server.kill()
    check(folder, writers)
    assert writers.acknowledged <= set(texts(serve()))


def test_killed_workers_lose_nothing_that_was_acknowledged(serve, folder):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = serve(workers=2)
    with Writers(server) as writers:
        for _ in range(KILLS):
            writers.go_on(chance.randrange(1, 6))
            workers = server.workers()
            for worker in chance.sample(workers, min(len(workers), chance.randrange(1, 3))):
                os.kill(worker, signal.SIGKILL)
            check(folder, writers)
    assert not writers.failures
    check(folder, writers)
    assert writers.acknowledged <= set(eventually(lambda: texts_or_none(server), "a worker serves"))


PYTHON = ROOT / "build" / "examples" / "python.wasm"
SCRIPT = """
import sqlite3, sys
db = sqlite3.connect("file:/data/notes.db?vfs=unix-none", uri=True)
db.execute("CREATE TABLE IF NOT EXISTS note(text TEXT)")
db.execute("INSERT INTO note VALUES(?)", [sys.stdin.read()])
db.commit()
print("Content-Type: text/plain\\n")
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="CPython can't be had here; scripts/setup says why")
def test_pythons_own_sqlite_works_in_the_same_way(start_interpreters, folder, tmp_path):
    (tmp_path / "app.py").write_text(SCRIPT)
    volumes = {"/app": {"path": str(tmp_path), "read_only": True}, "/data": {"path": str(folder), "exclusive": True}}
    server = start_interpreters(module("/notes", str(PYTHON), argv="python /app/app.py", volumes=volumes))
    wanted = [f"note {number}" for number in range(10)]
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda text: add(server, text), wanted))
    assert statuses == [200] * len(wanted)
    with database(folder) as db:
        assert sorted(text for (text,) in db.execute("SELECT text FROM note")) == wanted
