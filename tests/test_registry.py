"""Modules in a real registry: pushed by us and read by others, pushed by others and pulled by us."""

import base64
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from registry import CONFIG, INDEX, LAYER, PASSWORD, PROGRAM, USER, Registry, described, sha256, tar, wasm
from registry_commands import pull, push, registry, store, stored_blobs
from server import run_wagi

pytestmark = pytest.mark.skipif(not PROGRAM, reason="no docker-registry: run scripts/setup")
WAGI_LAYER = "application/vnd.wasm.content.layer.v1+wasm"
COMPONENT_LAYER = "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"
OLD_CONFIG = "application/vnd.wasm.config.v1+json"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"


# --- Pushed by us.

def test_what_we_push_is_the_layout_of_the_cncf(registry, push):
    module = wasm("pushed")
    pinned = push("ours/hello:1.0", module)
    manifest, digest = registry.manifest("ours/hello", "1.0")
    assert pinned == registry.reference(f"ours/hello:1.0@{digest}")
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/wasm"
    assert registry.blob("ours/hello", layer["digest"]) == module
    assert layer["annotations"] == {"org.opencontainers.image.title": "module.wasm"}
    assert manifest["config"]["mediaType"] == "application/vnd.wasm.config.v0+json"
    config = json.loads(registry.blob("ours/hello", manifest["config"]["digest"]))
    assert config.pop("created").endswith("Z")
    assert config == {"architecture": "wasm", "os": "wasip1", "layerDigests": [layer["digest"]]}


def test_pushed_and_pulled(push, pull):
    module = wasm("there and back", 3_000_000)
    pinned = push("ours/round:1", module)
    assert pull("ours/round:1") == module
    assert pull(pinned) == module
    assert pull(pinned.replace(":1@", "@")) == module


def test_text_is_pushed_as_binary(registry, pull, tmp_path):
    (tmp_path / "small.wat").write_text("(module)")
    done = registry.wagi("push", tmp_path / "small.wat", registry.reference("ours/text:1"))
    assert done.returncode == 0, done.stderr
    assert pull("ours/text:1") == b"\0asm\1\0\0\0"
    again = registry.wagi("push", tmp_path / "small.wat", registry.reference("ours/text:1"))
    assert again.stdout == done.stdout, "the same file is the same manifest"


def test_what_is_no_module_is_not_pushed(registry, tmp_path):
    for name, data in (("page.wasm", b"<!doctype html>"), ("component.wasm", b"\0asm\x0d\0\1\0")):
        (tmp_path / name).write_bytes(data)
        done = registry.wagi("push", tmp_path / name, registry.reference("ours/nothing:1"))
        assert done.returncode == 1 and name in done.stderr
    assert registry.call("GET", "ours/nothing/manifests/1")[0] == 404


def test_a_push_by_digest_is_a_mistake(registry, tmp_path):
    (tmp_path / "m.wasm").write_bytes(wasm("m"))
    done = registry.wagi("push", tmp_path / "m.wasm", registry.reference("x@sha256:" + "0" * 64))
    assert done.returncode == 1 and "tag" in done.stderr


@pytest.mark.skipif(not shutil.which("skopeo"), reason="no skopeo: run scripts/setup")
def test_skopeo_reads_what_we_push(registry, push, tmp_path):
    module = wasm("for skopeo")
    push("ours/skopeo:1", module)
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    shutil.copy(registry.certificate, certificates / "ca.crt")
    subprocess.run(["skopeo", "copy", "--insecure-policy", "--src-creds", f"{USER}:{PASSWORD}", "--src-cert-dir",
                    certificates, f"docker://{registry.host}/ours/skopeo:1", f"dir:{tmp_path}/copy"],
                   check=True, capture_output=True)
    assert (tmp_path / "copy" / sha256(module).removeprefix("sha256:")).read_bytes() == module


# --- Pushed by others.

@pytest.mark.parametrize("config_type, layer_type", [
    ("application/vnd.wasm.config.v0+json", "application/wasm"), (OLD_CONFIG, WAGI_LAYER),
    (OLD_CONFIG, COMPONENT_LAYER),
    (OLD_CONFIG, "application/vnd.module.wasm.content.layer.v1+wasm"),  # wasmCloud, Istio, Trivy.
    (CONFIG, "application/vnd.w3c.wasm.module.v1+wasm"),                # runwasi until 2024.
    (EMPTY_CONFIG, "application/vnd.oci.image.layer.v1.tar"),           # `oras push` of any file.
    (EMPTY_CONFIG, "application/octet-stream")])
