"""Registries that are after a login: what is sent to whom, whatever they ask for."""

import base64
import json
import subprocess

import pytest

from hostile_pulls import MODULE, pull, registry, start_registry
from hostile_registry import Answer
from server import run_wagi

LOGIN = {"auth": base64.b64encode(b"user:secret").decode()}


def requires_login(registry, path: str, answer: Answer):
    """Basic, with the password of LOGIN."""
    def answered(request):
        if request.headers.get("Authorization") == "Basic " + LOGIN["auth"]:
            return answer
        return Answer(b"", 401, WWW_Authenticate='Basic realm="here"')
    registry.answers[path] = answered


def test_a_401_that_never_ends(registry, pull):
    realm = f"http://{registry.host}/token"
    registry.answers["GET /token"] = Answer(b'{"token": "abc"}', type="application/json")
    for challenge in ('Basic realm="here"', f'Bearer realm="{realm}",service="s",scope="repository:x:pull"'):
        registry.requests.clear()
        registry.answers["GET /v2/x/manifests/1"] = Answer(b"", 401, WWW_Authenticate=challenge)
        assert "401" in pull(login=LOGIN)
        assert len(registry.asked("GET /v2/x/manifests")) == 2


@pytest.mark.parametrize("challenge", ["Digest realm=x", "", "Bearer"])
def test_a_401_that_asks_for_the_unknown(registry, pull, challenge):
    registry.answers["GET /v2/x/manifests/1"] = Answer(b"", 401, WWW_Authenticate=challenge)
    message = pull(login=LOGIN)
    assert "in no way that is known" in message or "its tokens come from ''" in message


@pytest.mark.parametrize("login, scheme", [(LOGIN, "Basic " + LOGIN["auth"]), (None, None)])
def test_tokens(registry, pull, login, scheme):
    """Docker's token authentication, with a login and without one."""
    digest = registry.serve("x", MODULE)["layers"][0]["digest"]
    good = {path: registry.answers[path] for path in ("GET /v2/x/manifests/1", f"GET /v2/x/blobs/{digest}")}
    challenge = f'Bearer realm="http://{registry.host}/token?a=b",service="my service",scope="repository:x:pull"'

    def guarded(path):
        def answered(request):
            if request.headers.get("Authorization") == "Bearer abc":
                return good[path]
            return Answer(b"", 401, WWW_Authenticate=challenge)
        return answered
    for path in good:
        registry.answers[path] = guarded(path)
    registry.answers["GET /token"] = Answer(b'{"access_token": "abc"}', type="application/json")
    assert pull(fails=False, login=login) == MODULE
    ((request, fields),) = registry.asked("GET /token")
    assert request == "GET /token?a=b&service=my%20service&scope=repository%3Ax%3Apull"
    assert fields.get("Authorization") == scheme


def test_an_identity_token(registry, pull):
    registry.answers["GET /v2/x/manifests/1"] = Answer(
        b"", 401, WWW_Authenticate=f'Bearer realm="http://{registry.host}/token",service="s",scope="c"')
    registry.answers["POST /token"] = Answer(b'{"access_token": "abc"}', type="application/json")
    pull(login={"identitytoken": "refresh"})
    assert registry.asked("GET /v2/x/manifests/1")[-1][1]["Authorization"] == "Bearer abc"
    assert len(registry.asked("POST /token")) == 1 and not registry.asked("GET /token")


@pytest.mark.parametrize("token", [b"", b"{}", b"[]", b'{"token": 1}', b"<html>", b'{"token": "a\\r\\nX: y"}'])
def test_tokens_that_are_none(registry, pull, token):
    registry.answers["GET /v2/x/manifests/1"] = Answer(
        b"", 401, WWW_Authenticate=f'Bearer realm="http://{registry.host}/token",service="s",scope="c"')
    registry.answers["GET /token"] = Answer(token, type="application/json")
    assert "token" in pull() or "control characters" in pull()


def test_tokens_from_elsewhere_without_encryption(registry, pull):
    registry.answers["GET /v2/x/manifests/1"] = Answer(
        b"", 401, WWW_Authenticate='Bearer realm="http://auth.example/token",service="s",scope="c"')
    assert "isn't encrypted" in pull(login=LOGIN)


ELSEWHERE = "127.0.0.2"  # Loopback for the kernel, and any other host for what decides about logins.


@pytest.fixture
def elsewhere(start_registry):
    """A server that would take any login."""
    other = start_registry(None, ELSEWHERE)
    other.answers["GET /token"] = other.answers["POST /token"] = Answer(b'{"token": "t"}', type="application/json")
    return other


