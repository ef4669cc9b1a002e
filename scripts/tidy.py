"""tidy.py CACHE [PATH-REGEX]: clang-tidy over sources of build/compile_commands.json that match.

A source without findings is remembered in the folder CACHE by a digest of all that clang-tidy's
answer depends on: its version, its configuration, the command, and each file that the source
includes (as Ninja knows them from the build). While none of that changes the source isn't looked at
again, in this checkout or in another.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TIDY = "clang-tidy-19"
# Commands of its own for clang-tidy, which runs every command that it finds for a source.
COMMANDS = BUILD / "tidy" / "compile_commands.json"
# Results that weren't asked for in so long are forgotten.
KEPT_S_MAX = 30 * 86_400


@functools.cache
def digest(path: str) -> bytes:
    return hashlib.sha256(Path(path).read_bytes()).digest()


def inclusions() -> dict[str, list[str]]:
    """The files from which each object was made, its source first, by object (`ninja -t deps`)."""
    text = subprocess.run(["ninja", "-C", str(BUILD), "-t", "deps"], check=True, capture_output=True, text=True).stdout
    found = {}
    for block in text.split("\n\n"):
        head, *paths = block.strip().splitlines() or [""]
        # Ninja's log doesn't hold for an object that is newer.
        if head.endswith("(VALID)"):
            found[head.split(": #deps")[0]] = [path.strip() for path in paths]
    return found


def object_of(entry: dict) -> str:
    return re.search(r" -o (\S+)", entry["command"])[1]


def key_of(entry: dict, files: list[str]) -> str:
    """The digest by which a source is remembered, which is the same in every checkout."""
    key = hashlib.sha256()
    for part in (settings(), entry["command"].replace(str(ROOT), "")):
        key.update(part.encode() + b"\0")
    for file in files:
        path = os.path.normpath(BUILD / file)
        key.update(path.removeprefix(str(ROOT)).encode() + b"\0" + digest(path))
    return key.hexdigest()


@functools.cache
def settings() -> str:
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True, text=True).stdout
    return version + (ROOT / ".clang-tidy").read_text()


def check(entry: dict, files: list[str] | None, cache: Path) -> str:
    """The findings of clang-tidy in one source; "" where it is known to have none."""
    mark = cache / key_of(entry, files) if files else None
    if mark and mark.exists():
        mark.touch()
        return ""
    done = subprocess.run([TIDY, "-quiet", "-p", str(COMMANDS.parent), entry["file"]], capture_output=True, text=True)
    if done.returncode:
        return done.stdout + done.stderr
    if mark:
        mark.touch()
    return done.stdout


def main() -> int:
    cache = Path(sys.argv[1])
    wanted = re.compile(sys.argv[2] if len(sys.argv) > 2 else re.escape(f"{ROOT}/src/") + r".*\.cc")
    cache.mkdir(parents=True, exist_ok=True)
    for mark in cache.iterdir():
        if mark.stat().st_mtime < time.time() - KEPT_S_MAX:
            mark.unlink(missing_ok=True)
    known = inclusions()
    # A source that several programs are made of is looked at once.
    of_file = {entry["file"]: entry for entry in json.loads((BUILD / "compile_commands.json").read_text())}
    COMMANDS.parent.mkdir(exist_ok=True)
    COMMANDS.write_text(json.dumps(list(of_file.values())))
    entries = [entry for entry in of_file.values() if wanted.search(entry["file"])]
    if not entries:
        print("no source matches", file=sys.stderr)
        return 1
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(check, entry, known.get(object_of(entry)), cache) for entry in entries]
        for done in concurrent.futures.as_completed(running):
            if found := done.result():
                bad += 1
                print(found, flush=True)
    print(f"clang-tidy: {len(entries)} sources, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
