"""Makes a bare Debian 12 in a folder, and checks what a command that runs there writes."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = "bookworm"
SETTLE_S_MAX = 600

# Paths that a command may change: its own, and those of the package managers that it calls.
ITS_OWN = ("root/wagi/build", "root/.cache")
MANAGERS = (
    "bin",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "sbin",
    "usr",
    "var",
    "root/.cargo",
    "root/.npm",
)
NOT_MANAGERS = ("usr/local", "var/tmp", "var/www")
PYTHONS_OWN = "usr/local/lib/python3"  # Debian's package makes it.
# Variables by which clients find registries through a proxy or a mirror, and trust them.
PASSED_ON = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GOINSECURE",
    "CARGO_HTTP_CAINFO",
    "CARGO_HTTP_PROXY",
    "npm_config_registry",
)
CONFIGURATION = (
    ".npmrc",
    ".config/pip/pip.conf",
    ".pip/pip.conf",
    ".cargo/config.toml",
    ".config/go/env",
)


class Failure(Exception):
    """Raised where something wasn't as it should be: a line that says what, and details."""

    def __init__(self, text: str, details: list[str] | None = None):
        super().__init__(text)
        self.details = details or []


def run(*command, **keywords) -> str:
    return subprocess.run(
        list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE, **keywords
    ).stdout


def sources() -> list[str]:
    """The lines of a sources.list for this machine's mirrors of Debian; none elsewhere."""
    if not shutil.which("apt-get"):
        return []
    form = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    lines = run(
        "apt-get", "indextargets", "--format", form, "Created-By: Packages", "Origin: Debian"
    ).splitlines()
    return sorted({line for line in lines if line.split()[2].partition("-")[0] == RELEASE})


def apt_settings() -> str:
    """The lines of this machine's apt.conf about proxies and the like."""
    if not shutil.which("apt-config"):
        return ""
    keys = ("Acquire::http::", "Acquire::https::", "Acquire::Retries")
    return "".join(
        line + "\n" for line in run("apt-config", "dump").splitlines() if line.startswith(keys)
    )


class Machine:
    """A bare system in a folder. Its commands see the folder as /, and end with the first one."""

    def __init__(self, folder: Path):
        self.root = folder / "root"
        self.checkout = self.root / "root" / "wagi"
        self._scratch = folder

    def make(self):
        settings = self._scratch / "apt.conf"
        settings.write_text(apt_settings())
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        run(
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            "--include=make,git,ca-certificates",
            f"--aptopt={settings}",
            *([f"--keyring={keyring}"] if Path(keyring).exists() else []),
            RELEASE,
            self.root,
            *sources(),
        )
        for name in ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf"):
            self._take(Path(name), self.root / name[1:])
        for name in CONFIGURATION:
            self._take(Path.home() / name, self.root / "root" / name)
        for authority in Path("/usr/local/share/ca-certificates").glob("*.crt"):
            self._take(authority, self.root / "usr/local/share/ca-certificates" / authority.name)
        self.start(
            "update-ca-certificates", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).wait(SETTLE_S_MAX)

    def clone(self):
        run("git", "clone", "--quiet", "--no-hardlinks", ROOT, self.checkout)
        run("chown", "-R", "root:root", self.checkout)

    def lend_wasmtime(self):
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wagi"
        archives = list(cache.glob("wasmtime-*/libwagi_wasmtime-*.a"))
        if not archives:
            raise Failure("there is no Wasmtime to lend; run make build, or give --with-wasmtime")
        for archive in archives:
            self._take(archive, self.root / "root/.cache/wagi" / archive.relative_to(cache))

    def start(self, command: str, **streams) -> subprocess.Popen:
        """Runs a shell's command as in root's login, with processes and mounts of its own."""
        # Its / is a mount of its own, as a machine's is: tests mount in it.
        mounts = (
            f'mount --bind "{self.root}" "{self.root}" && '
            f'mount --rbind /dev "{self.root}/dev" && '
            f'mount -t tmpfs tmpfs "{self.root}/dev/shm" && '
            f'mount -t proc proc "{self.root}/proc" && '
            f'mount --rbind -o ro /sys "{self.root}/sys" && '
        )
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }
        return subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--propagation",
                "private",
                "sh",
                "-c",
                f'{mounts} exec chroot "{self.root}" sh -c "$1"',
                "sh",
                f"cd && {command}",
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # A shell that starts this in the background ignores SIGINT; commands mustn't inherit
            # that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **streams,
        )

    def snapshot(self) -> dict[str, tuple]:
        """Every file that no command may change, with the facts by which a change shows."""
        files = {}
        for folder, folders, names in os.walk(self.root):
            here = os.path.relpath(folder, self.root)
            folders[:] = [
                name for name in folders if not may_change(os.path.normpath(f"{here}/{name}"))
            ]
            for name in names + folders:
                path = os.path.normpath(f"{here}/{name}")
                if not may_change(path):
                    status = os.lstat(self.root / path)
                    is_folder = os.path.isdir(self.root / path)
                    files[path] = (
                        status.st_mode,
                        None if is_folder else (status.st_size, status.st_mtime_ns),
                    )
        return files

    @staticmethod
    def _take(source: Path, target: Path):
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def may_change(path: str) -> bool:
    def beneath(folders):
        return any(path == folder or path.startswith(folder + "/") for folder in folders)

    if path in ("proc", "sys", "dev"):
        return True  # Mounts of a command, which are empty folders from here.
    # A folder above one that mustn't be changed counts as such, so that it is looked into.
    above = any(folder.startswith(path + "/") for folder in NOT_MANAGERS)
    if path.startswith(PYTHONS_OWN):
        return True
    return beneath(ITS_OWN) or beneath(MANAGERS) and not beneath(NOT_MANAGERS) and not above
