"""Runs the examples of README.md and docs/, word for word: shell lines, configurations, programs.

Each page's shell lines run in their order in a fresh folder, by bash, with the built wagi on the
PATH. Two things are added: servers get a free port, and the folder has the files that the page
takes for granted (PREPARED).
"""

import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from bindles import free_port
from configuration import BINARY, KEPT, ROOT, guest
from documentation import Block, blocks, pages
from documentation_folders import PREPARED, write_configuration
from raw_http import WAIT_MAX_S
from registry import PROGRAM as REGISTRY
from registry import PlainRegistry
from server import clean_environment
from waiting import eventually

LANGUAGES = {"sh", "toml", "c"}  # A block without a language is a picture, or a program's output.
SHELL_LINE = re.compile(r"(?:\S+/)?(?:wagi|make|clang|rustc|cargo|go|python3?|apt|pip|npm|npx|curl|export) (?!\w+: )")

# The beginnings of lines that aren't run, each with the reason.
NOT_RUN = {
    "make ": "begins with these tests, or takes minutes",
    "scripts/setup ": "fetches and builds a compiler",
    "~/.cache/wagi/tinygo": "what the line before makes; test_contract.py uses it where it is",
    "apt install ": "changes the machine",
    "pip install ": "asks a registry for what scripts/setup has already",
    "npm install ": "asks a registry for what scripts/setup has already",
    "npx asc ": "what the line before makes; test_contract.py uses the one of scripts/setup",
    "cargo build ": "needs a crate; the line before has the same flags",
    "clang --target=wasm32-wasi -O2 -DSQLITE": "the source comes in a crate; test_sqlite.py has a program with it",
    "flock my/data sqlite3": "needs a sqlite3 that scripts/setup doesn't install",
    "taskset ": "measures",
    "perf ": "measures",
    "python3 bench/": "measures",
    "build/wagi run --dir /tmp/new": "test_conformance.py runs all of them",
}

# The output of the other lines, by page and beginning; for a server a path and its answer.
SAYS = {
    "README.md": {
        "clang ": "",
        "printf ": "",
        "build/wagi -c modules.toml": ("/", r"Hello, world\n"),
        "wagi -c modules.toml": ("/", r"Hello, world\n"),
        "wagi check -c ": r"modules\.toml: 1 module, 1 route, no mistakes\n",
        "wagi check --security": r"Tried by native code",
        "wagi routes ": r"ROUTE .*\n/healthz .*\n/ +hello\.wasm +_start ",
        "wagi run ": r"Content-Type: text/plain\n\nHello, world\n",
        "wagi push ": r"oci://\S+/hello:1@sha256:[0-9a-f]{64}\n",
        "wagi -f .": ("/", r"Hello, world\n"),
        "wagi import ": r"1 module, 0 things left out",
        "wagi help serve": r"Usage: wagi \[serve\] -c FILE",
    },
    "docs/bindle.md": {
        "wagi bindle keys --create": "",
        "wagi bindle serve ": ("/healthz", "OK"),
        "wagi bindle push ": r"example\.com/hello/1\.2\.3: \S+, 1 of 1 parcels sent\n",
        "wagi bindle search ": r"example\.com/hello/1\.2\.3\n",
        "wagi bindle pull ": r"example\.com/hello/1\.2\.3: 1 parcel in elsewhere/[0-9a-f]{64}\n",
        "wagi -b ": ("/hello", r"Hello, world!\n"),
    },
    "docs/guests.md": {"clang ": "", "clang++ ": "", "rustc ": "", "GOOS=wasip1 ": "", "python -m ziglang ": "",
                       "wagi run --entrypoint hello": "^hello\n$"},
    "docs/hippofacts.md": {"wagi bindle prepare ": r"example\.com/birds/1\.2\.3-\S+.*\b[0-9]+ parcels"},
    "docs/import.md": {"wagi import ": r"2 modules, 2 things left out", "wagi -c ": ("/shop", r"Hello, world!\n")},
    "docs/registries.md": {
        "wagi push ": r"oci://\S+/acme/hello:1\.0@sha256:[0-9a-f]{64}\n",
        "wagi pull ": r"oci://\S+/acme/hello:1\.0@sha256:[0-9a-f]{64}\n",
        "wagi sign ": r"sha256-[0-9a-f]{64}\.sig|sha256:[0-9a-f]{64}",
        "wagi cache list": r"sha256:[0-9a-f]{12}  \S+/acme/hello:1\.0\n",
        "wagi cache prune": r" freed\n",
        "wagi cache verify": "",
    },
    "examples/README.md": {"build/wagi run ": "1024"},
}
BY_BLOCK = {"docs/guests.md"}  # Pages whose blocks are run apart, each in another language.
SERVER = re.compile(r"(?:\S+/)?wagi (?:-[cfb]|bindle serve) ")
READY = re.compile(r"(?:serving on|bindles at) (http://[0-9.]+:[0-9]+)")


def found(table: dict, line: str):
    """The value of the longest key that the line begins with."""
    keys = [key for key in table if line.startswith(key)]
    return table[max(keys, key=len)] if keys else None


