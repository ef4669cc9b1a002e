"""Tests that registries which lie, hang, loop or redirect give a clear error, and store nothing."""

import gzip
import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from configuration import table
from hostile_pulls import MODULE, SILENCE_MS, pull, registry, start_registry
from hostile_registry import Answer
from registry import CONFIG, LAYER, MANIFEST, described, sha256, tar, wasm
from server import run_wagi
from waiting import eventually


def test_a_good_one(registry, pull):
    registry.serve("x", MODULE)
    assert pull(fails=False) == MODULE


# --- Wrong bytes.

def test_a_wrong_digest(registry, pull):
    layer = registry.serve("x", MODULE)["layers"][0]
    other = wasm("evil", 5000)
    registry.answers[f"GET /v2/x/blobs/{layer['digest']}"] = Answer(other)
    message = pull()
    assert sha256(MODULE) in message and sha256(other) in message


def test_a_wrong_size(registry, pull):
    registry.serve("x", MODULE, size=len(MODULE) + 1)
    message = pull()
    assert f"expected {len(MODULE) + 1} bytes, it has {len(MODULE)}" in message
    registry.serve("x", MODULE, size=len(MODULE) - 1)
    assert f"{len(MODULE)} bytes, at most {len(MODULE) - 1} are expected" in pull()


def test_another_manifest_than_was_asked_for(registry, pull):
    registry.serve("x", MODULE)
    digest = "sha256:" + "0" * 64
    registry.answers[f"GET /v2/x/manifests/{digest}"] = registry.answers["GET /v2/x/manifests/1"]
    assert f"expected the manifest {digest}" in pull("x@" + digest)


def test_a_download_that_is_cut_off_goes_on_later(registry, pull):
    layer = registry.serve("x", MODULE)["layers"][0]
    blob = f"GET /v2/x/blobs/{layer['digest']}"
    registry.answers[blob] = Answer(MODULE, cut=1000, ranges=True)
    assert "remaining" in pull(keeps_partial=True)
    registry.requests.clear()
    registry.answers[blob] = Answer(MODULE, ranges=True)
    assert pull(fails=False) == MODULE
    ((_, fields),) = registry.asked(blob)
    assert fields["Range"] == "bytes=1000-"


def test_one_download_for_all_that_want_it(registry, tmp_path):
    layer = registry.serve("x", MODULE)["layers"][0]
    blob, pulls = f"GET /v2/x/blobs/{layer['digest']}", 4

    def answered(_):
        eventually(lambda: len(registry.asked("GET /v2/x/manifests")) == pulls, "all have asked for the manifest")
        return Answer(MODULE, ranges=True)
    registry.answers[blob] = answered

    def pulled(_):
        return run_wagi("pull", f"oci://{registry.host}/x:1", "--store", tmp_path, env={"DOCKER_CONFIG": tmp_path})
    with ThreadPoolExecutor(pulls) as pool:
        for done in pool.map(pulled, range(pulls)):
            assert done.returncode == 0, done.stderr
    # A pull that looks into the store just before the first one is done downloads the blob too.
    assert len([fields for _, fields in registry.asked(blob) if "Range" not in fields]) < pulls


@pytest.mark.parametrize("answer, message", [
    (Answer(b"<html>Log in</html>", type="text/html"), "text/html"),
    (Answer(b"<html>Not here</html>", 404, type="text/html"), "HTTP status 404, with text/html"),
    (Answer(b"{}", type=MANIFEST), "schemaVersion"),
    (Answer(b"{" * 100_000, type=MANIFEST), "JSON"),
    (Answer(b"[" * 1_000_000, type=MANIFEST), "JSON"),
    (Answer(b"", type=MANIFEST, length=5 << 20), "limit of 4194304"),
    (Answer(json.dumps({"schemaVersion": 1}).encode(), type="application/vnd.docker.distribution.manifest.v1+json"),
     "manifest.v1+json"),
    (Answer(b"\x1b[31mred", 403, type="\x1b[31mred"), "HTTP status 403"),
])
def test_manifests_that_are_none(registry, pull, answer, message):
    registry.answers["GET /v2/x/manifests/1"] = answer
    error = pull()
    assert message in error
    assert "\x1b" not in error