def test_layouts_of_others(registry, pull, config_type, layer_type):
    module = wasm(layer_type)
    registry.push("theirs/layout", "1", config_type, [(layer_type, module)])
    assert pull("theirs/layout:1") == module


def test_what_begins_as_a_module_is_one_whatever_it_is_called(registry, pull, store):
    module = wasm("beside others")
    for layer in ("application/vnd.oci.image.layer.v1.tar", "text/plain"):
        registry.push("theirs/beside", "1", EMPTY_CONFIG, [(layer, b"# Read me"), (layer, module)],
                      titles=("README.md", "m.wasm"))
        assert pull("theirs/beside:1") == module
    registry.push("theirs/component", "1", EMPTY_CONFIG, [
        ("application/vnd.oci.image.layer.v1.tar", b"\0asm\x0d\0\1\0")])
    assert "component" in pull("theirs/component:1", fails=True)
    # The store has both manifests and the module, but neither the text nor the component.
    assert len(stored_blobs(store)) == 3


def test_of_several_named_modules_the_first(registry, pull, store):
    layer = "application/vnd.oci.image.layer.v1.tar"
    registry.push("theirs/two", "1", EMPTY_CONFIG, [(layer, wasm("one")), (layer, wasm("two"))],
                  titles=("one.wasm", "two.wasm"))
    assert pull("theirs/two:1") == wasm("one")
    done = registry.wagi("pull", registry.reference("theirs/two:1"), store=store.parent / "again")
    assert "it has 2 modules, of which the first is served" in done.stderr


def test_an_ordinary_image(registry, pull, store):
    module = wasm("in an image")
    registry.push("theirs/image", "1", CONFIG, [
        (LAYER, tar({"etc/passwd": b"root", "old.wasm": wasm("old")})),
        (LAYER, tar({".wh.old.wasm": b"", "app/main.wasm": module}))])
    assert pull("theirs/image:1") == module
    assert sha256(module).removeprefix("sha256:") in stored_blobs(store)
    assert len(stored_blobs(store)) == 2, "the module and the manifest; layers aren't kept"


def test_an_image_with_several_modules_or_none(registry, pull):
    registry.push("theirs/several", "1", CONFIG, [(LAYER, tar({"a.wasm": wasm("a"), "b.wasm": wasm("b")}))])
    assert "/a.wasm, /b.wasm" in pull("theirs/several:1", fails=True)
    registry.push("theirs/none", "1", CONFIG, [(LAYER, tar({"bin/sh": b"\x7fELF"}))])
    assert "it has none" in pull("theirs/none:1", fails=True)


@pytest.mark.parametrize("files, runs, expected", [
    ({"app": "app"}, {}, "app"),
    ({"app.wasm": "app", "lib.wasm": "lib"}, {"Entrypoint": ["/app.wasm"]}, "app"),
    ({"app": "app", "lib.wasm": "lib"}, {"Entrypoint": ["/app"]}, "app"),
    ({"srv/app.wasm": "app", "lib.wasm": "lib"}, {"WorkingDir": "/srv", "Cmd": ["app.wasm", "--quiet"]}, "app"),
    ({"app.wasm": "app", "lib": "lib"}, {"Entrypoint": ["/usr/bin/none"]}, "app"),
])
def test_an_image_runs_what_its_entrypoint_says(registry, pull, store, files, runs, expected):
    packed = tar({path: wasm(name) for path, name in files.items()} | {"data.wasm": b"no module"})
    registry.push("theirs/runs", "1", CONFIG, [(LAYER, packed)], **runs)
    assert pull("theirs/runs:1") == wasm(expected)
    assert len(stored_blobs(store)) == 2, "the module and the manifest; no layer and no configuration"


def test_an_index(registry, pull):
    modules = {}
    manifests = []
    for os_name, architecture in (("linux", "amd64"), ("wasi", "wasm")):
        module = modules[os_name] = wasm(os_name)
        data = registry.push("theirs/index", f"for-{os_name}", CONFIG, [(LAYER, tar({"m.wasm": module}))])
        manifests.append(described("application/vnd.oci.image.manifest.v1+json", data,
                                   platform={"os": os_name, "architecture": architecture}))
    registry.push_manifest("theirs/index", "1", {"manifests": manifests}, INDEX)
    assert pull("theirs/index:1") == modules["wasi"]
    registry.push_manifest("theirs/index", "2", {"manifests": manifests[:1]}, INDEX)
    assert pull("theirs/index:2") == modules["linux"], "it is the only one"
    native = [manifests[0] | {"platform": {"os": "linux", "architecture": name}} for name in ("amd64", "arm64")]
    registry.push_manifest("theirs/index", "3", {"manifests": native}, INDEX)
    assert "linux/amd64, linux/arm64" in pull("theirs/index:3", fails=True)
    for platform in ("wasi/wasm32", "linux/wasm"):  # Docker's first preview, runwasi.
        os_name, architecture = platform.split("/")
        mixed = native + [manifests[1] | {"platform": {"os": os_name, "architecture": architecture}}]
        registry.push_manifest("theirs/index", "4", {"manifests": mixed}, INDEX)
        assert pull("theirs/index:4") == modules["wasi"]


