"""A registry: where the approvals of a gateway are kept, in this process or in a store that replicas share.

Workers and people reach the approvals through it. A decision has an effect only if it is in the registry.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.approvals.approval import Approval, Decision, Verdict
    from plugin_gateway.approvals.desk import Desk
    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.approvals.settings import ApprovalSettings


class StoreAwayError(Exception):
    """Raised for a question of an approver while the store does not answer."""


class Registry(Protocol):
    """Keeps approvals."""

    @property
    def settings(self) -> ApprovalSettings: ...

    @property
    def counts(self) -> Mapping[str, int]:
        """How many calls were held here, and what became of them."""

    @property
    def pending(self) -> int:
        """How many calls wait; the count of a shared store may be a moment old."""

    async def ask(self, held: HeldCall) -> Verdict:
        """Return the verdict on a call. The verdict `run` is given once for each approval.

        If the store does not answer, the verdict is `UNAVAILABLE`.
        """

    async def give_back(self, id_: str) -> None:
        """Take back an approval whose call did not reach the API after all."""

    async def decide(self, id_: str, decision: Decision) -> tuple[Approval, bool] | None:
        """Decide, and return the approval and whether the decision changed it; None if there is no such approval.

        Raises:
            StoreAwayError: the store does not answer.
        """

    async def approvals(self) -> list[Approval]:
        """Return all approvals that have not expired, in the order in which they were asked for.

        Raises:
            StoreAwayError: the store does not answer.
        """

    async def find(self, id_: str) -> Approval | None:
        """Return an approval.

        Raises:
            StoreAwayError: the store does not answer.
        """

    async def follow(self, token: str) -> Approval | None:
        """Return the approval that a link leads to.

        Raises:
            StoreAwayError: the store does not answer.
        """

    def link_to(self, approval: Approval) -> str:
        """Return the URL of the page where a person decides."""


class LocalRegistry(Registry):
    """Keeps approvals in a desk of this process."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time) -> None:
        self.desk = desk
        self._clock = clock

    @property
    def settings(self) -> ApprovalSettings:
        return self.desk.settings

    @property
    def counts(self) -> Mapping[str, int]:
        return self.desk.counts

    @property
    def pending(self) -> int:
        return self.desk.pending

    async def ask(self, held: HeldCall) -> Verdict:
        return self.desk.ask(held, self._clock())

    async def give_back(self, id_: str) -> None:
        self.desk.give_back(id_, self._clock())

    async def decide(self, id_: str, decision: Decision) -> tuple[Approval, bool] | None:
        now = self._clock()
        known = self.desk.find(id_, now)
        before = known.state if known is not None else None
        approval = self.desk.decide(id_, decision, now)
        return (approval, approval.state is not before) if approval is not None else None

    async def approvals(self) -> list[Approval]:
        return self.desk.approvals(self._clock())

    async def find(self, id_: str) -> Approval | None:
        return self.desk.find(id_, self._clock())

    async def follow(self, token: str) -> Approval | None:
        return self.desk.follow(token, self._clock())

    def link_to(self, approval: Approval) -> str:
        return self.desk.link_to(approval)
