from __future__ import annotations

import pytest

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.prune.broken import BrokenReferences, finding_of
from plugin_gateway.openapi.prune.chains import Chains
from plugin_gateway.openapi.prune.targets import Region, Targets
from plugin_gateway.openapi.refs import RefError

ROOT = {
    "openapi": "3.1.0",
    "components": {"schemas": {"A": {}, "B": {}}, "links": {"L": {}}, "examples": {"E": {"$ref": "#/nowhere"}}},
}


@pytest.mark.parametrize(
    ("kind", "ref", "is_left_out"),
    [
        (ObjectKind.LINK, "#/components/links/L", False),
        (ObjectKind.LINK, "#/components/links/M", True),
        (ObjectKind.EXAMPLE, "#/components/examples/E", True),
        # A call depends on its responses.
        (ObjectKind.RESPONSE, "#/components/responses/R", False),
    ],
)
def test_only_objects_that_no_call_depends_on_are_left_out_with_a_warning(
    kind: ObjectKind, ref: str, is_left_out: bool
) -> None:
    document, warnings = Document(root=ROOT, name="d"), list[Finding]()
    broken = BrokenReferences(document, Chains(Targets(document, {})), warnings)

    assert broken.leaves_out(kind, ref, Region(("paths",))) is is_left_out
    assert [one.severity for one in warnings] == [Severity.WARNING] * is_left_out
    assert all(one.message.endswith(f"the {kind} is left out") for one in warnings)
    assert broken.errors == []


@pytest.mark.parametrize(
    ("ref", "rule", "hint"),
    [
        ("#/components/schemas/AA", "unresolved-ref", "did you mean '#/components/schemas/A'?"),
        ("#/components/Schemas", "unresolved-ref", "did you mean '#/components/schemas'?"),
        ("#/no/such/place", "unresolved-ref", "define it, or deny the operations that use it"),
        ("#anchor", "unresolved-ref", "define it, or deny the operations that use it"),
        ("https://u:secret@e.x/a", "external-ref", "the gateway fetches nothing outside the document's folder: copy the target into the document, or deny the operations that use it"),
        ("../a.yaml#/A", "external-ref", "put the target into a file below the document's folder, or deny the operations that use it"),
    ],
)  # fmt: skip
def test_a_finding_has_the_place_the_mistake_and_the_correction(ref: str, rule: str, hint: str) -> None:
    finding = finding_of(Document(root=ROOT, name="d"), RefError(ref, "is no good"), ("paths", "/a", "$ref"))
    assert (finding.rule, finding.hint, finding.pointer) == (rule, hint, ("paths", "/a", "$ref"))
    assert finding.message == f"reference {ref.replace('u:secret@', '')!r} at #/paths/~1a/$ref is no good"
