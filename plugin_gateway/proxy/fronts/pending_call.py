"""A pending call: a request whose caller's credential is being looked into; its body waits here."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from plugin_gateway.callers.authenticator import UNAVAILABLE
from plugin_gateway.proxy.call import Asked, Call
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.plan import Permitted, Serving
    from plugin_gateway.proxy.wire import RequestFields

PATIENCE_S: Final = 12.0
"""Longer than a provider is given for each of the questions one credential may need."""
_HIGH_WATER_BYTES: Final = 64 * 1024
_FAILED: Final = Refusal(
    status=500, code="internal-error", detail="The gateway failed to judge the call; its log says why."
)

_logger = logging.getLogger("plugin_gateway.proxy")


class PendingCall(Call):
    """Stands in for the exchange that the request will be, if its caller may come in."""

    __slots__ = ("_body", "_found", "_is_answer_paused", "_is_whole", "_serving", "_task")

    def __init__(
        self,
        client: Client,
        request: RequestFields,
        method: bytes,
        target: bytes,
        *,
        serving: Serving,
        found: Awaitable[Access | Refusal],
    ) -> None:
        super().__init__(client, Asked(request, method, target))
        self._serving = serving
        self._found = found
        self._body: list[bytes] = []
        self._is_whole = False
        self._is_answer_paused = False
        self._task: asyncio.Task[None] | None = None

    def start(self, body: bytes, *, is_whole: bool) -> None:
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
            # Whatever went wrong, the client must not wait for its patience to end.
            _logger.exception("A caller could not be judged")
            self._client.on_failure(_FAILED)

    async def _wait(self) -> None:
        admitted = await self._found
        asked = self.asked
        decision: Permitted | Refusal
        if isinstance(admitted, Refusal):
            decision = admitted
        else:
            self.asked = Asked(asked.request, asked.method, asked.target, consumer=admitted.consumer)
            decision = self._serving.decide(admitted, asked.method, asked.target, asked.request)
        if isinstance(decision, Refusal):
            self._client.on_failure(decision)
            return
        exchange = Exchange(self._client, decision)
        exchange.started_at = self.started_at
        exchange.request_id = self.request_id
        self._client.on_became(exchange)
        self._client.resume_body()
        if self._is_answer_paused:
            exchange.pause_answer()
        exchange.start(b"".join(self._body), is_whole=self._is_whole)