@pytest.mark.skipif(not shutil.which("skopeo"), reason="no skopeo: run scripts/setup")
def test_an_image_of_skopeo(registry, pull, tmp_path):
    module, layer = wasm("by skopeo"), None
    layer = tar({"m.wasm": module})
    config = json.dumps({"architecture": "wasm", "os": "wasi",
                         "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]}}).encode()
    manifest = json.dumps({"schemaVersion": 2, "config": described(CONFIG, config),
                           "layers": [described(LAYER, layer)]}).encode()
    blobs = tmp_path / "image/blobs/sha256"
    blobs.mkdir(parents=True)
    for data in (layer, config, manifest):
        (blobs / sha256(data).removeprefix("sha256:")).write_bytes(data)
    (tmp_path / "image/oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (tmp_path / "image/index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [
        described("application/vnd.oci.image.manifest.v1+json", manifest)]}))
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    shutil.copy(registry.certificate, certificates / "ca.crt")
    subprocess.run(["skopeo", "copy", "--insecure-policy", "--dest-creds", f"{USER}:{PASSWORD}", "--dest-cert-dir",
                    certificates, f"oci:{tmp_path}/image", f"docker://{registry.host}/theirs/skopeo:1"],
                   check=True, capture_output=True)
    assert pull("theirs/skopeo:1") == module


@pytest.mark.parametrize("config_type, layers, message", [
    ("application/vnd.fermyon.spin.application.v1+config", [(WAGI_LAYER, wasm("spin"))], "Spin application"),
    (OLD_CONFIG, [("text/plain", b"hello")], "text/plain"),
    (OLD_CONFIG, [(COMPONENT_LAYER, b"\0asm\x0d\0\1\0")], "component"),
    (OLD_CONFIG, [(WAGI_LAYER, b"<!doctype html>")], "3c 21"),
])
def test_what_is_no_module_is_explained(registry, pull, store, config_type, layers, message):
    registry.push("theirs/wrong", "1", config_type, layers)
    assert message in pull("theirs/wrong:1", fails=True)
    assert stored_blobs(store) == []


# --- Logins.

@pytest.mark.parametrize("config, message", [
    ({}, "docker login"), ({"auths": {"HOST": {"auth": base64.b64encode(b"user:wrong").decode()}}}, "401")])
def test_without_the_right_login(registry, push, pull, tmp_path, config, message):
    push("ours/private:1", wasm("private"))
    folder = tmp_path / "docker"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config).replace("HOST", registry.host))
    assert message in pull("ours/private:1", fails=True, env={"DOCKER_CONFIG": folder})


