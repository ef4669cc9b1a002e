"""Sends many small requests on one connection without waiting for answers: thousands a second."""

import re

from raw_http import BadAnswer, Connection

ANSWER = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n", re.DOTALL)
LENGTH = re.compile(rb"^content-length: ([0-9]+)\r$", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding: chunked\r$", re.IGNORECASE | re.MULTILINE)
CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")

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
            if length:
                end = head.end() + int(length[1])
                body = data[head.end():end] if len(data) >= end else None
            else:  # The guest took a while, as each may on a busy machine, so the body is chunked.
                body, end = _chunked(data, head)
            if body is None:
                break
            answers.append((int(head[1]), body))
            data = data[end:]
    if data:
        raise BadAnswer(f"more than was asked for: {data[:200]!r}")
    return answers


def _chunked(data: bytes, head: re.Match) -> tuple[bytes | None, int]:
    """The body and where it ends in `data`; None while it isn't whole."""
    if not CHUNKED.search(head[2]):
        raise BadAnswer(f"neither a length nor chunks: {head[0]!r}")
    body, at = b"", head.end()
    while chunk := CHUNK.match(data, at):
        size = int(chunk[1], 16)
        end = chunk.end() + size + 2
        if len(data) < end:
            break
        if data[end - 2:end] != b"\r\n":
            raise BadAnswer(f"a chunk without its end: {data[chunk.start():end]!r}")
        if size == 0:
            return body, end
        body += data[chunk.end():end - 2]
        at = end
    return None, at


def _closed(data: bytes):
    raise BadAnswer(f"closed in the middle of the answers; unread: {data[-200:]!r}")
