"""Tests, in a short soak (tests/soak), that every abuse is answered rightly and no worker dies."""

import random
import secrets

import pytest

from soak.abuses import ABUSES, check_well_behaved, config


@pytest.fixture(scope="module")
def server(start_shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("soak")
    return start_shared(config(folder), "--log-dir", folder / "logs", workers=2)


# A slow head would take three seconds each time; tests/test_http.py tests it.
@pytest.mark.parametrize("abuse", [
    pytest.param(abuse, id=name) for name, _, abuse in ABUSES if name != "slow head"])
def test_an_abuse_harms_nobody(server, abuse):
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")
    workers = server.workers()
    source = random.Random(seed)
    for _ in range(3):
        abuse(server, source)
        check_well_behaved(server)
    assert server.workers() == workers