def test_a_credential_helper(registry, push, pull, tmp_path):
    push("ours/helped:1", wasm("helped"))
    helper = tmp_path / "docker-credential-tests"
    helper.write_text(f'#!/bin/sh\nread host; test "$host" = "{registry.host}" || exit 1\n'
                      f'echo \'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n')
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tests"}))
    env = {"DOCKER_CONFIG": tmp_path, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert pull("ours/helped:1", env=env) == wasm("helped")


def test_a_certificate_that_is_not_known(registry, store):
    done = run_wagi("pull", registry.reference("ours/hello:1.0"), "--store", store,
                    env={"DOCKER_CONFIG": registry.docker_config})
    assert done.returncode == 1
    assert "certificate" in done.stderr and registry.host in done.stderr


def test_what_is_not_there(pull):
    message = pull("no/such:1", fails=True)
    assert "404" in message and "MANIFEST_UNKNOWN" in message


# --- The store.

def test_a_tag_that_moves_is_followed_and_a_digest_is_not(push, pull):
    first = push("ours/moves:1", wasm("first"))
    assert pull("ours/moves:1") == wasm("first")
    push("ours/moves:1", wasm("second"))
    assert pull("ours/moves:1") == wasm("second")
    assert pull(first) == wasm("first")


def test_a_registry_that_is_down_leaves_the_stored_copy(tmp_path, tmp_path_factory):
    own = Registry(tmp_path_factory.mktemp("registry"))
    try:
        (tmp_path / "m.wasm").write_bytes(wasm("kept"))
        reference = own.reference("kept:1")
        assert own.wagi("push", tmp_path / "m.wasm", reference).returncode == 0
        pulled = own.wagi("pull", reference, store=tmp_path / "store")
        assert pulled.returncode == 0, pulled.stderr
    finally:
        own.stop()
    done = own.wagi("pull", reference, "-o", tmp_path / "out.wasm", store=tmp_path / "store")
    assert done.returncode == 0, done.stderr
    assert done.stdout == pulled.stdout
    assert "stored copy" in done.stderr and "warning" in done.stderr
    assert (tmp_path / "out.wasm").read_bytes() == wasm("kept")
    offline = own.wagi("pull", reference, "--offline", store=tmp_path / "store")
    assert offline.returncode == 0 and offline.stderr == ""
    other = own.wagi("pull", own.reference("other:1"), "--offline", store=tmp_path / "store")
    assert other.returncode == 1 and "offline" in other.stderr
    never = own.wagi("pull", own.reference("other:1"), store=tmp_path / "store")
    assert never.returncode == 1 and own.host in never.stderr


def test_many_pulls_at_once_share_one_download(registry, push, store):
    module = wasm("shared", 20_000_000)
    pinned = push("ours/shared:1", module)
    with ThreadPoolExecutor(4) as pool:
        pulls = list(pool.map(lambda _: registry.wagi("pull", pinned, store=store), range(4)))
    for done in pulls:
        assert done.returncode == 0, done.stderr
    assert (store / "blobs/sha256" / sha256(module).removeprefix("sha256:")).read_bytes() == module
    assert list((store / "partial").iterdir()) == []


def test_a_stored_module_that_was_changed_is_not_used(push, pull, store):
    pinned = push("ours/changed:1", wasm("good"))
    pull(pinned)
    blob = store / "blobs/sha256" / sha256(wasm("good")).removeprefix("sha256:")
    blob.chmod(0o644)
    blob.write_bytes(wasm("evil"))
    assert "was changed" in pull(pinned, "--offline", fails=True)
    assert pull(pinned) == wasm("good")


def test_cache_list_verify_and_prune(registry, push, pull, store):
    push("ours/listed:1", wasm("listed"))
    pull("ours/listed:1")
    listed = run_wagi("cache", "list", "--store", store)
    assert registry.reference("ours/listed:1") in listed.stdout
    assert sha256(wasm("listed"))[:19] in listed.stdout
    assert run_wagi("cache", "verify", "--store", store).returncode == 0
    blob = store / "blobs/sha256" / sha256(wasm("listed")).removeprefix("sha256:")
    blob.chmod(0o644)
    blob.write_bytes(b"changed")
    verified = run_wagi("cache", "verify", "--store", store)
    assert verified.returncode == 1 and sha256(wasm("listed")) in verified.stdout
    run_wagi("cache", "verify", "--repair", "--store", store)
    assert not blob.exists()
    assert pull("ours/listed:1") == wasm("listed")

    assert run_wagi("cache", "prune", "--store", store).returncode == 0
    assert blob.exists(), "it was used just now"
    os.utime(blob, (0, 0))
    for path in (store / "names").iterdir():
        name = json.loads(path.read_text())
        path.write_text(json.dumps(name | {"used_at": 0}))
    pruned = run_wagi("cache", "prune", "--store", store)
    assert pruned.returncode == 0 and "freed" in pruned.stdout
    assert not blob.exists()
    assert run_wagi("cache", "list", "--store", store).stdout == ""


@pytest.mark.parametrize("arguments", [("cache",), ("cache", "empty"), ("cache", "list", "--days", "1"),
                                       ("cache", "prune", "--repair"), ("pull",), ("push", "x.wasm"), ("sign", "x"),
                                       ("sign", "--key", "k"), ("sign", "--generate-key", "n", "x")])
def test_wrong_command_lines(arguments):
    assert run_wagi(*arguments).returncode == 2


@pytest.mark.parametrize("reference", ["https://ghcr.io/x", "oci:UPPER", "oci://host", "oci:r.io/x@sha256:12"])
def test_wrong_references(reference, tmp_path):
    done = run_wagi("pull", reference, "--store", tmp_path / "store")
    assert done.returncode == 1 and reference in done.stderr


def test_a_blob_that_the_registry_lost(registry, push, pull):
    """The bytes on the registry's own disk were changed."""
    push("ours/tampered:1", wasm("untouched"))
    path = registry.blob_path(sha256(wasm("untouched")))
    path.write_bytes(wasm("untouchex"))
    message = pull("ours/tampered:1", fails=True)
    assert sha256(wasm("untouched")) in message and sha256(wasm("untouchex")) in message
