"""Parameters whose values may hold encoded slashes."""

from __future__ import annotations

import pytest

from plugin_gateway.gate.slashed import find_spelled, slashed_segments
from plugin_gateway.gate.template import parse_template
from plugin_gateway.openapi.document import OperationKey


def test_only_a_segment_that_is_the_whole_parameter_is_slashed() -> None:
    template = parse_template("/repos/{repo}/{path}/{path}.json")
    assert slashed_segments(template, {"path"}) == {3}
    assert slashed_segments(template, ()) == frozenset()


@pytest.mark.parametrize(
    ("denied", "is_found"),
    [
        ("GET /tree/{a}/{b}", True),
        ("GET /{top}/{a}/{b}/{c}", True),
        ("POST /tree/{a}/{b}", False),
        ("GET /wood/{a}/{b}", False),
        ("GET /tree/{a}", False),
        # The gate recognises this path by its literal, and refuses calls that begin with it.
        ("GET /tree/{a}/keys", False),
        ("GET /tree/private/{b}", False),
    ],
)
def test_denied_templates_that_a_value_spells_are_reported(denied: str, is_found: bool) -> None:
    ours, theirs = OperationKey("GET", "/tree/{path}"), OperationKey(*denied.split(" "))
    found = [*find_spelled(ours, {"path"}, [ours, theirs], [ours], 3)]

    assert bool(found) is is_found
    assert [*find_spelled(ours, {"path"}, [ours, theirs], [ours, theirs], 3)] == []
    assert [*find_spelled(ours, (), [ours, theirs], [ours], 3)] == []
    for finding in found:
        assert (finding.rule, finding.severity, finding.pointer) == ("slashes-spell-denied", "warning", ("allow", 3))
        assert finding.message == (
            f"with an encoded slash, a call of `GET /tree/{{path}}` can spell `{denied}`, which is not allowed: the gateway refuses "
            "that call, but forwards longer ones, which a server that routes by the beginning of a path may treat the same"
        )
        assert finding.hint == f"allow `{denied}` too, or take `slashes: allowed` out of this entry"
