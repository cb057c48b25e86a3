"""The desk: keeps approvals in memory, and lets each approved call run once.

One desk serves all workers, so two equal calls in two workers cannot both take one approval. A restart forgets
all approvals, and calls are held again; `SharedRegistry` keeps them in Redis instead.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from plugin_gateway.approvals.approval import Approval, Decision, State, Verdict
from plugin_gateway.approvals.link import LinkSigner
from plugin_gateway.approvals.settings import NO_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.approvals.settings import ApprovalSettings

MOST_OF_A_CALLER: Final = 50
"""Calls of one caller that may wait. A model in a loop must not bury the calls that a person should look at."""
MOST: Final = 500
_OPEN: Final = frozenset({State.PENDING, State.APPROVED})


def _new_id() -> str:
    """Return an id that cannot be guessed, in letters that a command line takes as they are."""
    return secrets.token_hex(16)


class Desk:
    """The approvals, by id. Each method takes the time, in seconds since the epoch."""

    def __init__(
        self,
        settings: ApprovalSettings = NO_SETTINGS,
        base: Callable[[], str] = str,
        new_id: Callable[[], str] = _new_id,
    ) -> None:
        """Prepare; `base` returns the URL under which approvers reach the desk if the settings name none."""
        self.settings = settings
        self._base = base
        self._new_id = new_id
        self._links = LinkSigner()
        self._approvals: dict[str, Approval] = {}
        self._by_call: dict[str, list[Approval]] = {}
        self._next_expiry = float("inf")
        self.counts = dict.fromkeys(("asked", "approved", "denied", "expired", "executed", "returned"), 0)
        """How many calls were held, and what became of them."""

    def ask(self, held: HeldCall, now: float) -> Verdict:
        """Return the verdict on a call. The verdict `run` is given once for each approval."""
        self._forget_expired(now)
        same = self._by_call.get(held.fingerprint, [])
        for state in (State.APPROVED, State.PENDING, State.DENIED):
            approval = next((one for one in same if one.state is state), None)
            if approval is not None:
                if state is State.APPROVED:
                    approval.state = State.EXECUTED
                    self.counts["executed"] += 1
                    return Verdict("run", approval.id, "", approval.expires_at)
                return self._verdict(approval)
        if not self._has_room(held.caller):
            return Verdict("full")
        approval = Approval(self._new_id(), held, now, now + self.settings.expires_s, is_repeated=bool(same))
        self._approvals[approval.id] = approval
        self._by_call.setdefault(held.fingerprint, []).append(approval)
        self._next_expiry = min(self._next_expiry, approval.expires_at)
        self.counts["asked"] += 1
        return self._verdict(approval)._replace(is_new=True)

    def give_back(self, id_: str, now: float) -> None:
        """Take back an approval whose call did not reach the API after all."""
        self._forget_expired(now)
        approval = self._approvals.get(id_)
        if approval is not None and approval.state is State.EXECUTED:
            approval.state = State.APPROVED
            self.counts["returned"] += 1

    def decide(self, id_: str, decision: Decision, now: float) -> Approval | None:
        """Decide, and return the approval, or None if there is none; `State.EXECUTED` and `State.DENIED` are final.

        An approved call may still be denied until it runs.
        """
        self._forget_expired(now)
        approval = self._approvals.get(id_)
        if approval is None:
            return None
        if decision is Decision.APPROVE and approval.state is State.PENDING:
            self._decided(approval, State.APPROVED, now)
        elif decision is Decision.DENY and approval.state in _OPEN:
            self._decided(approval, State.DENIED, now)
        return approval

    def approvals(self, now: float) -> list[Approval]:
        """Return all approvals that have not expired, in the order in which they were asked for."""
        self._forget_expired(now)
        return list(self._approvals.values())

    def find(self, id_: str, now: float) -> Approval | None:
        self._forget_expired(now)
        return self._approvals.get(id_)

    def follow(self, token: str, now: float) -> Approval | None:
        """Return the approval that a link of this desk leads to."""
        id_ = self._links.id_of(token)
        return self.find(id_, now) if id_ else None

    def link_to(self, approval: Approval) -> str:
        """Return the URL of the page where a person decides."""
        base = self.settings.url or self._base()
        return f"{base.rstrip('/')}/approve/{self._links.token_of(approval.id)}"

    @property
    def pending(self) -> int:
        return sum(one.state is State.PENDING for one in self._approvals.values())

    def _verdict(self, approval: Approval) -> Verdict:
        return Verdict(str(approval.state), approval.id, self.link_to(approval), approval.expires_at)

    def _decided(self, approval: Approval, state: State, now: float) -> None:
        approval.state = state
        approval.decided_at = now
        self.counts[str(state)] += 1

    def _has_room(self, caller: str) -> bool:
        """Whether one more call may wait; a full desk forgets calls that ran or were denied, the oldest first."""
        waiting = [one for one in self._approvals.values() if one.state in _OPEN]
        if len(waiting) >= MOST or sum(one.held.caller == caller for one in waiting) >= MOST_OF_A_CALLER:
            return False
        if len(self._approvals) >= MOST:
            self._forget([next(one for one in self._approvals.values() if one.state not in _OPEN)])
        return True

    def _forget_expired(self, now: float) -> None:
        if now < self._next_expiry:
            return
        expired = [one for one in self._approvals.values() if one.expires_at <= now]
        self.counts["expired"] += sum(one.state in _OPEN for one in expired)
        self._forget(expired)
        self._next_expiry = min((one.expires_at for one in self._approvals.values()), default=float("inf"))

    def _forget(self, approvals: Iterable[Approval]) -> None:
        for one in approvals:
            del self._approvals[one.id]
            same = self._by_call[one.held.fingerprint]
            same.remove(one)
            if not same:
                del self._by_call[one.held.fingerprint]
