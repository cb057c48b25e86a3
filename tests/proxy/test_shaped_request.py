"""A shaped request: one answer for all problems of a head, and the request that goes up without problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.shaped_request import ShapedRequest, lists_more, pairs_of, shape_request
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.request.bodies import JudgedBody
from plugin_gateway.shape.request.invalid_request import invalid_request
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.mismatches import Mismatches
from plugin_gateway.telemetry.series import SeriesKey
from tests.proxy.real import plan_of, serving_of

LIMIT = Reader(
    *("query", "limit", Style("form", True, "limit"), kind_of({}, Document(root={}, name="d"))),
    Validator({"type": "integer", "maximum": 50}),
)
REPLY = ReplyShape(select="fields", selectable={"id": ("id",)})
MISSING = Problem("", "is missing")


if TYPE_CHECKING:
    from typing import TypeAlias

    Refusals: TypeAlias = tuple[Refusal | None, Refusal | None]


class Bodies:
    """Judges JSON; the body is required, or only its absence is reported."""

    def __init__(self, *, is_required: bool, only_reports: bool = False) -> None:
        self._is_required = is_required
        self.only_reports = only_reports

    def judges(self, media_type: bytes) -> bool:
        return media_type == b"application/json"

    def without_body(self, media_type: bytes) -> JudgedBody | Refusal:
        if media_type == b"image/png":
            return JudgedBody(b"")
        return invalid_request([MISSING]) if self._is_required else JudgedBody(b"", (MISSING,))

    def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
        return JudgedBody(body)


def shaped(
    query: bytes, fields: bytes = b"", before: Refusals = (None, None), **parts: Any
) -> tuple[ShapedRequest | Refusal | None, Any]:
    """Return the outcome for a POST, and what was noted of it."""
    rule = OperationRule(
        method="POST", path_template="/p", operation_id="write", is_safe=False, shape=Shape(reply=REPLY, **parts)
    )
    mismatches = Mismatches()
    plan = plan_of(rule, mismatches=mismatches)
    block = serving_of().read(b"Host: a\r\n" + fields, 1)
    return shape_request(plan, Permit(rule, b"/p", query), block.request, *before), mismatches


def pointers(refusal: ShapedRequest | Refusal | None) -> list[str]:
    assert isinstance(refusal, Refusal)
    return [one["pointer"] for one in refusal.members["errors"]]


LIMITED = Parameters((Part("query", "limit", LIMIT),))


def test_one_answer_lists_the_problems_of_the_absent_body_the_parameters_and_the_selection() -> None:
    refused, _ = shaped(b"limit=51&fields=other", parameters=LIMITED, body=Bodies(is_required=True))
    assert pointers(refused) == ["", "/query/limit", "/query/fields"]


def test_a_call_without_octets_is_judged_by_its_type() -> None:
    passed, _ = shaped(b"", b"Content-Length: 0\r\nContent-Type: image/png\r\n", body=Bodies(is_required=True))
    assert isinstance(passed, ShapedRequest)


def test_the_selection_does_not_go_up() -> None:
    passed, _ = shaped(b"limit=5&fields=id", parameters=LIMITED)
    assert isinstance(passed, ShapedRequest)
    assert (passed.permit.query, passed.shaped.selection, passed.shaped.refusal) == (b"limit=5", (("id",),), None)


def test_without_parameters_to_judge_the_rest_of_the_query_goes_up_as_it_came() -> None:
    passed, _ = shaped(b"a=1&fields=id&b=2")
    assert isinstance(passed, ShapedRequest)
    assert passed.permit.query == b"a=1&b=2"
    assert passed.shaped.lines == b""


def test_a_problem_that_is_only_reported_is_noted_and_the_call_goes_up() -> None:
    passed, mismatches = shaped(b"", body=Bodies(is_required=False))
    assert isinstance(passed, ShapedRequest)
    assert mismatches.series() == {SeriesKey("mismatches", ("write", "request")): [1]}


def test_a_refusal_waits_for_a_body_that_is_judged() -> None:
    fields = b"Content-Length: 2\r\nContent-Type: "
    waiting, _ = shaped(
        b"limit=51", fields + b"application/json\r\n", parameters=LIMITED, body=Bodies(is_required=True)
    )
    assert isinstance(waiting, ShapedRequest)
    assert pointers(waiting.shaped.refusal) == ["/query/limit"]
    at_once, _ = shaped(b"limit=51", fields + b"text/plain\r\n", parameters=LIMITED, body=Bodies(is_required=True))
    assert pointers(at_once) == ["/query/limit"]


def test_a_refused_query_waits_for_the_verdict_on_the_body_and_a_refused_type_does_not() -> None:
    fields = b"Content-Length: 2\r\nContent-Type: application/json\r\n"
    query = invalid_request([Problem("/query/other", "is not declared")])
    body = Refusal(status=415, code="unsupported-coding", detail="no")
    bodies = Bodies(is_required=True)
    waiting, _ = shaped(b"limit=51", fields, (query, None), parameters=LIMITED, body=bodies)
    assert isinstance(waiting, ShapedRequest)
    assert pointers(waiting.shaped.refusal) == ["/query/other", "/query/limit"]
    at_once, _ = shaped(b"limit=51", fields, (query, body), parameters=LIMITED, body=bodies)
    assert pointers(at_once) == ["/header/content-encoding", "/query/other", "/query/limit"]


def test_only_a_shape_that_refuses_calls_has_more_to_list() -> None:
    def rule(shape: Shape | None) -> OperationRule:
        return OperationRule(method="GET", path_template="/p", operation_id="read", shape=shape)

    assert lists_more(rule(Shape(parameters=LIMITED)))
    assert not lists_more(rule(Shape()))
    assert not lists_more(rule(None))


def test_a_request_that_goes_up_as_it_came_is_not_shaped() -> None:
    assert shaped(b"limit=5", parameters=LIMITED)[0] is None
    body = Bodies(is_required=True)
    assert shaped(b"limit=5", b"Content-Length: 2\r\n", parameters=LIMITED, body=body)[0] is None
    fixed = Parameters((Part("query", "limit", LIMIT), Part("query", "", added=b"a=1", is_fixed=True)))
    passed, _ = shaped(b"limit=5", parameters=fixed)
    assert isinstance(passed, ShapedRequest)
    assert passed.permit.query == b"limit=5&a=1"
    # Each of these is refused or changed, or may be.
    assert shaped(b"limit=5", parameters=LIMITED, body=body)[0] is not None
    assert shaped(b"limit=5&fields=id", parameters=LIMITED)[0] is not None
    for before in ((invalid_request([MISSING]), None), (None, invalid_request([MISSING]))):
        assert shaped(b"limit=5", b"Content-Length: 2\r\n", before, parameters=LIMITED)[0] is not None


def test_the_pairs_of_field_lines_are_their_names_and_values() -> None:
    assert list(pairs_of([(b"accept", b"text/html", b"Accept: text/html\r\n")])) == [(b"accept", b"text/html")]


def test_fields_that_connection_nominates_are_left_out() -> None:
    fields = [(b"x-a", b"1"), (b"x-b", b"2")]
    assert list(pairs_of(fields, frozenset({b"x-a"}))) == [(b"x-b", b"2")]
