"""A registry that answers as a test tells it, however wrong, over plain HTTP or TLS."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from registry import MANIFEST, described


class Answer:
    """The answer for a path. Content-Length is `length`, or the body's, of which `cut` bytes are
    sent."""

    def __init__(self, body: bytes = b"", status: int = 200, *, type: str = "application/octet-stream",
                 cut: int | None = None, length: int | None = None, silent: bool = False, ranges: bool = False,
                 **fields):
        self.body, self.status, self.cut, self.silent, self.ranges = body, status, cut, silent, ranges
        self.length = len(body) if length is None else length
        self.fields = ({"Content-Type": type} if type else {}) | {name.replace("_", "-"): value for name, value in fields.items()}


class HostileRegistry:
    """The registry. `answers` maps "METHOD /path" to an Answer, or to a function that makes one of
    the request."""

    def __init__(self, tls: tuple | None = None, address: str = "127.0.0.1"):
        self.answers = {}
        self.requests: list[tuple[str, dict]] = []
        self.bodies: list[bytes] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, ssl.SSLError, TimeoutError):
                    self.close_connection = True

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.bodies.append(body)
                path = self.path.split("?")[0]
                outer.requests.append((f"{self.command} {self.path}", dict(self.headers)))
                answer = outer.answers.get(f"{self.command} {path}", Answer(b"", 404))
                if callable(answer):
                    answer = answer(self)
                if answer.silent:
                    outer.ended.wait()
                    self.close_connection = True
                    return
                start, status = 0, answer.status
                if answer.ranges and "Range" in self.headers:
                    start, status = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")), 206
                self.send_response(status)
                self.send_header("Content-Length", str(answer.length - start))
                if status == 206:
                    self.send_header("Content-Range", f"bytes {start}-{answer.length - 1}/{answer.length}")
                for name, value in answer.fields.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body[start:answer.cut])
                if answer.cut is not None or answer.length != len(answer.body):
                    self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = answer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # Such as a probe that speaks TLS, a client that leaves.
                pass

        self.server = Server((address, 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.host = f"localhost:{self.port}" if address == "127.0.0.1" else f"{address}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def stop(self):
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def serve(self, name: str, layer: bytes, layer_type: str = "application/wasm",
              config_type: str = "application/vnd.wasm.config.v0+json", tag: str = "1", **more) -> dict:
        """Answers as a good registry would, for an artifact with one layer, to which `more` is
        added; returns its manifest."""
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described(config_type, b"{}"),
                    "layers": [described(layer_type, layer) | more]}
        self.answers[f"GET /v2/{name}/manifests/{tag}"] = Answer(json.dumps(manifest).encode(), type=MANIFEST)
        self.answers[f"GET /v2/{name}/blobs/{manifest['layers'][0]['digest']}"] = Answer(layer)
        return manifest

    def asked(self, beginning: str) -> list[tuple[str, dict]]:
        return [request for request in self.requests if request[0].startswith(beginning)]
