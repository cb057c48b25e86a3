"""The refusal of a request that breaks its description: one answer with every problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.shape import MOST_PROBLEMS, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_TOLD: Final = 10
"""The problems that the detail tells. Models often see the detail alone."""


CODE: Final = "invalid-request"


def joined(refusals: Sequence[Refusal]) -> Refusal:
    """Return one refusal with the problems of all; another kind of refusal comes before these."""
    first, *more = sorted(refusals, key=lambda one: one.code == CODE)
    if not more or first.code != CODE:
        return first
    return invalid_request(
        [Problem(error["pointer"], error["detail"]) for one in refusals for error in one.members["errors"]]
    )


def invalid_request(problems: Sequence[Problem]) -> Refusal:
    """Refuse a request for at least one problem."""
    told = [f"{one.pointer or 'the body'} {one.detail}" for one in problems[:_MOST_TOLD]]
    more = len(problems) - len(told)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    members: dict[str, object] = {
        "errors": [{"pointer": one.pointer, "detail": one.detail} for one in problems[:MOST_PROBLEMS]]
    }
    if len(problems) > MOST_PROBLEMS:
        members["more_errors"] = len(problems) - MOST_PROBLEMS
    return Refusal(
        status=400,
        code=CODE,
        detail=f"The call has {count}: {'; '.join(told)}{f'; and {more} more' if more else ''}.",
        hint="Correct each place that `errors` names. The gateway's openapi.json describes the operation.",
        members=members,
    )
