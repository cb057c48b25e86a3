import pickle
import subprocess
import sys
from typing import Any

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.gate import Gate
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.routing import compile_routes
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.revision.compile import compile_revision
from tests.bounds import BOUND_S

SECRET = "sekret-7f3a9c"


@pytest.fixture
def revision() -> Any:
    injection = Injection(
        headers=((b"X-Api-Key", SECRET.encode()),), query=b"key=" + SECRET.encode(), secrets=(SECRET,)
    )
    return Revision(
        number=1,
        public_url="http://localhost:8080",
        gate=Gate(routes=compile_routes({}, {}, {})),
        rules=(),
        faces={},
        upstream=UpstreamSettings(host="127.0.0.1", port=80, authority=b"api"),
        read_injection=injection,
        write_injection=injection,
        limits=Bounds(),
        cors_origins=(),
        operations_total=0,
    )


def test_a_revision_can_be_handed_to_a_worker(revision: Any) -> None:
    handed = pickle.loads(pickle.dumps(revision))
    assert handed == revision
    assert handed.read_injection.secrets == (SECRET,)


def test_no_secret_is_in_its_repr(revision: Any) -> None:
    assert SECRET not in repr(revision)


def test_a_revision_is_immutable(revision: Any) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        revision.number = 2


def test_an_operation_gets_its_own_injection_or_the_one_for_its_kind_of_method() -> None:
    read, write, own, nothing = (Injection(query=query) for query in (b"k=r", b"k=w", b"k=o", b""))
    upstream = UpstreamSettings(host="h", port=80, authority=b"h")
    revision = Revision(
        number=1, public_url="http://localhost", gate=Gate(routes=compile_routes({}, {}, {})), rules=(), faces={},
        upstream=upstream, read_injection=read, write_injection=write, operation_injections={"own": own, "bare": nothing},
        limits=Bounds(), cors_origins=(), operations_total=0,
    )  # fmt: skip
    given = {"own": own, "bare": nothing, "read": read, "write": write}
    for name, injection in given.items():
        rule = OperationRule(method="X", path_template="/", operation_id=name, is_safe=name == "read")
        assert revision.injection_of(rule) is injection


AUTHS = [
    "{type: none}",
    "{type: service_http, tokens: [{name: a, value: a-token-of-some-length}]}",
    "{type: user_http, verify: {introspection: 'https://idp.test/i', client_secret: {value: s3cr3t-s3cr3t}}}",
    "{type: oauth, issuer: 'https://idp.test', client_url: 'https://idp.test/a', authorization_url: 'https://idp.test/t'}",
]
CREDENTIALS = [
    "{basic: {username: me, password: {value: s3cr3t-s3cr3t}}}",
    "{oauth2: {token_url: 'https://idp.test/t', client_id: me, client_secret: {value: s3cr3t-s3cr3t}}}",
    "{token_exchange: {token_url: 'https://idp.test/t'}}",
]


@pytest.mark.parametrize(
    ("auth", "credential"), [*((auth, CREDENTIALS[0]) for auth in AUTHS), *((AUTHS[1], one) for one in CREDENTIALS[1:])]
)
def test_a_worker_reads_a_revision_without_the_libraries_that_read_a_config(auth: str, credential: str) -> None:
    text = f"openapi: o\nupstream: {{url: 'https://h', credential: {credential}}}\nallow: []\nauth: {auth}\n"
    revision = compile_revision(
        load_text(text, path=None, environ={}), Document(root={"openapi": "3.1.0", "paths": {}}, name="o"), number=1
    )
    program = "import pickle, sys; pickle.load(sys.stdin.buffer); print(*{'plugin_gateway.config.record', 'yaml', 'asyncio'} & set(sys.modules))"
    worker = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(revision), capture_output=True, timeout=BOUND_S, check=False
    )
    assert (worker.stdout.strip(), worker.stderr) == (b"", b"")
