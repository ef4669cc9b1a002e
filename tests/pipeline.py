"""Many small requests on one connection, sent without waiting for answers: thousands a second even from Python."""

import re

from raw_http import BadAnswer, Connection

# An answer with a length, as the small ones of these tests are.
ANSWER = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", re.DOTALL)
LENGTH = re.compile(rb"^content-length: ([0-9]+)\r$", re.IGNORECASE | re.MULTILINE)

REQUESTS_AT_ONCE = 50


def requests(connection: Connection, targets: list[str]) -> list[tuple[int, bytes]]:
    """GETs all of `targets`, so many at once: each one's status and body, in their order."""
    answers = []
    for begin in range(0, len(targets), REQUESTS_AT_ONCE):
        batch = targets[begin:begin + REQUESTS_AT_ONCE]
        connection.send(b"".join(b"GET %s HTTP/1.1\r\nHost: test\r\n\r\n" % target.encode() for target in batch))
        answers += _read(connection, len(batch))
    return answers


def _read(connection: Connection, count: int) -> list[tuple[int, bytes]]:
    data, answers = b"", []
    while len(answers) < count:
        data += connection.read_some() or _closed(data)
        while head := ANSWER.match(data):
            length = LENGTH.search(head[2])
            if not length:
                raise BadAnswer(f"an answer without a length: {head[0]!r}")
            end = head.end() + int(length[1])
            if len(data) < end:
                break
            answers.append((int(head[1]), data[head.end():end]))
            data = data[end:]
    if data:
        raise BadAnswer(f"more than was asked for: {data[:200]!r}")
    return answers


def _closed(data: bytes):
    raise BadAnswer(f"closed in the middle of the answers; unread: {data[-200:]!r}")
