import pickle
from typing import Any

import pytest

from plugin_gateway.shape.answer.check import AnswerCheck
from plugin_gateway.shape.answer.cut import dropped
from plugin_gateway.shape.values.validator import Validator

ITEM = Validator(
    {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "notes": {"type": "string"}},
        "additionalProperties": False,
    }
)
CHECK = AnswerCheck(
    bodies={
        "200": {b"application/json": ITEM, b"text/csv": None},
        "2XX": {b"application/*": ITEM},
        "203": {b"application/*+json": ITEM},
        "204": {},
        "404": {b"application/json": ITEM},
    }
)
JSON = b"application/json"


@pytest.mark.parametrize(
    ("status", "media_type", "body", "expected"),
    [
        (200, JSON, b'{"id":1}', []),
        (200, b"Application/JSON; charset=utf-8", b'{"id":1}', []),
        (200, JSON, b'{"id":"CANARY"}', [("/id", "expected integer, got string")]),
        (200, JSON, b'{"notes":"CANARY","x":1}', [("/id", "is missing"), ("/x", "is not declared")]),
        (200, JSON, b"[]", [("", "expected object, got array")]),
        (200, JSON, b'{"id":1,"id":2}', [("/id", "must be given only once in its object")]),
        (200, JSON, b"", [("", "is empty; expected JSON")]),
        (200, b"text/csv", b"x", []),
        (200, b"text/html", b"x", [("", "has a media type that is not described; expected application/json or text/csv")]),
        (200, b"", b"{}", [("", "has a media type that is not described; expected application/json or text/csv")]),
        (201, JSON, b"{}", [("/id", "is missing")]),
        (201, b"application/pdf", b"x", []),
        (203, b"application/hal+json", b"{}", [("/id", "is missing")]),
        (203, b"text/hal+json", b"{}", [("", "has a media type that is not described; expected application/*+json")]),
        (204, b"", b"", []),
        (404, JSON, b"{}", [("/id", "is missing")]),
        (500, JSON, b"{}", []),
    ],
)  # fmt: skip
def test_an_answer_is_judged_by_its_status_and_type(
    status: int, media_type: bytes, body: bytes, expected: list[tuple[str, str]]
) -> None:
    found = sorted(CHECK.problems(status, media_type, body))
    assert [one.pointer for one in found] == [pointer for pointer, _ in expected]
    for problem, (_, detail) in zip(found, expected, strict=True):
        assert detail == problem.detail
        assert "CANARY" not in problem.detail


def test_an_undescribed_status_is_a_problem_of_a_success_only() -> None:
    check = AnswerCheck(bodies={"200": {JSON: ITEM}})
    assert [one.detail for one in check.problems(201, JSON, b"{}")] == ["has a status that is not described"]
    assert check.problems(503, b"text/html", b"<p>") == ()
    assert AnswerCheck(bodies={"default": {JSON: ITEM}}).problems(503, JSON, b"[]")


@pytest.mark.parametrize("body", [b'{"id":1,"notes":7}', b'{"id":1,"x":7}'])
def test_a_place_that_is_left_out_is_not_named(body: bytes) -> None:
    branch = dropped([("notes",), ("x",)])
    assert CHECK.problems(200, JSON, body)
    assert CHECK.problems(200, JSON, body, branch) == ()


def test_a_check_can_be_pickled() -> None:
    copy: Any = pickle.loads(pickle.dumps(CHECK))
    assert copy == CHECK
