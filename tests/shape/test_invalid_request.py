import json

from plugin_gateway.refusal import Refusal, problem_details
from plugin_gateway.shape.invalid_request import invalid_request, joined
from plugin_gateway.shape.shape import Problem
from plugin_gateway.shape.validator import MOST_PROBLEMS


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


def test_a_refusal_of_another_kind_comes_first() -> None:
    other = Refusal(status=415, code="undeclared-media-type", detail="no")
    assert joined([invalid_request([Problem("/query/page", "expected integer")]), other]) is other