def tool_is_there(line: str, path: str) -> bool:
    """Skips a line whose compiler is optional in scripts/setup and missing here."""
    if line.startswith("rustc "):
        libraries = subprocess.run(["rustc", "--print", "target-libdir", "--target", "wasm32-wasip1"],
                                   capture_output=True, text=True, check=False) if shutil.which("rustc") else None
        return bool(libraries and libraries.returncode == 0 and Path(libraries.stdout.strip()).is_dir())
    if made := re.search(r"build/examples/\S+", line):
        return (ROOT / made[0]).exists()
    if line.startswith("python -m ziglang"):
        return any(KEPT.glob("zig-*/complete"))
    if line.startswith("GOOS=") and (go := shutil.which("go", path=path)):
        version = re.search(r"go1\.(\d+)", subprocess.run([go, "version"], capture_output=True, text=True,
                                                         check=True).stdout)
        return int(version[1]) >= (24 if "c-shared" in line else 21)
    return shutil.which(line.split()[0], path=path) is not None


class Shell:
    """Runs a page's lines in a folder, and ends their servers."""

    def __init__(self, folder: Path, replaced: dict[str, str]):
        self.folder = folder
        self.replaced = replaced  # Hosts and ports of the pages, and those of this test.
        self.background: list[subprocess.Popen] = []
        programs = folder / "programs"
        programs.mkdir()
        (programs / "wagi").symlink_to(BINARY)
        (folder / "build").mkdir()
        (folder / "build/wagi").symlink_to(BINARY)
        (folder / "build/examples").symlink_to(ROOT / "build/examples")
        (folder / "temporary").mkdir()
        zig = [str(path / "bin") for path in KEPT.glob("zig-*")]
        own = clean_environment()
        path = ":".join([str(programs), *zig, own["PATH"], "/usr/local/go/bin"])
        self.environment = own | {
            "PATH": path, "TMPDIR": str(folder / "temporary"), "XDG_CACHE_HOME": str(folder / "cache"), "USER": "ann",
            "GOCACHE": str(KEPT.parent / "go-build"), "GOFLAGS": "-buildvcs=false"}

    def run(self, line: str, says) -> None:
        for name, ours in self.replaced.items():
            line = line.replace(name, ours)
        if line.startswith("export "):
            name, value = line.removeprefix("export ").split("=", 1)
            self.environment[name] = value.replace(f"${name}", self.environment.get(name, ""))
        elif SERVER.match(line):
            self.serve(line, *says)
        elif tool_is_there(line, self.environment["PATH"]):
            done = subprocess.run(["bash", "-c", line], cwd=self.folder, env=self.environment, text=True,
                                  capture_output=True, stdin=subprocess.DEVNULL, timeout=10 * WAIT_MAX_S, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            assert re.search(says, done.stdout + done.stderr), f"{says!r} isn't in {done.stdout + done.stderr!r}"

    def serve(self, line: str, target: str, answer: str):
        command = re.sub(r"\s+#.*$", "", line).rstrip()
        stays = command.endswith("&")
        port = self.replaced.get("127.0.0.1:8080", ":0").rpartition(":")[2] if "bindle serve" in command else "0"
        log_path = self.folder / "server.log"
        with open(log_path, "wb") as log:
            process = subprocess.Popen(["bash", "-c", f"exec {command.rstrip(' &')} -l 127.0.0.1:{port}"],
                                       cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        self.background.append(process)

        def ready():
            text = log_path.read_text(errors="replace")
            assert process.poll() is None, f"the server ended:\n{text}"
            return READY.search(text)
        address = eventually(ready, "the server is ready")[1]
        with urllib.request.urlopen(address + target, timeout=WAIT_MAX_S) as response:
            body = response.read().decode()
        assert re.search(answer, body), body
        if not stays:
            self.end(process)

    def end(self, process: subprocess.Popen):
        self.background.remove(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_MAX_S) == 0

    def close(self):
        for process in self.background:
            process.kill()
            process.wait(WAIT_MAX_S)


def reason_not_to_run(line: str) -> str | None:
    return found(NOT_RUN, line)


def shell_lines(block: Block) -> list[tuple[int, str]]:
    lines = enumerate(block.text.splitlines(), block.line)
    return [(number, line) for number, line in lines if line.strip() and not line.startswith("#")]


def sessions() -> list:
    """The shell blocks of each page, or each block alone."""
    found_sessions = []
    for page in pages():
        shell = [block for block in blocks(page) if block.language == "sh"]
        groups = [[block] for block in shell] if page in BY_BLOCK else [shell]
        for group in groups:
            if any(not reason_not_to_run(line) for block in group for _, line in shell_lines(block)):
                found_sessions.append(pytest.param(group, id=group[0].place))
    return found_sessions


@pytest.fixture(scope="module")
def registry_host(tmp_path_factory):
    """HOST:PORT of a registry without TLS and logins; None where docker-registry is missing."""
    if REGISTRY is None:
        yield None
        return
    made = PlainRegistry(tmp_path_factory.mktemp("registry"))
    yield made.host
    made.stop()


@pytest.mark.parametrize("group", sessions())
def test_shell_lines_do_what_the_page_says(group, tmp_path, registry_host):
    page = group[0].page
    bindles = f"127.0.0.1:{free_port()}"
    replaced = {"127.0.0.1:8080": bindles}
    if registry_host:
        replaced |= {"localhost:5000": registry_host, "ghcr.io": registry_host}
    shell = Shell(tmp_path, replaced)
    try:
        if page in PREPARED:
            PREPARED[page](shell, group if page in BY_BLOCK else blocks(page))
        for block in group:
            for number, line in shell_lines(block):
                if reason_not_to_run(line) or ("oci://" in line and not registry_host):
                    continue
                says = found(SAYS.get(page, {}), line)
                assert says is not None or line.startswith("export "), f"{page}:{number}: say in SAYS what it prints"
                try:
                    shell.run(line, says)
                except AssertionError as error:
                    raise AssertionError(f"{page}:{number}: {line}\n{error}") from None
    finally:
        shell.close()


def test_no_reason_and_no_expectation_is_left_over():
    lines = {page: [line for block in blocks(page) if block.language == "sh" for _, line in shell_lines(block)]
             for page in pages()}
    every = [line for of_page in lines.values() for line in of_page]
    assert [beginning for beginning in NOT_RUN if not any(line.startswith(beginning) for line in every)] == []
    assert [(page, beginning) for page, table in SAYS.items() for beginning in table
            if not any(line.startswith(beginning) for line in lines[page])] == []


@pytest.mark.parametrize("page", pages())
def test_every_block_of_code_names_its_language(page):
    for block in blocks(page):
        assert block.language in LANGUAGES | {""}, block.place
        if not block.language:
            assert not [line for _, line in shell_lines(block) if SHELL_LINE.match(line)], f"{block.place}: not marked sh"
    indented = [number for number, line in enumerate((ROOT / page).read_text().splitlines(), 1)
                if line.startswith("    ") and SHELL_LINE.match(line.strip())]
    assert not indented, f"{page}: write these lines as a block of sh: {indented}"


def of_language(language: str, *not_in: str) -> list:
    return [pytest.param(block, id=block.place) for page in pages() if page not in not_in
            for block in blocks(page) if block.language == language]


@pytest.mark.parametrize("block", of_language("toml", "docs/hippofacts.md", "docs/bindle.md"))
def test_configurations_have_no_mistakes(block, tmp_path):
    write_configuration(tmp_path, block.text, guest("hello.wasm"))
    done = subprocess.run([BINARY, "check", "modules.toml"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=WAIT_MAX_S, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^modules\.toml: \d modules?, \d routes?, no mistakes\n$", done.stdout, re.M), done.stdout
    assert "(warning)" not in done.stdout


@pytest.mark.parametrize("block", of_language("toml", *(page for page in pages() if page != "docs/bindle.md")))
def test_an_invoice_is_read(block, tmp_path):
    from bindles import sha256
    folder = tmp_path / "bindles" / sha256(b"example.com/hello/1.2.3")
    folder.mkdir(parents=True)
    (folder / "invoice.toml").write_text(block.text)
    done = subprocess.run([BINARY, "bindle", "info", "example.com/hello/1.2.3", "--from", "bindles"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=WAIT_MAX_S, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert "/hello/..." in done.stdout


@pytest.mark.parametrize("block", of_language("c"))
def test_programs_compile(block, tmp_path):
    if not (shutil.which("clang") and Path("/usr/lib/wasm32-wasi/libc.a").exists()):
        pytest.skip("no C compiler for WASI")
    text = block.text
    if "main(" not in text and "void routes(" not in text:  # The block is lines of a function.
        text = f"int main(void) {{\n{text}}}\n"
    headers = "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
    if "sqlite3" in text:
        headers += ('typedef struct sqlite3 sqlite3; int sqlite3_open_v2(const char*, sqlite3**, int, const char*);\n'
                    "enum { SQLITE_OPEN_READWRITE = 2, SQLITE_OPEN_CREATE = 4 }; static sqlite3* db;\n")
    (tmp_path / "x.c").write_text(text if text.startswith("#include") else headers + text)
    done = subprocess.run(["clang", "--target=wasm32-wasi", "-Wall", "-Wno-unused", "-Werror", "-c", "x.c"],
                          cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_MAX_S, check=False)
    assert done.returncode == 0, done.stderr


def test_what_an_import_leaves_out_is_as_the_page_shows(tmp_path):
    shell = Shell(tmp_path, {})
    of_page = blocks("docs/import.md")
    PREPARED["docs/import.md"](shell, of_page)
    (shown,) = [block.text for block in of_page if "left out:" in block.text]
    done = subprocess.run([BINARY, "import", "spin.toml", "-o", "modules.toml"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=WAIT_MAX_S, env=clean_environment(), check=False)
    assert done.stderr == shown
