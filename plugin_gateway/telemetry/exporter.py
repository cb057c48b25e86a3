"""The exporter: sends the spans and the metrics of one worker to a collector, outside the calls.

The queue of spans is bounded. While the collector does not answer, later spans are dropped and counted; no call waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from random import random
from time import time_ns
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import httpx2

from plugin_gateway import __version__
from plugin_gateway.telemetry.call_metrics import CallMetrics
from plugin_gateway.telemetry.cause import root_cause_of
from plugin_gateway.telemetry.otlp import MEDIA_TYPE, metrics_request, rejected_spans, trace_request
from plugin_gateway.telemetry.outage import Outage
from plugin_gateway.telemetry.span import spans_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from plugin_gateway.telemetry.collector import Collector
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.telemetry.span import Attributes, Span

_logger = logging.getLogger("plugin_gateway.otel")

BATCH: Final = 128
"""The spans of one request. Making it takes a few milliseconds, which delay the worker's calls."""
INTERVAL_S: Final = 1.0
"""How long a span waits for others, at most."""
TIMEOUT_S: Final = 10.0
_CLOSE_TIMEOUT_S: Final = 2.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_MOST_ANSWER_BYTES: Final = 64 * 1024
_TRY_AGAIN: Final = frozenset({429, 502, 503, 504})
"""The statuses after which a client sends the same request again (OTLP 1.x, "Failures")."""


class Exporter:
    """Exports to one collector, from `start` to `close`."""

    def __init__(self, collector: Collector, cover: Callable[[bytes], bytes] = bytes) -> None:
        """Prepare; `cover` masks secrets."""
        self.collector = collector
        self.dropped = 0
        """The spans that did not reach the collector."""
        self._cover = cover
        self._waiting: deque[Span] = deque()
        self._metrics = CallMetrics()
        self._start_ns = time_ns()
        self._wake = asyncio.Event()
        """Set when there are spans for a batch."""
        self._closing = asyncio.Event()
        self._outage = Outage(f"The collector {collector.endpoint}")
        self._resource: Attributes = [
            *collector.resource,
            ("service.version", __version__),
            # Each worker has its own counts, so each is a service instance.
            ("service.instance.id", str(uuid4())),
            ("host.name", os.uname().nodename),
            ("process.pid", os.getpid()),
        ]
        self._client = httpx2.AsyncClient(
            follow_redirects=False, trust_env=False, timeout=TIMEOUT_S, limits=httpx2.Limits(max_connections=2)
        )
        self._headers = {
            "content-type": MEDIA_TYPE,
            "accept-encoding": "identity",
            "user-agent": f"plugin-gateway/{__version__}",
            **dict(collector.headers),
        }
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to export."""
        collector = self.collector
        self._running = [
            asyncio.create_task(self._lasting(run), name="otlp")
            for run, is_wanted in ((self._send_spans, collector.traces), (self._send_metrics, collector.metrics))
            if is_wanted
        ]

    def add(self, records: Sequence[AccessRecord]) -> None:
        """Take the records of calls that have ended."""
        collector, waiting = self.collector, self._waiting
        if collector.metrics:
            self._metrics.add(records, collector)
        if not collector.traces:
            return
        for record in records:
            for span in spans_of(record, collector, self._cover):
                if len(waiting) < collector.most_waiting:
                    waiting.append(span)
                else:
                    self.dropped += 1
        if len(waiting) >= BATCH:
            self._wake.set()

    async def close(self) -> None:
        """Send what is queued, for a short time, and end."""
        self._closing.set()
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await asyncio.gather(*self._running)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.dropped += len(self._waiting)
        self._waiting.clear()
        await self._client.aclose()

    async def _lasting(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run to the end. If the gateway has an error, log it, lose what was to be sent, and begin again."""
        while True:
            try:
                await run()
            except Exception:
                _logger.exception("The gateway failed to export", extra={"event": "export-failed"})
                await _until(self._closing, INTERVAL_S)
                if self._closing.is_set():
                    return
            else:
                return

    async def _send_spans(self) -> None:
        while not self._closing.is_set() or self._waiting:
            await _until(self._wake, INTERVAL_S)
            if not self._closing.is_set():
                self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                try:
                    await self._send_batch(batch)
                except BaseException:
                    self.dropped += len(batch)
                    raise

    async def _send_batch(self, batch: list[Span]) -> None:
        """Send spans, again and again while the collector does not answer or is busy."""
        body = trace_request(batch, self._resource)
        pause_s = _FIRST_PAUSE_S
        while True:
            status, answer, retry_after_s = await self._post("/v1/traces", body)
            if status // 100 == 2:
                self.dropped += rejected_spans(answer)
                return
            if status and status not in _TRY_AGAIN:
                self.dropped += len(batch)
                return
            # With jitter, because all workers lose the collector at the same time.
            await asyncio.sleep(max(retry_after_s, pause_s * (0.5 + random())))  # noqa: S311  # not for secrets
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _send_metrics(self) -> None:
        is_last = False
        while not is_last:
            await _until(self._closing, self.collector.interval_s)
            is_last = self._closing.is_set()
            await self._post("/v1/metrics", self._metrics_now())

    def _metrics_now(self) -> bytes:
        sums = [("plugin_gateway.spans.dropped", "{span}", self.dropped)]
        return metrics_request(self._metrics.histograms(), sums, self._resource, self._start_ns, time_ns())

    async def _post(self, path: str, body: bytes) -> tuple[int, bytes, float]:
        """Return the status, the beginning of the answer, and the seconds to wait before the next request.

        Without an answer, the status is 0.
        """
        url, headers = self.collector.endpoint + path, self._headers
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._client.stream("POST", url, content=body, headers=headers) as response,
            ):
                answer = b""
                async for piece in response.aiter_bytes():
                    answer += piece[: _MOST_ANSWER_BYTES - len(answer)]
                    if len(answer) >= _MOST_ANSWER_BYTES:
                        break
                status = response.status_code
                after = response.headers.get("retry-after", "")
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            self._outage.failed(str(root_cause_of(error)))
            return 0, b"", 0.0
        if status // 100 == 2:
            self._outage.answered()
        else:
            self._outage.failed(f"status {status}")
        return status, answer, min(float(after), _LONGEST_PAUSE_S) if after.isdecimal() else 0.0


async def _until(event: asyncio.Event, longest_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest_s):
            await event.wait()
