"""The gateway's own results say what went wrong and how to mend it, within the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_gateway.mcp.own_result import refused, wrong_arguments
from plugin_gateway.mcp.result import PROBLEM_KEY
from plugin_gateway.refusal import Refusal
from tests.mcp.world import parsed, revision_of, written

if TYPE_CHECKING:
    from plugin_gateway.mcp.result import Result

TOOLS = revision_of().tools.by_name
LIMIT = 100_000
LONG = "n" * 60


def test_a_refusal_is_an_error_that_a_model_can_act_on() -> None:
    refusal = Refusal(
        status=429,
        code="rate-limited",
        detail="Too many.",
        hint="Wait.",
        members={"limit": 3},
        headers=((b"Retry-After", b"9"),),
    )
    found = parsed(refused(TOOLS["getPet"], refusal, LIMIT))

    assert found["isError"] is True
    assert found["content"][0]["text"] == 'Too many calls. Too many. Wait. Retry after 9 seconds.\n{"limit":3}'
    assert found["_meta"][PROBLEM_KEY]["code"] == "rate-limited"


def test_an_answer_that_broke_off_is_shown_as_far_as_it_came() -> None:
    refusal = Refusal(status=502, code="upstream-closed", detail="It ended.")

    assert (
        "The beginning of the answer:\nhalf"
        in parsed(refused(TOOLS["getPet"], refusal, LIMIT, "half"))["content"][1]["text"]
    )


@pytest.mark.parametrize(
    "found",
    [
        refused(TOOLS["getPet"], Refusal(status=502, code="upstream-closed", detail="No."), 1_000, "\x01" * 1_000),
        refused(TOOLS["getPet"], Refusal(status=502, code="upstream-closed", detail="No."), 1_000, '"' * 1_000),
        refused(TOOLS["getPet"], Refusal(status=400, code="x", detail="No.", members={"names": [LONG] * 99}), 1_000),
        wrong_arguments(TOOLS["getPet"], [("petId", LONG * 9)] * 20, 1_000),
    ],
)
def test_a_result_that_the_gateway_writes_itself_keeps_to_the_limit(found: Result) -> None:
    assert written(found) <= 1_000 + 2 * len('{"type":"text","text":}')


def test_wrong_arguments_are_reported_all_at_once_with_the_right_names() -> None:
    found = parsed(wrong_arguments(TOOLS["getPet"], [("petId", "`petId` is missing."), ("x\ud800", "no.")], LIMIT))
    text = found["content"][0]["text"]

    assert found["isError"] is True
    assert "- petId: `petId` is missing." in text
    assert "Arguments of getPet: petId." in text
    assert found["_meta"][PROBLEM_KEY]["code"] == "wrong-arguments"
