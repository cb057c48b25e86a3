"""The remote approver: asks the supervisor's registry for a worker.

A call is not approved if the supervisor does not answer.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.approvals.approval import UNAVAILABLE, Verdict
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.approvals.held_call import from_json, to_json
from plugin_gateway.server.channel import ChannelMessage, MessageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from plugin_gateway.approvals.held_call import HeldCall
    from plugin_gateway.approvals.registry import Registry

PATIENCE_S: Final = 5.0
MOST_WAITING: Final = 200
"""The supervisor answers in a millisecond, so more questions mean that it does not answer at all."""
_NUMBER: Final = struct.Struct("!Q")


class RemoteApprover(Approver):
    """Asks over the worker's channel. `post` sends a message; `hear` takes the bodies of the verdicts."""

    __slots__ = ("_last", "_post", "_waiting")

    def __init__(self, post: Callable[[ChannelMessage], object]) -> None:
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
        self._post(ChannelMessage(MessageKind.APPROVAL_ASKED, _NUMBER.pack(number) + to_json(held)))

    def give_back(self, id_: str) -> None:
        self._post(ChannelMessage(MessageKind.APPROVAL_RETURNED, id_.encode()))

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
    """The supervisor's end: passes the workers' questions to the registry."""

    def __init__(self, registry: Callable[[], Registry], on_verdict: Callable[[HeldCall, Verdict], object]) -> None:
        """Prepare; `registry` returns the current one, and `on_verdict` gets each verdict, for the log."""
        self._registry = registry
        self._on_verdict = on_verdict
        self._asking: set[asyncio.Task[None]] = set()

    def take(self, message: ChannelMessage, reply: Callable[[ChannelMessage], object]) -> None:
        """Take one message of a worker. `reply` gets the answer later if it needs one.

        Raises:
            ValueError: it cannot be read.
        """
        if message.kind is MessageKind.APPROVAL_RETURNED:
            self._do(self._registry().give_back(message.body.decode(errors="replace")))
        else:
            number, text = message.body[: _NUMBER.size], message.body[_NUMBER.size :]
            self._do(self._answer(number, from_json(text), reply))

    async def _answer(self, number: bytes, held: HeldCall, reply: Callable[[ChannelMessage], object]) -> None:
        verdict = await self._registry().ask(held)
        self._on_verdict(held, verdict)
        reply(ChannelMessage(MessageKind.APPROVAL_VERDICT, number + json.dumps(verdict).encode()))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
