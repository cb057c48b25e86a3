"""The answers to calls that wait for a person, or may not run: codes for a program, and words that a model can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.approvals.approval import timestamp
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.approvals.approval import Verdict

PENDING_CODE: Final = "approval-needed"

_NO_DESK: Final = Refusal(
    status=503,
    code="approval-unavailable",
    detail="A person must approve this call, and this gateway offers no way to do so.",
    hint="The gateway's operator must run `plugin-gateway serve` with an `admin` listener, or `plugin-gateway try` on a terminal.",
)
_SILENT: Final = Refusal(
    status=503,
    code="approval-unavailable",
    detail="A person must approve this call, and the gateway could not ask. The call did not run.",
    hint="Send the same call again shortly.",
    headers=((b"Retry-After", b"5"),),
)
_FULL: Final = Refusal(
    status=429,
    code="too-many-approvals",
    detail="Too many of your calls are waiting for a person's approval.",
    hint="Ask your user to decide about them first. Until then, do not send other calls of this operation.",
    headers=((b"Retry-After", b"60"),),
)
_DENIED: Final = Refusal(
    status=403,
    code="approval-denied",
    detail="A person decided that this call must not run.",
    hint="Do not send it again. Ask your user what to do instead.",
)


def refusal_for(verdict: Verdict) -> Refusal:
    """Return the answer to a call that does not run now."""
    if verdict.kind == "pending":
        approval = {
            "id": verdict.id,
            "status": "pending",
            "url": verdict.url,
            "expires_at": timestamp(verdict.expires_at),
        }
        return Refusal(
            status=202,
            code=PENDING_CODE,
            detail="This call did not run yet: a person must approve it. Ask your user to open the `url`, to check the call there, "
            "and to approve it. Then send exactly the same call again, before `expires_at`; it runs once.",
            members={"approval": approval},
        )
    return {"denied": _DENIED, "full": _FULL, "no-desk": _NO_DESK}.get(verdict.kind, _SILENT)