# Each leads to ELSEWHERE, or is refused by whoever connects, and looks like the registry to a reader of its own.
DISGUISES = ["http://localhost:x@{host}", "http://localhost:@{host}", "http://localhost@{host}",
             "http://127.0.0.1:1@{host}", "http://[::1]:x@{host}", "http://localhost:{port}@{host}",
             "http://localhost:{port}\\@{host}", "http://localhost:{port}\\.{host}", "http://localhost%40{host}",
             "http://localhost:{port}#@{host}", "http:///{host}", "http://0x7f.0.0.2:{other_port}",
             "http://127.2:{other_port}", "http://2130706434:{other_port}", "http://{host}"]


def disguised(pattern: str, registry, other) -> str:
    return pattern.format(host=other.host, port=registry.port, other_port=other.port)


@pytest.mark.parametrize("login", [LOGIN, {"identitytoken": "IDENTITY-SECRET"}], ids=["password", "identity-token"])
@pytest.mark.parametrize("pattern", DISGUISES)
def test_no_login_to_another_host_by_a_realm(registry, elsewhere, pull, login, pattern):
    realm = disguised(pattern, registry, elsewhere) + "/token"
    registry.answers["GET /v2/x/manifests/1"] = Answer(
        b"", 401, WWW_Authenticate='Bearer realm="%s",service="s",scope="c"' % realm.replace("\\", "\\\\"))
    message = pull(login=login)
    assert elsewhere.requests == [], message
    if "#" not in pattern:  # That one is the registry's own, whatever stands in the fragment.
        assert "its tokens come from" in message
        assert "x@" not in message


@pytest.mark.parametrize("pattern", DISGUISES)
def test_no_login_to_another_host_by_a_redirect(registry, elsewhere, pull, pattern):
    digest = registry.serve("x", MODULE)["layers"][0]["digest"]
    place = disguised(pattern, registry, elsewhere) + "/blob"
    requires_login(registry, f"GET /v2/x/blobs/{digest}", Answer(b"", 307, Location=place))
    pull(login=LOGIN)
    assert elsewhere.requests == []


@pytest.mark.parametrize("pattern", DISGUISES)
def test_no_upload_to_another_host(registry, elsewhere, tmp_path, pattern):
    place = disguised(pattern, registry, elsewhere) + "/upload"
    registry.answers["POST /v2/x/blobs/uploads/"] = Answer(b"", 202, Location=place)
    (tmp_path / "m.wasm").write_bytes(MODULE)
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: LOGIN}}))
    done = run_wagi("push", tmp_path / "m.wasm", f"oci://{registry.host}/x:1", env={"DOCKER_CONFIG": tmp_path})
    assert done.returncode == 1
    assert elsewhere.requests == []


@pytest.mark.parametrize("reference", ["oci://localhost:secret@{host}/x:1", "oci://localhost:{port}@{host}/x:1",
                                       "oci://0x7f.0.0.2:{other_port}/x:1", "oci://127.2:{other_port}/x:1"])
def test_references_that_look_like_another_host(registry, elsewhere, tmp_path, reference):
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"localhost": LOGIN, registry.host: LOGIN}}))
    done = run_wagi("pull", disguised(reference, registry, elsewhere), env={"DOCKER_CONFIG": tmp_path})
    assert done.returncode == 1
    assert "secret" not in done.stderr
    assert "docker login" in done.stderr or "isn't written as it is connected to" in done.stderr
    assert elsewhere.requests == []


def test_one_login_for_all_ways_to_write_a_registry(registry, pull, tmp_path):
    requires_login(registry, "GET /v2/x/manifests/1", Answer(b"", 404))
    for key in (f"http://{registry.host}/v2/", f"https://{registry.host.upper()}", f"{registry.host}/"):
        (tmp_path / "config.json").write_text(json.dumps({"auths": {key: LOGIN, f"x@{registry.host}": {}}}))
        done = run_wagi("pull", f"oci://{registry.host}/x:1", env={"DOCKER_CONFIG": tmp_path})
        assert "HTTP status 404" in done.stderr, done.stderr


def test_a_redirect_takes_no_token_along(registry, start_registry, tmp_path, write):
    """The blob is on another server, with TLS, as in clouds."""
    files = tmp_path / "tls.key", tmp_path / "tls.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", files[0], "-out", files[1], "-subj", "/CN=localhost", "-days", "2",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    cloud = start_registry((files[1], files[0]))
    cloud.answers["GET /blob"] = Answer(MODULE)
    digest = registry.serve("x", MODULE)["layers"][0]["digest"]
    blob = f"GET /v2/x/blobs/{digest}"
    requires_login(registry, blob, Answer(b"", 307, Location=f"https://{cloud.host}/blob"))
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: LOGIN}}))
    done = run_wagi("pull", f"oci://{registry.host}/x:1", "--ca-file", files[1], "--store", tmp_path / "store",
                    env={"DOCKER_CONFIG": tmp_path})
    assert done.returncode == 0, done.stderr
    assert "Authorization" in registry.asked(blob)[-1][1]
    ((_, fields),) = cloud.asked("GET /blob")
    assert "Authorization" not in fields
