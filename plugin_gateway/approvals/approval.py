"""An approval: one person's decision about one held call, from the first time the call came to the time it ran."""

from __future__ import annotations

import enum
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from plugin_gateway.approvals.held_call import HeldCall


class State(enum.StrEnum):
    """The state of an approval."""

    PENDING = "pending"
    """A person must decide."""
    APPROVED = "approved"
    """The call runs when it comes again."""
    DENIED = "denied"
    EXECUTED = "executed"
    """The call went to the API. It never goes there again with this approval."""


class Decision(enum.StrEnum):
    """What a person decides."""

    APPROVE = "approve"
    DENY = "deny"


class Approval:
    """The approval of one call. Only its desk changes it."""

    __slots__ = ("asked_at", "decided_at", "expires_at", "held", "id", "is_repeated", "state")

    def __init__(self, id_: str, held: HeldCall, asked_at: float, expires_at: float, *, is_repeated: bool) -> None:
        self.id = id_
        self.held = held
        self.asked_at = asked_at
        self.expires_at = expires_at
        """When the desk forgets the approval. All times are seconds since the epoch."""
        self.decided_at = 0.0
        self.state = State.PENDING
        self.is_repeated = is_repeated
        """The same call ran a short time ago. The approver should know it: the caller may not know that it did."""

    def members(self) -> dict[str, Any]:
        """Return the approval as JSON members, for approvers."""
        held = self.held
        return {
            "id": self.id,
            "status": str(self.state),
            "operation": held.operation,
            "caller": held.caller or None,
            "method": held.method,
            "path": held.path,
            "query": held.query or None,
            "fields": dict(held.fields) or None,
            "media_type": held.media_type or None,
            "body": held.body or None,
            "body_bytes": held.body_bytes,
            "body_left_out": held.body_left_out,
            "body_sha256": held.body_sha256 or None,
            "ran_before": self.is_repeated,
            "asked_at": timestamp(self.asked_at),
            "expires_at": timestamp(self.expires_at),
        }


class Verdict(NamedTuple):
    """The desk's answer to a call."""

    kind: str
    """`run`: now, and only this time; `pending`; `denied`; `full`: the desk takes no more calls of this caller;
    `unavailable`: the desk does not answer; `no-desk`: there is none."""
    id: str = ""
    url: str = ""
    expires_at: float = 0.0
    is_new: bool = False
    """The call is held for the first time."""


UNAVAILABLE = Verdict("unavailable")
NO_DESK = Verdict("no-desk")


def timestamp(at: float) -> str:
    """Return a time as RFC 3339 has it, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
