"""The refusal of a request that breaks its description: one answer with every problem."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.values.problem import MOST_PROBLEMS, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_SHOWN: Final = 10
"""The most problems that the detail lists. Models often see only the detail."""


CODE: Final = "invalid-request"
_OTHERS: Final = {
    "body-not-declared": Problem("", "is not accepted by this operation"),
    "malformed-media-type": Problem("/header/content-type", "must come once and be well-formed"),
    "undeclared-media-type": Problem("/header/content-type", "must be a type that the operation declares"),
    "unsupported-charset": Problem("/header/content-type", "must have the charset UTF-8"),
    "unsupported-coding": Problem("/header/content-encoding", "must be left out"),
}
"""The problem that stands for a refusal without `errors`, by its code."""


def joined(refusals: Sequence[Refusal]) -> Refusal:
    """Return one refusal with the problems of all; the first one if no refusal lists problems.

    A refusal that lists none has its own status and code, which the result keeps. Its `errors` list the problems of the others,
    too.
    """
    if len(refusals) == 1:
        return refusals[0]
    others = [one for one in refusals if "errors" not in one.members]
    if len(others) == len(refusals):
        return others[0]
    problems = [_OTHERS.get(one.code) or Problem("", f"is refused: {one.detail}".rstrip(".")) for one in others]
    problems += [
        Problem(error["pointer"], error["detail"]) for one in refusals for error in one.members.get("errors", ())
    ]
    found = invalid_request(problems, sum(one.members.get("more_errors", 0) for one in refusals))
    if others:
        first = others[0]
        return replace(first, detail=found.detail, members={**first.members, **found.members})
    extra = {name: value for one in refusals for name, value in one.members.items() if name not in found.members}
    return replace(found, members={**extra, **found.members})


def invalid_request(problems: Sequence[Problem], uncounted: int = 0) -> Refusal:
    """Refuse a request for at least one problem. `uncounted` is the number of further problems that are not among these."""
    shown = [*map(str, problems[:_MOST_SHOWN])]
    total = len(problems) + uncounted
    more = total - len(shown)
    count = "1 problem" if total == 1 else f"{total} problems"
    members: dict[str, object] = {
        "errors": [{"pointer": one.pointer, "detail": one.detail} for one in problems[:MOST_PROBLEMS]]
    }
    if total > MOST_PROBLEMS:
        members["more_errors"] = total - min(len(problems), MOST_PROBLEMS)
    return Refusal(
        status=400,
        code=CODE,
        detail=f"The call has {count}: {'; '.join(shown)}{f'; and {more} more' if more else ''}.",
        hint="Correct each place that `errors` names. The gateway's openapi.json describes the operation.",
        members=members,
    )
