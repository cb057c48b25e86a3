"""The export of one worker: the exporter for the collector of the revision in force, and the tracing of calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plugin_gateway.proxy.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.telemetry import Recorder
    from plugin_gateway.telemetry.collector import Collector
    from plugin_gateway.telemetry.exporter import Exporter


class Export:
    """Follows the revisions of one worker."""

    def __init__(self, recorder: Recorder, cover: Callable[[bytes], bytes]) -> None:
        self.tracing = Tracing()
        self._recorder = recorder
        self._cover = cover
        self._closing: set[asyncio.Task[None]] = set()

    def adopt(self, collector: Collector | None) -> None:
        """Export to this collector from now on."""
        old = self._recorder.exporter
        if collector == (old.collector if old is not None else None):
            return
        self.tracing.adopt(collector)
        self._recorder.exporter = None
        if old is not None:
            task = asyncio.create_task(self._close(old), name="otlp-close")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        if collector is not None:
            from plugin_gateway.telemetry.exporter import Exporter  # noqa: PLC0415  # only with the otel extra

            self._recorder.exporter = Exporter(collector, self._cover)
            self._recorder.exporter.start()

    async def _close(self, old: Exporter) -> None:
        """Let an exporter send what it has, and add the number of its dropped spans to its successor's."""
        await old.close()
        if self._recorder.exporter is not None:
            self._recorder.exporter.dropped += old.dropped

    async def close(self) -> None:
        """Send what is queued, for a short time."""
        if self._recorder.exporter is not None:
            await self._recorder.exporter.close()
        await asyncio.gather(*self._closing)
