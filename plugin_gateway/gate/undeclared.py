"""An undeclared query: the refusal of a call whose query has names that its operation does not declare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.values.problem import MOST_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.gate.permit import OperationRule, Permit

_SHOWN_NAMES = 5
_SHOWN_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeclaredQuery(Refusal):
    """The refusal, with the rest of the query. Code that judges the rest can answer with every problem of the call."""

    rest: bytes
    """The pairs of the query whose names are declared."""
    permit: Permit | None = None
    """The permit that the call would get without the undeclared names.

    With it the gateway judges the rest; the call does not go up.
    """

    def with_permit(self, permit: Permit) -> UndeclaredQuery:
        """Return the same refusal with the permit for the rest of the query."""
        return replace(self, permit=permit)


def undeclared_query(unknown: Sequence[bytes], rest: bytes, rule: OperationRule) -> UndeclaredQuery:
    """Refuse the decoded names `unknown` (at least one), and name the declared ones."""
    declared = sorted(
        [_show(name) for name in rule.query_names] + [f"{_show(name)}[…]" for name in rule.query_prefixes]
    )
    names = [*dict.fromkeys(map(_show, dict.fromkeys(unknown)))]
    sent = names[:_SHOWN_NAMES]
    takes = ", ".join(declared) or "no query parameters"
    errors = [{"pointer": join_pointer(("query", name)), "detail": "is not declared"} for name in names[:MOST_PROBLEMS]]
    more = {"more_errors": len(names) - MOST_PROBLEMS} if len(names) > MOST_PROBLEMS else {}
    return UndeclaredQuery(
        status=400,
        code="undeclared-query-parameter",
        detail=f"{rule.operation_id} has no query parameter {', '.join(sent)}.",
        hint=f"Leave it out; the operation takes {takes}.",
        members={"undeclared": sent, "declared": declared, "errors": errors, **more},
        rest=rest,
    )


def _show(name: bytes) -> str:
    text = name.decode(errors="replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:_SHOWN_CHARACTERS])