@pytest.mark.parametrize("type", ["application/json", "text/plain; charset=utf-8", ""])
def test_a_manifest_whose_registry_knows_no_type(registry, pull, type):
    manifest = registry.serve("x", MODULE)
    at = "GET /v2/x/manifests/1"
    registry.answers[at] = Answer(json.dumps(manifest).encode(), type=type)
    assert pull(fails=False) == MODULE


@pytest.mark.parametrize("changed, message", [
    ({"mediaType": "application/json"}, "got application/json"), ({"mediaType": None}, "got application/json"),
    ({"manifests": []}, "both `layers` and `manifests`")])
def test_a_manifest_that_says_not_what_it_is(registry, pull, changed, message):
    manifest = registry.serve("x", MODULE) | changed
    registry.answers["GET /v2/x/manifests/1"] = Answer(json.dumps(manifest).encode(), type="application/json")
    assert message in pull()


def test_a_manifest_that_two_call_differently(registry, pull):
    manifest = registry.serve("x", MODULE) | {"mediaType": "application/vnd.oci.image.index.v1+json"}
    registry.answers["GET /v2/x/manifests/1"] = Answer(json.dumps(manifest).encode(), type=MANIFEST)
    assert "it calls itself application/vnd.oci.image.index.v1+json" in pull()


def test_a_layer_that_is_a_module_is_verified_as_any(registry, pull):
    layer = registry.serve("x", MODULE, "application/vnd.oci.image.layer.v1.tar", CONFIG)["layers"][0]
    registry.answers[f"GET /v2/x/blobs/{layer['digest']}"] = Answer(MODULE[:-1] + b"?")
    assert layer["digest"] in pull()


def test_a_configuration_that_is_huge(registry, pull):
    several = tar({"a.wasm": wasm("a"), "b.wasm": wasm("b")})
    manifest = registry.serve("x", several, LAYER, CONFIG)
    manifest["config"]["size"] = 10 << 30
    registry.answers["GET /v2/x/manifests/1"] = Answer(json.dumps(manifest).encode(), type=MANIFEST)
    assert "its configuration has 10737418240 bytes, over the limit of 4194304" in pull()
    assert not registry.asked(f"GET /v2/x/blobs/{manifest['config']['digest']}")


def test_an_index_in_an_index(registry, pull):
    index = "application/vnd.oci.image.index.v1+json"
    inner = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    outer = json.dumps({"schemaVersion": 2, "manifests": [described(index, inner)]}).encode()
    registry.answers["GET /v2/x/manifests/1"] = Answer(outer, type=index)
    registry.answers[f"GET /v2/x/manifests/{sha256(inner)}"] = Answer(inner, type=index)
    assert "another index" in pull()


# --- Bytes without an end.

def test_ten_gibibytes(registry, pull):
    huge = 10 << 30
    registry.serve("stated", MODULE, size=huge)
    assert f"{huge} bytes or more" in pull("stated:1")
    assert not registry.asked("GET /v2/stated/blobs")
    layer = registry.serve("unstated", MODULE)["layers"][0]
    registry.answers[f"GET /v2/unstated/blobs/{layer['digest']}"] = Answer(MODULE, length=huge)
    assert f"it would send {huge} bytes" in pull("unstated:1")


def test_archives_that_unpack_to_more_than_they_should(registry, pull):
    entry = tarfile.TarInfo("m.wasm")
    entry.size = 50 << 30
    registry.serve("sparse", gzip.compress(entry.tobuf() + bytes(10_000)), LAYER, CONFIG)
    assert "unpacked" in pull("sparse:1")
    # The archive unpacks to over 2 GiB, 64 MiB that are repeated.
    members, zeros = io.BytesIO(), bytes(64 << 20)
    head = tarfile.TarInfo("zeros")
    head.size = len(zeros)
    packed = gzip.compress(head.tobuf() + zeros, 1)
    for _ in range(33):
        members.write(packed)
    assert len(members.getvalue()) < 11 << 20
    registry.serve("bomb", members.getvalue(), LAYER, CONFIG)
    assert "unpacked it has more than 2147483648 bytes" in pull("bomb:1")


