"""A whole query: judged as a form or as JSON, with a pointer to each wrong member."""

import pickle
from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.form_body import FormBody
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.whole_query import WholeQuery
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.validator import Validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["s"],
    "additionalProperties": False,
    "properties": {"s": {"type": "integer"}, "t": {"type": "array", "items": {"type": "string"}}},
}
FORM = FormBody(Validator(SCHEMA), kind_of(SCHEMA, Document(root={}, name="d")))


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        (b"s=1&t=a&t=b", []),
        (b"s=x", ["/query/w/s expected integer, got string"]),
        (b"t=a", ["/query/w/s is missing"]),
        (b"s=1&zz=1", ["/query/w/zz is not declared"]),
        (b"s=1&s=2", ["/query/w/s must be sent only once"]),
        (b"", ["/query/w is missing"]),
    ],
)
def test_a_form_is_judged_member_by_member(query: bytes, problems: list[str]) -> None:
    whole = WholeQuery("w", FORM, is_required=True, is_enforced=True)
    assert [f"{one.pointer} {one.detail}" for one in whole.problems(query)] == problems


@pytest.mark.parametrize(
    ("query", "pointers"),
    [(b"%7B%22s%22:1%7D", []), (b"%7B%22s%22:%22x%22%7D", ["/query/w/s"]), (b"s=1", ["/query/w"]), (b"", [])],
)
def test_json_is_judged_without_its_escapes(query: bytes, pointers: list[str]) -> None:
    whole = WholeQuery("w", JsonBody(Validator(SCHEMA)), is_required=False, is_enforced=True)
    assert [one.pointer for one in whole.problems(query)] == pointers


@pytest.mark.parametrize("is_enforced", [True, False])
def test_a_wrong_query_is_refused_or_reported(is_enforced: bool) -> None:
    whole = WholeQuery("w", FORM, is_required=False, is_enforced=is_enforced)
    parameters = pickle.loads(pickle.dumps(Parameters((), (), whole))).limited_to(lambda place, name: False)
    assert parameters.only_reports is not is_enforced
    assert parameters.passing_query(b"/", b"s=1", ()) is None
    written = parameters.write(b"/", b"s=x", ())
    assert isinstance(written, Refusal) is is_enforced
    if not isinstance(written, Refusal):
        assert written.query == b"s=x"
        assert [one.pointer for one in written.problems] == ["/query/w/s"]
    assert not isinstance(parameters.write(b"/", b"s=1", ()), Refusal)
