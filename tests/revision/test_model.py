import dataclasses
import pickle

import pytest

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.gate import Gate
from plugin_gateway.gate.routing import compile_routes
from plugin_gateway.revision import Limits, Revision, UpstreamTarget

SECRET = b"sekret-7f3a9c"


@pytest.fixture
def revision():
    injection = Injection(headers=((b"X-Api-Key", SECRET),), query=b"key=" + SECRET, secrets=(SECRET,))
    return Revision(
        number=1,
        digest="abc",
        public_url="http://localhost:8080",
        gate=Gate(routes=compile_routes({}, {}, {})),
        rules=(),
        faces={},
        upstream=UpstreamTarget(host="127.0.0.1", port=80, authority=b"api"),
        read_injection=injection,
        write_injection=injection,
        limits=Limits(),
        cors_origins=(),
        operations_total=0,
    )


def test_a_revision_can_be_handed_to_a_worker(revision):
    handed = pickle.loads(pickle.dumps(revision))
    assert handed == revision
    assert handed.read_injection.secrets == (SECRET,)


def test_no_secret_is_in_its_repr(revision):
    assert SECRET.decode() not in repr(revision)


def test_it_is_never_changed(revision):
    with pytest.raises(dataclasses.FrozenInstanceError):
        revision.number = 2