def test_archives_that_are_none(registry, pull):
    for name, data in (("html", b"<html></html>"), ("cut", tar({"m.wasm": bytes(100_000)})[:60])):
        registry.serve(name, data, LAYER, CONFIG)
        assert "layers[0]" in pull(f"{name}:1")


# --- Redirects.

def test_redirects_to_elsewhere(registry, start_registry, pull):
    other = start_registry()
    layer = registry.serve("x", MODULE)["layers"][0]
    for place in (f"http://{other.host}/blob?secret=1", "file:///etc/passwd", "http://169.254.169.254/latest"):
        registry.answers[f"GET /v2/x/blobs/{layer['digest']}"] = Answer(b"", 307, Location=place)
        message = pull()
        assert "redirect" in message and "secret" not in message
    assert other.requests == []


def test_an_upload_that_is_to_go_elsewhere(registry, start_registry, tmp_path):
    other = start_registry()
    registry.answers["POST /v2/x/blobs/uploads/"] = Answer(b"", 202, Location=f"http://{other.host}/upload")
    (tmp_path / "m.wasm").write_bytes(MODULE)
    done = run_wagi("push", tmp_path / "m.wasm", f"oci://{registry.host}/x:1", env={"DOCKER_CONFIG": tmp_path})
    assert done.returncode == 1
    assert "without encryption" in done.stderr and other.host in done.stderr
    assert other.requests == []


# --- What a registry says, on a terminal.

HIDDEN = "\x1b]0;pwned\x07\u009b31m\u202e\u2028\ufeff\nwagi pull: all is well\n"


def test_a_registrys_words_steer_no_terminal(registry, pull):
    said = json.dumps({"errors": [{"code": "DENIED", "message": HIDDEN + "A" * 100_000}]}).encode()
    registry.answers["GET /v2/x/manifests/1"] = Answer(said, 403, type="application/json")
    message = pull()
    assert "\\x1b]0;pwned\\x07\\u009b31m\\u202e\\u2028\\ufeff\\nwagi pull: all is well" in message
    assert not set("\x1b\x07\u009b\u202e\u2028\ufeff") & set(message)
    assert len(message) < 1000 and message.count("\n") == 1


# --- Registries that don't answer.

def test_what_may_pass_is_tried_again(start_registry, tmp_path, write):
    """Runs the commands at the same time, since each takes some seconds."""
    config = write(table("[[module]]", route="/", module="x.wasm") + table("[registries]", silence_ms_max=SILENCE_MS))
    cases = {
        "busy": (Answer(b"", 429), "HTTP status 429", 4),
        "later": (Answer(b"", 429, Retry_After="86400"), "HTTP status 429", 1),
        "broken": (Answer(b"oops", 500), "HTTP status 500", 4),
        "down": (Answer(b"<html>Bad gateway</html>", 502, type="text/html"), "HTTP status 502", 4),
        "silent": (Answer(silent=True), "silent for 0.3 s", 4),
    }

    def refused(name):
        registry = start_registry()
        answer, message, tries = cases[name]
        registry.answers["GET /v2/x/manifests/1"] = answer
        done = run_wagi("pull", f"oci://{registry.host}/x:1", "-c", config, "--store", tmp_path / name,
                        env={"DOCKER_CONFIG": tmp_path})
        assert done.returncode == 1
        assert message in done.stderr, done.stderr
        assert len(registry.asked("GET /v2/x/manifests")) == tries
        return True
    with ThreadPoolExecutor(len(cases)) as pool:
        assert all(pool.map(refused, cases))


def test_a_registry_that_comes_back(registry, pull):
    registry.serve("x", MODULE)
    good = registry.answers["GET /v2/x/manifests/1"]

    def answered(_):
        return good if len(registry.asked("GET /v2/x/manifests")) == 2 else Answer(b"", 503)
    registry.answers["GET /v2/x/manifests/1"] = answered
    assert pull(fails=False) == MODULE
