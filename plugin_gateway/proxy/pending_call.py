"""A pending call: a request that waits, with its body, while its caller's credential is judged."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from plugin_gateway.callers.authenticator import UNAVAILABLE
from plugin_gateway.proxy.call import Call
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.received import Received

    GoOn: TypeAlias = "Callable[[PendingCall, Access, bytes, bool], object]"

PATIENCE_S: Final = 12.0
"""Longer than the provider's timeouts for all questions about one credential."""
_HIGH_WATER_BYTES: Final = 64 * 1024
_FAILED: Final = Refusal(
    status=500, code="internal-error", detail="The gateway failed to judge the call; its log says why."
)

_logger = logging.getLogger("plugin_gateway.proxy")


class PendingCall(Call):
    """Takes the place of the call until its caller is known."""

    __slots__ = ("_body", "_found", "_go_on", "_is_answer_paused", "_is_whole", "_task")

    def __init__(
        self,
        client: Client,
        received: Received,
        found: Awaitable[Access | Refusal],
        go_on: GoOn,
    ) -> None:
        """Wait for the verdict on the caller. If it is let in, call `go_on` with the body that came meanwhile."""
        super().__init__(client, received)
        self._found = found
        self._go_on = go_on
        self._body: list[bytes] = []
        self._is_whole = False
        self._is_answer_paused = False
        self._task: asyncio.Task[None] | None = None

    def start(self, body: bytes, is_whole: bool, pending: Call | None = None) -> None:  # noqa: ARG002  # it is the first
        # It has not begun: `Client.on_begin` gets the call that replaces it.
        self._client.call = self
        self.send(body, is_last=is_whole)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def send(self, data: bytes, *, is_last: bool) -> None:
        self._body.append(data)
        self._is_whole = is_last
        if not is_last and sum(map(len, self._body)) > _HIGH_WATER_BYTES:
            self._client.pause_body()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def pause_answer(self) -> None:
        self._is_answer_paused = True

    def resume_answer(self) -> None:
        self._is_answer_paused = False

    def on_tick(self, now: float) -> None:
        if now - self.started_at > PATIENCE_S:
            self.cancel()
            self._client.on_failure(UNAVAILABLE)

    async def _run(self) -> None:
        try:
            await self._wait()
        except Exception:
            # After any error the client must get an answer at once, not after `PATIENCE_S`.
            _logger.exception("A caller could not be judged")
            self._client.on_failure(_FAILED)

    async def _wait(self) -> None:
        found = await self._found
        if isinstance(found, Refusal):
            self._client.on_failure(found)
            return
        self._client.resume_body()
        self._go_on(self, found, b"".join(self._body), self._is_whole)
        call = self._client.call
        if self._is_answer_paused and call is not None:
            call.pause_answer()
