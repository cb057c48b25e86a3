import pickle

import pytest

from plugin_gateway.shape.pointer import pointers_of
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.validator import Validator

SCHEMA = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
DROPS = compile_edit(None, pointers_of(["/b", "/t"]), {})
SETS = compile_edit(None, frozenset(), {("t",): b"7"})


@pytest.mark.parametrize(
    ("text", "invalid"),
    [
        (b'{"a":1}', ()),
        (b'{"a":"x"}', (Problem("/a", "expected integer, got string"),)),
        (b"{}", (Problem("/a", "is missing"),)),
        (b'{"a":1,"z":2}', (Problem("/z", "is not declared"),)),
        (b'{"a":1,"a":1}', (Problem("/a", "must be given only once in its object"),)),
        (b"", (Problem("", "is empty; expected JSON"),)),
        (b'{"a":1e400}', ()),
    ],
)
def test_a_body_is_judged_by_its_schema_and_passes_as_it_came(text: bytes, invalid: tuple[Problem, ...]) -> None:
    assert JsonBody(Validator(SCHEMA)).judge(text, b"") == (text, (), invalid)


def test_members_are_removed_before_the_body_is_judged_and_set_after() -> None:
    body = JsonBody(Validator(SCHEMA), DROPS, SETS)
    assert body.judge(b'{"a": 1.0, "b":2, "t":"evil"}', b"") == (b'{"a": 1.0,"t":7}', (), ())


@pytest.mark.parametrize("text", [b'{"b":1,"b":2}', b"{b:1}", b'\xef\xbb\xbf{"b":1}', b"[1]", b"null"])
def test_a_body_in_which_another_parser_could_find_a_dropped_member_does_not_go_up(text: bytes) -> None:
    assert JsonBody(None, DROPS, SETS).judge(text, b"").unshaped


def test_a_json_body_can_be_pickled() -> None:
    body = JsonBody(Validator(SCHEMA), DROPS, SETS)
    assert pickle.loads(pickle.dumps(body)) == body
