"""Tests serving from a registry, from a Bindle server, and from a project folder."""

import os
import shutil
import signal

import pytest

from bindles import Bindle, BindleServer, asset
from bindles import module as bindle_module
from configuration import BINARY, guest, module, table
from registry import PASSWORD, PROGRAM, USER, Registry, wasm
from server import refusal, run_wagi
from waiting import eventually

HELLO = "Hello, world!\n"
needs_registry = pytest.mark.skipif(not os.path.exists(PROGRAM), reason="no docker-registry: run scripts/setup")


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    made = Registry(tmp_path_factory.mktemp("registry"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Key pairs by name: NAME.key and NAME.pub."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        done = run_wagi("sign", "--generate-key", folder / name)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def served(start, registry, tmp_path):
    """Starts a server of modules in the registry, with a store of its own: served(text, *flags)."""
    def started(config: str, *flags, store: str = "store", **options):
        return start(reachable(registry, config), "--module-cache", tmp_path / store, *flags,
                     env={"DOCKER_CONFIG": registry.docker_config}, **options)
    return started


def reachable(registry: Registry, config: str) -> str:
    return config + table("[registries]", ca_file=registry.certificate)


def signed_by(key) -> str:
    return table("[trust]", keys={"it": str(key)}, required={"localhost*": ["it"]})


def push(registry: Registry, name: str, program: str = "hello.wasm") -> str:
    """Pushes a guest; returns its reference with the digest."""
    done = registry.wagi("push", guest(program), registry.reference(name))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- A registry.

@needs_registry
def test_a_second_machine_serves_by_reference_by_digest_and_signed(registry, served, keys):
    pinned = push(registry, "served/hello:1")
    done = registry.wagi("sign", "--key", keys / "ours.key", pinned)
    assert done.returncode == 0, done.stderr
    config = module("/tag", registry.reference("served/hello:1")) + module("/digest", pinned)
    server = served(config + signed_by(keys / "ours.pub"))
    assert server.get("/tag").text == server.get("/digest").text == HELLO


@needs_registry
def test_a_helper_s_login_reaches_the_process_that_fetches(registry, start, tmp_path):
    push(registry, "helped/hello:1")
    helper = tmp_path / "docker-credential-tests"
    helper.write_text(f'#!/bin/sh\nread host; test "$host" = "{registry.host}" || exit 1\necho helped >&2\n'
                      f'echo \'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n')
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text('{"credsStore": "tests"}')
    server = start(reachable(registry, module("/", registry.reference("helped/hello:1"))),
                   "--module-cache", tmp_path / "store",
                   env={"DOCKER_CONFIG": tmp_path, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert server.get("/").text == HELLO
    assert "helped" in server.log


@needs_registry
def test_what_is_not_signed_by_a_trusted_key_is_refused(registry, write, tmp_path, keys):
    pinned = push(registry, "refused/hello:1")
    config = write(reachable(registry, module("/", pinned) + signed_by(keys / "ours.pub")))
    flags = ("--module-cache", tmp_path / "store")
    env = {"DOCKER_CONFIG": registry.docker_config}
    assert "sign" in refusal(config, *flags, env=env)
    registry.wagi("sign", "--key", keys / "theirs.key", pinned)
    said = refusal(config, *flags, env=env)
    assert pinned in said and "it" in said and "modules.toml:3:" in said


@needs_registry
def test_a_tampered_blob_is_refused(registry, write, tmp_path):
    pinned = push(registry, "tampered/hello:1", "echo.wasm")
    manifest, _ = registry.manifest("tampered/hello", "1")
    path = registry.blob_path(manifest["layers"][0]["digest"])
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    said = refusal(write(reachable(registry, module("/", pinned))), "--module-cache", tmp_path / "store",
                   env={"DOCKER_CONFIG": registry.docker_config})
    assert "digest" in said and pinned in said
    assert not list((tmp_path / "store/blobs/sha256").iterdir()), "nothing is stored of it"


@needs_registry
def test_a_tag_that_moves_is_served_after_a_reload_and_a_bad_one_is_not(registry, served):
    push(registry, "moves/it:1")
    server = served(module("/", registry.reference("moves/it:1")))
    push(registry, "moves/it:1", "environment.wasm")
    assert server.get("/").text == HELLO, "not before it is told to"
    server.signal(signal.SIGHUP)
    eventually(lambda: "REQUEST_METHOD" in server.get("/").text, "the new workers answer")
    (server.folder / "bad.wasm").write_bytes(wasm("no start"))
    bad = reachable(registry, module("/", registry.reference("moves/nowhere:1")))
    server.write_config(bad)
    server.signal(signal.SIGHUP)
    server.wait_log("the reload failed")
    assert "moves/nowhere:1" in server.log
    assert "REQUEST_METHOD" in server.get("/").text


@needs_registry
def test_the_stored_copy_is_served_while_the_registry_is_down(served, tmp_path_factory, write, tmp_path):
    registry = Registry(tmp_path_factory.mktemp("down"))
    config = module("/", registry.reference("down/hello:1"))
    try:
        push(registry, "down/hello:1")
        env = {"DOCKER_CONFIG": registry.docker_config}
        store = ("--module-cache", tmp_path / "store")
        done = run_wagi("check", "-c", write(reachable(registry, config)), *store, env=env)
        assert done.returncode == 0, done.stdout
    finally:
        registry.stop()
    server = served(config)
    assert server.get("/").text == HELLO
    assert "down/hello:1" in server.log and "warn" in server.log
    offline = served(config, "--offline")
    assert offline.get("/").text == HELLO
    assert "down/hello:1" in refusal(write(reachable(registry, config)), "--offline", "--module-cache",
                                     tmp_path / "empty", env=env)


@needs_registry
def test_run_takes_a_module_of_a_registry(registry, tmp_path):
    pinned = push(registry, "run/hello:1")
    env = {"DOCKER_CONFIG": registry.docker_config, "SSL_CERT_FILE": registry.certificate,
           "XDG_CACHE_HOME": tmp_path}
    done = run_wagi("run", pinned, env=env)
    assert done.stdout.endswith(HELLO), done.stderr


# --- Bindles.

@pytest.fixture(scope="module")
def bindle_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bindles")
    server = BindleServer(folder, [BINARY, "bindle", "serve", "--unsigned", "-d", folder / "store", "-l",
                                   "127.0.0.1:0"])
    yield server
    server.stop()


def put(server: BindleServer, bindle: Bindle):
    server.create(bindle)
    for parcel in bindle.parcels:
        assert server.upload(bindle, parcel).status in (200, 409)


def with_asset(version: str, text: bytes = b"from the bindle") -> Bindle:
    files = bindle_module("files.wasm", "/files/...", open(guest("files.wasm"), "rb").read(), requires=["files"])
    return Bindle(f"acme/files/{version}", [files, asset("data/a.txt", text, "files")], ["files"])


def test_a_standalone_bindle_is_served_with_its_files(start, tmp_path):
    with_asset("1.0.0").write(tmp_path / "bindles")
    server = start(None, "-b", "acme/files/1.0.0", "--bindle-path", tmp_path / "bindles",
                   "--module-cache", tmp_path / "store")
    assert server.get("/files?op=read&path=/data/a.txt").text.endswith("from the bindle")
    assert "error" in server.get("/files?op=write&path=/data/a.txt&data=x").text
    assert "from the bindle" in server.get("/files?op=read&path=/data/a.txt").text


def as_hippo_writes_it(id: str) -> Bindle:
    """Two handlers of one module list the same group twice."""
    both = [bindle_module("bin/app.wasm", route, requires=["bin/app.wasm-files"]) for route in ("/", "/two")]
    return Bindle(id, [*both, asset("a.txt", b"x", "bin/app.wasm-files")], 2 * ["bin/app.wasm-files"])


def test_a_bindle_of_hippos_tools_is_served(start, tmp_path, bindle_server):
    bindle = as_hippo_writes_it("acme/twice/1.0.0")
    bindle.write(tmp_path / "bindles")
    put(bindle_server, bindle)
    assert bindle_server.call("GET", f"/_i/{bindle.id}").toml["group"] == 2 * [{"name": "bin/app.wasm-files"}]
    for place in (("--bindle-path", tmp_path / "bindles"), ("--bindle-url", bindle_server.url)):
        server = start(None, "-b", bindle.id, *place, "--module-cache", tmp_path / "store")
        assert server.get("/").text == server.get("/two").text == HELLO


def test_a_bindle_of_a_server_is_served_and_a_yanked_one_refused(start, tmp_path, bindle_server):
    bindle = with_asset("2.0.0")
    put(bindle_server, bindle)
    flags = ("-b", "acme/files/2.0.0", "--bindle-url", bindle_server.url)
    server = start(None, *flags, "--module-cache", tmp_path / "store")
    assert "from the bindle" in server.get("/files?op=read&path=/data/a.txt").text
    done = run_wagi("bindle", "yank", "acme/files/2.0.0", "--url", bindle_server.url)
    assert done.returncode == 0, done.stderr
    done = run_wagi("check", *flags, "--module-cache", tmp_path / "other")
    assert done.returncode == 1 and "yanked" in done.stdout + done.stderr
    assert "from the bindle" in server.get("/files?op=read&path=/data/a.txt").text, "what runs goes on"


def test_a_module_may_be_one_of_a_bindle(start, tmp_path, bindle_server):
    put(bindle_server, Bindle("acme/one/1.0.0", [bindle_module("hello.wasm", "/elsewhere")]))
    server = start(module("/here", "bindle:acme/one/1.0.0", bindle_server=bindle_server.url),
                   "--module-cache", tmp_path / "store")
    assert server.get("/here").text == HELLO


# --- A project folder.

def project(folder, route: str = "/files/...") -> None:
    folder.mkdir(exist_ok=True)
    shutil.copy(guest("files.wasm"), folder / "files.wasm")
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data/a.txt").write_text("from the folder")
    (folder / "HIPPOFACTS").write_text(
        table("[bindle]", name="acme/project", version="1.0.0")
        + table("[[handler]]", name="files.wasm", route=route, files=["data/*.txt"]))


def test_a_project_folder_is_served_as_it_is(start, tmp_path):
    project(tmp_path / "project")
    server = start(None, "-f", tmp_path / "project", "--module-cache", tmp_path / "store")
    assert "from the folder" in server.get("/files?op=read&path=/data/a.txt").text


def test_a_bindle_that_must_be_signed(start, tmp_path):
    project(tmp_path / "project")
    for name in ("ours", "theirs"):
        done = run_wagi("bindle", "keys", "--create", tmp_path / name, "--label", name)
        assert done.returncode == 0, done.stderr
        (tmp_path / f"{name}.keyring").write_text(done.stdout)
    done = run_wagi("bindle", "prepare", tmp_path / "project", "--out", tmp_path / "bindles", "--production", "--key",
                    tmp_path / "ours", "--store", tmp_path / "store")
    assert done.returncode == 0, done.stderr
    flags = ("-b", "acme/project/1.0.0", "--bindle-path", tmp_path / "bindles", "--module-cache", tmp_path / "other")
    server = start(None, *flags, "--bindle-keyring", tmp_path / "ours.keyring")
    assert "from the folder" in server.get("/files?op=read&path=/data/a.txt").text
    done = run_wagi("check", *flags, "--bindle-keyring", tmp_path / "theirs.keyring")
    assert done.returncode == 1 and "acme/project/1.0.0" in done.stdout + done.stderr


def test_a_watched_project_is_reloaded(start, tmp_path):
    folder = tmp_path / "project"
    project(folder)
    server = start(None, "-f", folder, "--watch", "--module-cache", tmp_path / "store")
    (folder / "data/a.txt").write_text("changed")
    eventually(lambda: "changed" in server.get("/files?op=read&path=/data/a.txt").text, "a file of it is seen anew")
    (folder / "HIPPOFACTS").write_text("nonsense")
    server.wait_log("the reload failed")
    assert server.get("/files?op=list&path=/data").status == 200
    project(folder, "/moved/...")
    eventually(lambda: server.get("/moved?op=list&path=/data").status == 200, "a mended one is served")
