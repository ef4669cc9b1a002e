"""A server that guests call: a function of the test answers each connection in a thread."""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable

from raw_http import WAIT_MAX_S


class Request:
    """One request as it came. `connection` is the number of its connection, from 0."""

    def __init__(self, peer: socket.socket, head: bytes, rest: bytes, connection: int):
        self.peer, self.connection = peer, connection
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.fields = [tuple(re.split(r":\s*", line, maxsplit=1)) for line in lines if line]
        self.buffer = rest

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def read(self, count: int) -> bytes:
        while len(self.buffer) < count:
            data = self.peer.recv(65536)
            if not data:
                raise EOFError
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def body(self) -> bytes:
        return self.read(int((self.all("Content-Length") or ["0"])[0]))

    def send(self, data: bytes):
        self.peer.sendall(data)

    def answer(self, body: bytes = b"hello", status: str = "200 OK", fields: str = ""):
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body)

    def wait_end(self):
        """Waits until the other side has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while self.peer.recv(65536):
                pass


class Upstream:
    """The server. `handle(request)` answers each request; an exception closes the connection."""

    def __init__(self, handle: Callable[[Request], None], tls: ssl.SSLContext | None = None, greeting: bytes = b""):
        self.handle, self.tls, self.greeting = handle, tls, greeting
        self.requests: list[Request] = []
        self.connections = 0  # How many have come.
        self.ended = 0  # How many of these are closed.
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(peer, self.connections - 1), daemon=True).start()

    def _serve(self, peer: socket.socket, number: int):
        peer.settimeout(WAIT_MAX_S)
        with contextlib.suppress(OSError, EOFError), contextlib.ExitStack() as stack:
            stack.callback(self._end, peer)
            if self.tls:
                peer = stack.enter_context(self.tls.wrap_socket(peer, server_side=True))
            peer.sendall(self.greeting)
            rest = b""
            while True:
                while b"\r\n\r\n" not in rest:
                    data = peer.recv(65536)
                    if not data:
                        return
                    rest += data
                head, rest = rest.split(b"\r\n\r\n", 1)
                request = Request(peer, head, rest, number)
                self.requests.append(request)
                self.handle(request)
                rest = request.buffer

    def _end(self, peer: socket.socket):
        peer.close()
        self.ended += 1

    def refuse(self):
        """Stops listening."""
        with contextlib.suppress(OSError):
            # Wakes the thread that accepts, which would keep the socket open.
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def close(self):
        self.closed.set()  # Wakes handlers that hold an answer back.
        self.refuse()
