"""An account of a call as JSON members, as `explain --format json` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.revision.account import Account


def as_members(account: Account) -> dict[str, object]:
    members: dict[str, object] = {"allowed": account.is_allowed}
    if account.rule is not None:
        members |= {"operation": account.rule.operation_id, "url": account.url}
    elif isinstance(account.verdict, Refusal):
        members |= {"status": account.verdict.status, "code": account.verdict.code}
    members["steps"] = [{"name": step.name, "passed": step.passed, "finding": step.finding} for step in account.steps]
    return members
