"""Makes the folders that the pages take for granted: with projects, keys, sources."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from configuration import BINARY, ROOT, guest
from raw_http import WAIT_MAX_S

# docs/import.md names line numbers of this file.
SPIN = '''spin_manifest_version = 2

[application]
name = "shop"

[[trigger.http]]
route = "/shop"
component = "shop"
executor = { type = "wagi" }
[component.shop]
source = "hello.wasm"
key_value_stores = ["default"]
[[trigger.http]]
route = "/account"
component = "user"
executor = { type = "wagi" }
[[trigger.http]]
route = "/users/:id"
component = "user"
executor = { type = "wagi" }
[component.user]
source = "hello.wasm"
description = "What Wagi leaves out of it is listed."






[component.shop.build]
command = "make"
'''


def text_of(blocks, language: str, part: str = "") -> str:
    """The text of the page's first block in `language` that has `part` in it."""
    return next(block.text for block in blocks if block.language == language and part in block.text)


def wagi(shell, *words, url: str | None = None):
    environment = shell.environment | ({"BINDLE_URL": url} if url else {})
    done = subprocess.run([BINARY, *words], cwd=shell.folder, env=environment, capture_output=True, text=True,
                          timeout=WAIT_MAX_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def readme(shell, blocks):
    (shell.folder / "hello.c").write_text(text_of(blocks, "c"))
    (shell.folder / "data").mkdir()
    (shell.folder / "HIPPOFACTS").write_text(
        '[bindle]\nname = "hello"\nversion = "1.0.0"\n[[handler]]\nroute = "/"\nname = "hello.wasm"\n')
    (shell.folder / "spin.toml").write_text(
        'spin_manifest_version = 2\n[application]\nname = "a"\n[[trigger.http]]\nroute = "/"\ncomponent = "a"\n'
        'executor = { type = "wagi" }\n[component.a]\nsource = "hello.wasm"\n')


def bindle(shell, blocks):
    project(shell.folder / "project", "example.com/hello", "1.2.3", '[[handler]]\nroute = "/hello/..."\n')
    wagi(shell, "bindle", "prepare", "project", "--production", "--out", "bindles")


def project(folder: Path, name: str, version: str, rest: str):
    folder.mkdir()
    shutil.copy(guest("hello.wasm"), folder)
    (folder / "HIPPOFACTS").write_text(
        f'[bindle]\nname = "{name}"\nversion = "{version}"\n{rest}name = "hello.wasm"\n')


def guests(shell, blocks):
    """Puts in the contract program in the language of the block, or the reactor of the page."""
    (block,) = blocks
    if "GOOS" in block.text:  # A Go folder mustn't have other sources.
        shutil.copy(ROOT / "tests/contract/contract.go", shell.folder / "x.go")
        (shell.folder / "go.mod").write_text("module x\n\ngo 1.21\n")
        return
    for ending in ("c", "cc", "rs", "zig"):
        shutil.copy(ROOT / f"tests/contract/contract.{ending}", shell.folder / f"x.{ending}")
    if "reactor" in block.text:
        (shell.folder / "x.c").write_text(
            '#include <stdio.h>\n__attribute__((export_name("hello"))) void hello(void) {\n'
            '  puts("hello");\n  fflush(stdout);\n}\n')


def hippofacts(shell, blocks):
    """The page's project, a key, and a Bindle server with the bindle of its external handler."""
    folder = shell.folder
    for path in ("bin/penguin.wasm", "bin/gallery.wasm"):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(guest("hello.wasm"), folder / path)
    for path in ("photo/a.png", "templates/a.html", "static/a.css", "gallery/a.db"):
        (folder / path).parent.mkdir()
        (folder / path).write_text(path)
    (folder / "HIPPOFACTS").write_text(text_of(blocks, "toml"))
    shutil.copytree(folder, folder / "site", ignore=lambda _, names: {"site", "programs", "build"} & set(names))
    project(folder / "fileserver", "example.com/fileserver", "1.0.3", '[[export]]\nid = "static"\n')
    wagi(shell, "bindle", "keys", "--create", "me.toml", "--label", "Me <me@example.com>")
    shell.serve("wagi bindle serve --directory served --unsigned &", "/healthz", "OK")
    url = f"http://{shell.replaced['127.0.0.1:8080']}/v1"
    wagi(shell, "bindle", "prepare", "fileserver", "--production", url=url)
    shell.environment["BINDLE_URL"] = url


def spin(shell, blocks):
    (shell.folder / "spin.toml").write_text(SPIN)
    shutil.copy(guest("hello.wasm"), shell.folder)


def registries(shell, blocks):
    shutil.copy(guest("hello.wasm"), shell.folder)
    wagi(shell, "sign", "--generate-key", "acme")


PREPARED = {"README.md": readme, "docs/bindle.md": bindle, "docs/guests.md": guests, "docs/hippofacts.md": hippofacts,
            "docs/import.md": spin, "docs/registries.md": registries}


def write_configuration(folder: Path, text: str, wasm: str):
    """Makes a whole modules.toml of a page's example, and all files that it names."""
    if re.match(r"[a-z_]+ = ", text):  # The example is only keys of a [[module]].
        text = "[[module]]\nroute = '/'\nmodule = 'hello.wasm'\n" + text
    elif "[[module]]" not in text:
        text += "\n[[module]]\nroute = '/'\nmodule = 'hello.wasm'\n"
    (folder / "modules.toml").write_text(text)
    config = tomllib.loads(text)
    sites = config.get("site", [])
    for module in [*config["module"], *(module for site in sites for module in site["module"])]:
        shutil.copy(wasm, folder / module["module"])
        for volume in module.get("volumes", {}).values():
            path = volume["path"] if isinstance(volume, dict) else volume
            (folder / path).mkdir(parents=True, exist_ok=True)
    for path in config.get("trust", {}).get("keys", {}).values():
        (folder / path).parent.mkdir(exist_ok=True)
        made = folder / path.removesuffix(".pub")
        subprocess.run([BINARY, "sign", "--generate-key", made], check=True, capture_output=True, timeout=WAIT_MAX_S)
    if certificates := config.get("registries", {}).get("ca_file"):
        make_certificate(folder / certificates, folder / "key.pem", ["ca"])
    for owner in [*config.get("listen", []), *sites]:
        if "tls_cert" in owner:
            make_certificate(folder / owner["tls_cert"], folder / owner["tls_key"], owner.get("hosts", ["fallback"]))


def make_certificate(certificate: Path, key: Path, hosts: list[str]):
    """A self-signed one, good for a year."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "365", "-subj", f"/CN={hosts[0]}",
                    "-addext", f"subjectAltName={names}"], check=True, capture_output=True)
