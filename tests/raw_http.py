"""An HTTP/1.1 client that sends the bytes it is given, and accepts only answers that are correct.

Libraries correct what they send and forgive what they read; a test of a server must do neither.
"""

import re
import socket
import ssl
from dataclasses import dataclass, field

# Long enough for a sanitizer's build on a busy machine; a test that comes near it has failed.
WAIT_MAX_S = 30.0

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) ([\t\x20-\x7e\x80-\xff]*)")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})")


class BadAnswer(AssertionError):
    """Raised for an answer that breaks RFC 9112."""


class Truncated(BadAnswer):
    """Raised where the connection is closed before the answer is whole."""


@dataclass
class Head:
    status: int
    reason: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        """The only value of a field; None where there is no such field."""
        values = self.all(name)
        if len(values) > 1:
            raise BadAnswer(f"{name} occurs {len(values)} times: {values}")
        return values[0] if values else None

    @property
    def keeps_alive(self) -> bool:
        return "close" not in (self.one("Connection") or "").lower()


@dataclass
class Response(Head):
    body: bytes = b""
    chunks: list[bytes] | None = None  # None for a body that wasn't chunked.

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection:
    def __init__(self, address, *, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(WAIT_MAX_S)
        if receive_buffer is not None:  # Before connect(), which negotiates the window.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # --- Sending.

    def send(self, data: bytes):
        self.socket.sendall(data)

    def request(self, method: str, target: str, fields=(), body: bytes | None = None):
        """Sends a plain request, with Host, Content-Length if it has a body, and `fields`."""
        lines = [f"{method} {target} HTTP/1.1", "Host: test"]
        lines += [f"{name}: {value}" for name, value in fields]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    def send_chunk(self, data: bytes):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    # --- Reading.

    def read_some(self) -> bytes:
        """The bytes that have come, at least one; none at the end."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        return self.socket.recv(65536)

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise Truncated(f"closed in the middle of an answer; unread: {self.buffer[-200:]!r}")
        self.buffer += data

    def read_line(self, limit: int = 1 << 21) -> bytes:
        while b"\n" not in self.buffer:
            if len(self.buffer) > limit:
                raise BadAnswer("a line without an end")
            self._fill()
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise BadAnswer(f"a line that doesn't end with CRLF: {line!r}")
        return line[:-1]

    def read_exactly(self, count: int) -> bytes:
        pieces = []
        while count > 0:
            if not self.buffer:
                self._fill()
            pieces.append(self.buffer[:count])
            self.buffer = self.buffer[count:]
            count -= len(pieces[-1])
        return b"".join(pieces)

    def read_head(self) -> Head:
        line = self.read_line()
        status = STATUS_LINE.fullmatch(line)
        if not status:
            raise BadAnswer(f"not a status line: {line!r}")
        head = Head(int(status[1]), status[2].decode("latin-1"))
        while line := self.read_line():
            parsed = FIELD_LINE.fullmatch(line)
            if not parsed:
                raise BadAnswer(f"not a field: {line!r}")
            head.fields.append((parsed[1].decode(), parsed[2].decode("latin-1")))
        return head

    def read_chunk(self) -> bytes:
        """The next chunk; empty for the last one, whose trailer must be empty."""
        line = self.read_line()
        if not CHUNK_LINE.fullmatch(line):
            raise BadAnswer(f"not a chunk's size: {line!r}")
        data = self.read_exactly(int(line, 16))
        if end := self.read_line():
            raise BadAnswer(f"a chunk's data goes on after its size: {end!r}")
        return data

    def read_response(self, method: str = "GET", *, interim: bool = False) -> Response:
        """Reads one whole answer. An interim one (1xx) is skipped unless asked for."""
        head = self.read_head()
        while head.status < 200 and head.status != 101 and not interim:
            head = self.read_head()
        response = Response(head.status, head.reason, head.fields)
        length, coding = head.one("Content-Length"), head.one("Transfer-Encoding")
        if length is not None and coding is not None:
            raise BadAnswer("both Content-Length and Transfer-Encoding")
        if head.status < 200 or head.status == 204:
            if length is not None or coding is not None:
                raise BadAnswer(f"a {head.status} with a length")  # RFC 9110 8.6, RFC 9112 6.1
            return response
        if method == "HEAD" or head.status == 304:
            return response
        if coding is not None:
            if coding.lower() != "chunked":
                raise BadAnswer(f"Transfer-Encoding: {coding}")
            response.chunks = []
            while chunk := self.read_chunk():
                response.chunks.append(chunk)
            response.body = b"".join(response.chunks)
        elif length is not None:
            if not re.fullmatch("[0-9]+", length):
                raise BadAnswer(f"Content-Length: {length}")
            response.body = self.read_exactly(int(length))
        else:
            if head.keeps_alive:
                raise BadAnswer("neither a length nor an end of the connection")
            response.body = self.read_to_end()
        return response

    def read_to_end(self) -> bytes:
        pieces = [self.buffer]
        self.buffer = b""
        while data := self.socket.recv(65536):
            pieces.append(data)
        return b"".join(pieces)

    def at_end(self) -> bool:
        """Waits for the connection's end; False if bytes come before it. A reset is an end, too."""
        if self.buffer:
            return False
        try:
            data = self.socket.recv(1)
        except ConnectionResetError:
            return True
        self.buffer += data
        return not data
