"""The remote approver: asks the supervisor's desk for a worker. A call is not approved if the desk does not answer."""

from __future__ import annotations

import asyncio
import json
import struct
from time import time
from typing import TYPE_CHECKING, Final

from plugin_gateway.approvals.approval import UNAVAILABLE, Verdict
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.approvals.held_call import from_json, to_json
from plugin_gateway.server.channel import Kind, Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.approvals.desk import Desk
    from plugin_gateway.approvals.held_call import HeldCall

PATIENCE_S: Final = 5.0
MOST_WAITING: Final = 200
"""The supervisor answers in a millisecond, so more questions mean that it does not answer at all."""
_NUMBER: Final = struct.Struct("!Q")


class RemoteApprover(Approver):
    """Asks over the worker's channel. `post` sends a message; `hear` takes the bodies of the verdicts."""

    __slots__ = ("_last", "_post", "_waiting")

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._last = 0
        self._waiting: dict[int, tuple[Callable[[Verdict], object], asyncio.TimerHandle]] = {}

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            on_verdict(UNAVAILABLE)
            return
        self._last += 1
        number = self._last
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._settle, number, UNAVAILABLE)
        self._waiting[number] = on_verdict, timer
        self._post(Message(Kind.APPROVAL_ASKED, _NUMBER.pack(number) + to_json(held)))

    def give_back(self, id_: str) -> None:
        self._post(Message(Kind.APPROVAL_RETURNED, id_.encode()))

    def hear(self, body: bytes) -> None:
        """Take a verdict. If it came too late for its call, an approval goes back."""
        (number,) = _NUMBER.unpack_from(body)
        verdict = Verdict(*json.loads(body[_NUMBER.size :]))
        if not self._settle(number, verdict) and verdict.kind == "run":
            self.give_back(verdict.id)

    def _settle(self, number: int, verdict: Verdict) -> bool:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return False
        on_verdict, timer = waiting
        timer.cancel()
        on_verdict(verdict)
        return True


class DeskLine:
    """The supervisor's end: passes the workers' questions to the desk."""

    def __init__(self, desk: Desk, on_verdict: Callable[[HeldCall, Verdict], object]) -> None:
        """Prepare; `on_verdict` is told each verdict, for the log."""
        self._desk = desk
        self._on_verdict = on_verdict

    def answer(self, message: Message) -> Message | None:
        """Answer one message of a worker; None if it needs no answer."""
        if message.kind is Kind.APPROVAL_RETURNED:
            self._desk.give_back(message.body.decode(errors="replace"), time())
            return None
        number, text = message.body[: _NUMBER.size], message.body[_NUMBER.size :]
        held = from_json(text)
        verdict = self._desk.ask(held, time())
        self._on_verdict(held, verdict)
        return Message(Kind.APPROVAL_VERDICT, number + json.dumps(verdict).encode())
