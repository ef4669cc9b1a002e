"""A real registry (Debian's docker-registry) with TLS and passwords, and another client of it."""

import base64
import gzip
import hashlib
import io
import json
import re
import shutil
import ssl
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from configuration import KEPT
from raw_http import WAIT_MAX_S
from server import run_wagi
from waiting import eventually

# The registry: unpacked by scripts/setup, or installed.
UNPACKED = KEPT / "docker-registry/usr/bin/docker-registry"
PROGRAM = str(UNPACKED) if UNPACKED.exists() else shutil.which("docker-registry")
USER, PASSWORD = "user", "secret"
# The password as bcrypt, by htpasswd; the registry takes no other hash.
HTPASSWD = "user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"
LISTENING = re.compile(r"listening on 127\.0\.0\.1:([0-9]+)")

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def wasm(name: str, size: int = 0) -> bytes:
    """A core module that does nothing; its custom section makes it differ from others."""
    section = bytes([len(name)]) + name.encode() + bytes(size)
    length, encoded = len(section), b""
    while True:
        encoded += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return b"\0asm\1\0\0\0\0" + encoded + section


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def described(media_type: str, data: bytes, **more) -> dict:
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data)} | more


def tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


class Registry:
    """One running registry, and its repositories as another client sees them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.storage = folder / "storage"
        self.certificate = folder / "registry.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", folder / "registry.key", "-out", self.certificate, "-subj", "/CN=localhost",
                        "-days", "2", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, capture_output=True)
        (folder / "htpasswd").write_text(HTPASSWD)
        # The file must be YAML, which JSON is.
        (folder / "config.yml").write_text(json.dumps({
            "version": 0.1, "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": str(self.storage)}, "delete": {"enabled": True}},
            "http": {"addr": "127.0.0.1:0", "tls": {"certificate": str(self.certificate),
                                                    "key": str(folder / "registry.key")}},
            "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}}))
        self.tls = ssl.create_default_context(cafile=self.certificate)
        self.process = None
        self.start()
        self.docker_config = folder / "docker"
        self.docker_config.mkdir()
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (self.docker_config / "config.json").write_text(json.dumps({"auths": {self.host: {"auth": login}}}))

    def start(self):
        """Starts the registry, at its port of before or a free one."""
        log_path = self.folder / "registry.log"
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "serve", self.folder / "config.yml"], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        found = eventually(lambda: LISTENING.search(log_path.read_text()), "the registry listens")
        self.host = f"localhost:{found[1]}"
        config = self.folder / "config.yml"
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{found[1]}"))

    def stop(self):
        self.process.terminate()
        self.process.wait(WAIT_MAX_S)

    # --- Our client.

    def wagi(self, *arguments, store: Path | None = None, env: dict | None = None):
        """Runs a command of ours with this registry's certificate and login."""
        flags = ("--ca-file", self.certificate) + (("--store", store) if store else ())
        return run_wagi(*arguments, *flags, env={"DOCKER_CONFIG": self.docker_config} | (env or {}))

    def reference(self, name: str) -> str:
        return f"oci://{self.host}/{name}"

    # --- The other client.

    def call(self, method: str, path: str, data: bytes | None = None, **fields) -> tuple[int, dict, bytes]:
        url = path if path.startswith("https:") else f"https://{self.host}/v2/{path}"
        request = urllib.request.Request(url, data, method=method)
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", "Basic " + login)
        for name, value in fields.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=WAIT_MAX_S) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def push_blob(self, repository: str, data: bytes):
        status, headers, _ = self.call("POST", f"{repository}/blobs/uploads/", b"")
        assert status == 202
        place = headers["Location"]
        status, _, body = self.call("PUT", f"{place}{'&' if '?' in place else '?'}digest={sha256(data)}", data,
                                    Content_Type="application/octet-stream")
        assert status == 201, body

    def push_manifest(self, repository: str, tag: str, manifest: dict, media_type: str = MANIFEST) -> bytes:
        data = json.dumps({"schemaVersion": 2, "mediaType": media_type} | manifest).encode()
        status, _, body = self.call("PUT", f"{repository}/manifests/{tag}", data, Content_Type=media_type)
        assert status == 201, body
        return data

    def push(self, repository: str, tag: str, config_type: str, layers: list[tuple[str, bytes]],
             titles: tuple[str, ...] = (), **runs) -> bytes:
        """Pushes an image or an artifact; returns its manifest. `titles` are the layers', `runs` is
        the image's own config."""
        config = json.dumps({"architecture": "wasm", "os": "wasi", "config": runs, "rootfs": {
            "type": "layers", "diff_ids": [sha256(data) for _, data in layers]}}).encode()
        for data in (config, *(data for _, data in layers)):
            self.push_blob(repository, data)
        listed = [described(*layer) for layer in layers]
        for layer, title in zip(listed, titles):
            layer["annotations"] = {"org.opencontainers.image.title": title}
        return self.push_manifest(repository, tag, {"config": described(config_type, config), "layers": listed})

    def manifest(self, repository: str, target: str) -> tuple[dict, str]:
        """A manifest and its digest."""
        status, _, data = self.call("GET", f"{repository}/manifests/{target}", Accept=f"{MANIFEST}, {INDEX}")
        assert status == 200, data
        return json.loads(data), sha256(data)

    def blob(self, repository: str, digest: str) -> bytes:
        status, _, data = self.call("GET", f"{repository}/blobs/{digest}")
        assert status == 200
        return data

    def blob_path(self, digest: str) -> Path:
        """The path at which the registry keeps a blob's bytes."""
        value = digest.removeprefix("sha256:")
        return self.storage / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"


class PlainRegistry(Registry):
    """A registry without TLS and passwords, as people start it on their own machine."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "config.yml").write_text(json.dumps({
            "version": 0.1, "log": {"level": "info"}, "http": {"addr": "127.0.0.1:0"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}}}))
        self.start()
