import json

from plugin_gateway.refusal import Refusal, problem_details
from plugin_gateway.shape.request.invalid_request import invalid_request, joined
from plugin_gateway.shape.values.problem import MOST_PROBLEMS, Problem


def test_one_answer_lists_every_problem_with_its_pointer() -> None:
    problems = (Problem("/query/limit", "must be at most 50"), Problem("", "is missing"))
    details = json.loads(problem_details(invalid_request(problems)))
    assert details["status"] == 400
    assert details["code"] == "invalid-request"
    assert details["errors"] == [
        {"pointer": "/query/limit", "detail": "must be at most 50"},
        {"pointer": "", "detail": "is missing"},
    ]
    assert details["detail"] == "The call has 2 problems: /query/limit must be at most 50; the body is missing."


def test_a_long_list_of_problems_is_cut_and_counted() -> None:
    refusal = invalid_request([Problem(f"/{index}", "is missing") for index in range(MOST_PROBLEMS + 5)])
    assert len(refusal.members["errors"]) == MOST_PROBLEMS
    assert refusal.members["more_errors"] == 5
    assert refusal.detail.endswith("; and 95 more.")


def test_refusals_of_one_call_are_one_answer() -> None:
    parts = [
        invalid_request([Problem("/query/page", "expected integer")]),
        invalid_request([Problem("/name", "is missing")]),
    ]
    assert [one["pointer"] for one in joined(parts).members["errors"]] == ["/query/page", "/name"]
    assert joined(parts[:1]) is parts[0]


def test_a_refusal_of_another_kind_keeps_its_status_and_lists_the_other_problems() -> None:
    members = {"declared": ["application/json"]}
    other = Refusal(status=415, code="undeclared-media-type", detail="no", hint="Send JSON.", members=members)
    found = joined([invalid_request([Problem("/query/page", "expected integer")]), other])
    assert (found.status, found.code, found.hint) == (415, "undeclared-media-type", "Send JSON.")
    assert [one["pointer"] for one in found.members["errors"]] == ["/header/content-type", "/query/page"]
    assert found.members["declared"] == ["application/json"]


def test_refusals_without_problems_are_answered_with_the_first() -> None:
    first, second = (Refusal(status=status, code="method-override", detail="no") for status in (400, 403))
    assert joined([first, second]) is first


def test_a_refusal_of_an_unknown_kind_is_one_of_the_problems() -> None:
    other = Refusal(status=400, code="method-override", detail="It asks for DELETE.")
    found = joined([other, invalid_request([Problem("/query/page", "expected integer")])])
    assert found.code == "method-override"
    assert found.members["errors"][0] == {"pointer": "", "detail": "is refused: It asks for DELETE"}


def test_the_problems_that_each_refusal_only_counts_are_counted_together() -> None:
    refusal = invalid_request([Problem(f"/{index}", "is missing") for index in range(MOST_PROBLEMS + 5)])
    found = joined([refusal, invalid_request([Problem("/query/page", "expected integer")])])
    assert len(found.members["errors"]) == MOST_PROBLEMS
    assert found.members["more_errors"] == 6
    assert found.detail.startswith("The call has 106 problems: ")
