"""Sends the few requests that aren't part of a load."""

import http.client
import socket

ANSWER_S_MAX = 30.0


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(ANSWER_S_MAX)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S_MAX)


def ask_on(
    connection: http.client.HTTPConnection, path: str, body: bytes = b""
) -> tuple[int, bytes]:
    """Status and body of the answer to a GET, or to a POST of `body`. Keeps the connection."""
    connection.request("POST" if body else "GET", path, body or None)
    answer = connection.getresponse()
    return answer.status, answer.read()


def ask(port: int, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = connect(port)
    try:
        return ask_on(connection, path, body)
    finally:
        connection.close()
