"""Signatures in a real registry: our own, those of others, and what must be signed."""

import base64
import json
import stat
import subprocess

import pytest

from configuration import table
from registry import CONFIG, PROGRAM, described, wasm
from registry_commands import pull, push, registry, store
from server import run_wagi

pytestmark = pytest.mark.skipif(not PROGRAM, reason="no docker-registry: run scripts/setup")


# --- Signatures.

@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("acme", "other"):
        assert run_wagi("sign", "--generate-key", folder / name).returncode == 0
    return folder


def test_generated_keys(keys):
    assert stat.S_IMODE((keys / "acme.key").stat().st_mode) == 0o600
    again = run_wagi("sign", "--generate-key", keys / "acme")
    assert again.returncode == 1 and "acme.key" in again.stderr, "none is overwritten"
    text = subprocess.run(["openssl", "pkey", "-in", keys / "acme.key", "-pubout"], capture_output=True, check=True)
    assert text.stdout == (keys / "acme.pub").read_bytes()


def signed(registry, name: str, key, store):
    done = registry.wagi("sign", "--key", key, registry.reference(name), store=store)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_signed_unsigned_and_by_another(registry, keys, push, pull, store):
    push("ours/signed:1", wasm("signed"))
    assert "no signature" in pull("ours/signed:1", "--key", keys / "acme.pub", fails=True)
    signed(registry, "ours/signed:1", keys / "other.key", store)
    assert "by that key" in pull("ours/signed:1", "--key", keys / "acme.pub", fails=True)
    signed(registry, "ours/signed:1", keys / "acme.key", store)
    for key in ("acme.pub", "other.pub"):
        assert pull("ours/signed:1", "--key", keys / key) == wasm("signed")
    assert "before" in signed(registry, "ours/signed:1", keys / "acme.key", store)


def test_a_signature_is_where_cosign_has_it(registry, keys, push, store, tmp_path):
    digest = push("ours/layout:1", wasm("layout")).split("@")[1]
    signed(registry, "ours/layout:1", keys / "acme.key", store)
    manifest, _ = registry.manifest("ours/layout", digest.replace(":", "-") + ".sig")
    (layer,) = manifest["layers"]
    assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    payload = registry.blob("ours/layout", layer["digest"])
    critical = json.loads(payload)["critical"]
    assert critical == {"identity": {"docker-reference": f"{registry.host}/ours/layout"},
                        "image": {"docker-manifest-digest": digest}, "type": "cosign container image signature"}
    (tmp_path / "payload").write_bytes(payload)
    signature = base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"], validate=True)
    (tmp_path / "signature").write_bytes(signature)
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", keys / "acme.pub", "-signature", tmp_path / "signature",
                    tmp_path / "payload"], check=True, capture_output=True)


def test_a_signature_by_openssl(registry, push, pull, tmp_path):
    """Ed25519, made and pushed without us."""
    digest = push("ours/ed25519:1", wasm("ed25519")).split("@")[1]
    key, public = tmp_path / "ed.key", tmp_path / "ed.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    payload = tmp_path / "payload"
    payload.write_text(json.dumps({"critical": {
        "identity": {"docker-reference": ""}, "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature"}, "optional": None}))
    signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", payload],
                               check=True, capture_output=True).stdout
    data = payload.read_bytes()
    for blob in (data, b"{}"):
        registry.push_blob("ours/ed25519", blob)
    registry.push_manifest("ours/ed25519", digest.replace(":", "-") + ".sig", {
        "config": described(CONFIG, b"{}"),
        "layers": [described("application/vnd.dev.cosign.simplesigning.v1+json", data, annotations={
            "dev.cosignproject.cosign/signature": base64.b64encode(signature).decode()})]})
    assert pull("ours/ed25519:1", "--key", public) == wasm("ed25519")


def test_a_signature_of_something_else(registry, keys, push, pull, store):
    """The signature of one artifact, moved to another's tag."""
    good = push("ours/swapped:good", wasm("good one")).split("@")[1]
    evil = push("ours/swapped:evil", wasm("evil one")).split("@")[1]
    signed(registry, "ours/swapped:good", keys / "acme.key", store)
    manifest, _ = registry.manifest("ours/swapped", good.replace(":", "-") + ".sig")
    registry.push_manifest("ours/swapped", evil.replace(":", "-") + ".sig",
                           {"config": manifest["config"], "layers": manifest["layers"]})
    assert good in pull("ours/swapped:evil", "--key", keys / "acme.pub", fails=True)


def test_a_tag_that_moves_needs_a_signature_again(registry, keys, push, pull, store):
    push("ours/resigned:1", wasm("one"))
    signed(registry, "ours/resigned:1", keys / "acme.key", store)
    assert pull("ours/resigned:1", "--key", keys / "acme.pub") == wasm("one")
    push("ours/resigned:1", wasm("two"))
    assert "no signature" in pull("ours/resigned:1", "--key", keys / "acme.pub", fails=True)


def test_signatures_hold_offline_too(registry, keys, push, pull, store):
    push("ours/offline:1", wasm("offline"))
    signed(registry, "ours/offline:1", keys / "acme.key", store)
    pull("ours/offline:1")
    assert "no signature" in pull("ours/offline:1", "--offline", "--key", keys / "acme.pub", fails=True), \
        "it was fetched without one"
    pull("ours/offline:1", "--key", keys / "acme.pub")
    assert pull("ours/offline:1", "--offline", "--key", keys / "acme.pub") == wasm("offline")
    assert "by that key" in pull("ours/offline:1", "--offline", "--key", keys / "other.pub", fails=True)


def test_the_configuration_says_what_must_be_signed(registry, keys, push, pull, write, store):
    push("acme/app:1", wasm("app"))
    config = write(table("[[module]]", route="/", module="x.wasm") +
                   table("[trust]", keys={"acme": str(keys / "acme.pub")},
                         required={f"{registry.host}/acme/*": ["acme"]}))
    assert "must be signed by acme" in pull("acme/app:1", "-c", config, fails=True)
    signed(registry, "acme/app:1", keys / "acme.key", store)
    assert pull("acme/app:1", "-c", config) == wasm("app")
    push("other/app:1", wasm("other app"))
    assert pull("other/app:1", "-c", config) == wasm("other app")


def test_keys_that_are_wrong_have_their_place(registry, keys, write, store):
    for path, message in ((keys / "none.pub", "none.pub"), (keys / "acme.key", "private key")):
        config = write(table("[[module]]", route="/", module="x.wasm") + table("[trust]", keys={"acme": str(path)}))
        done = registry.wagi("pull", registry.reference("acme/app:1"), "-c", config, store=store)
        assert done.returncode == 1
        assert message in done.stderr and f"{config}:6:" in done.stderr
