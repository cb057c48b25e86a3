"""An approver: the way from a call to the desk, which may be in another process."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.approvals.approval import Verdict
    from plugin_gateway.approvals.desk import Desk
    from plugin_gateway.approvals.held_call import HeldCall


class Approver:
    """Asks the desk.

    This is an abstract class and not a protocol because its subclasses are in several rooms, and their first lines name it.
    """

    __slots__ = ()

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        """Ask for the verdict on a call. `on_verdict` gets it exactly once, at once or later."""
        raise NotImplementedError

    def give_back(self, id_: str) -> None:
        """Give back an approval whose call did not reach the API."""
        raise NotImplementedError


class LocalApprover(Approver):
    """Asks a desk in this process."""

    __slots__ = ("_clock", "_desk", "_tell")

    def __init__(
        self,
        desk: Desk,
        clock: Callable[[], float] = time,
        tell: Callable[[HeldCall, Verdict], object] | None = None,
    ) -> None:
        """Prepare; `tell` gets each verdict, for the log."""
        self._desk = desk
        self._clock = clock
        self._tell = tell

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        verdict = self._desk.ask(held, self._clock())
        if self._tell is not None:
            self._tell(held, verdict)
        on_verdict(verdict)

    def give_back(self, id_: str) -> None:
        self._desk.give_back(id_, self._clock())
