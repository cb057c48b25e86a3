import subprocess
import sys
from dataclasses import replace

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision import Limits, UpstreamTarget
from plugin_gateway.revision.digest import digest_of
from plugin_gateway.revision.tls_files import TlsFiles

FACES = {"/openapi.json": build_face("application/json", b"{}")}
RULES = (
    OperationRule(
        method="GET",
        path_template="/pets",
        operation_id="listPets",
        query_names=frozenset({b"limit", b"tag", b"\xff", b"q"}),
    ),
)
TARGET = UpstreamTarget(host="api", port=443, authority=b"api", tls=True, forward_headers=frozenset({b"x-a", b"x-b"}))
SAME = (FACES, RULES, TARGET, Limits(), ("https://chatgpt.com",))


@pytest.mark.parametrize(
    ("index", "other"),
    [
        (0, {"/openapi.json": build_face("application/json", b"[]")}),
        (1, (replace(RULES[0], any_query=True),)),
        (1, ()),
        (2, replace(TARGET, prefix=b"/v2")),
        (2, replace(TARGET, tls_files=TlsFiles(ca=b"another authority"))),
        (2, replace(TARGET, tls_files=TlsFiles(cert=b"another certificate"))),
        (3, Limits(request_body_bytes=1)),
        (4, ()),
    ],
)
def test_what_is_served_or_forwarded_otherwise_has_another_digest(index, other):
    changed = [*SAME]
    changed[index] = other
    assert digest_of(*changed) != digest_of(*SAME)


def test_our_private_key_is_not_in_the_digest():
    with_key = replace(TARGET, tls_files=TlsFiles(key=b"secret"))
    assert digest_of(FACES, RULES, with_key, *SAME[3:]) == digest_of(*SAME)


def test_the_same_is_the_same_in_every_process():
    program = "import sys; sys.path[:0] = sys.argv[1:]; from test_digest import *; print(digest_of(*SAME))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program, __file__.rpartition("/")[0]],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert found == {digest_of(*SAME)}


def test_a_value_that_has_no_fixed_form_is_refused():
    with pytest.raises(TypeError, match="object has no place in a digest"):
        digest_of(FACES, RULES, TARGET, Limits(), [object()])
