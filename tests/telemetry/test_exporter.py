"""The exporter, with a collector on loopback that decodes protobuf."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from plugin_gateway.telemetry import exporter as module
from plugin_gateway.telemetry.call_metrics import SERVER_DURATION
from plugin_gateway.telemetry.exporter import BATCH, Exporter
from plugin_gateway.telemetry.otlp import trace_request
from tests.bounds import BOUND_S
from tests.telemetry.otlp_receiver import BUSY, OK, Receiver, receiving
from tests.telemetry.test_span import COLLECTOR, record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SPANS = 2
"""Of each forwarded call."""


def played(
    scene: Callable[[Exporter, Receiver], Awaitable[Any]], *answers: bytes, **more: Any
) -> tuple[Receiver, Exporter]:
    async def whole() -> tuple[Receiver, Exporter]:
        async with asyncio.timeout(BOUND_S), receiving(*answers) as receiver:
            exporter = Exporter(replace(COLLECTOR, endpoint=receiver.url, **{"metrics": False, **more}))
            exporter.start()
            await scene(exporter, receiver)
            await exporter.close()
            return receiver, exporter

    return asyncio.run(whole())


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0.0)


async def one_call(exporter: Exporter, _: Receiver) -> None:
    exporter.add([record()])


def test_spans_that_wait_are_sent_at_the_end() -> None:
    receiver, exporter = played(one_call, headers=(("Authorization", "Bearer t"),))
    assert [span.name for span in receiver.spans] == ["GET /pets/{petId}"] * SPANS
    assert b"Authorization: Bearer t\r\n" in receiver.heads[0]
    assert b"content-type: application/x-protobuf\r\n" in receiver.heads[0]
    assert exporter.dropped == 0


def test_a_full_batch_is_sent_at_once_and_a_larger_one_in_parts() -> None:
    async def scene(exporter: Exporter, receiver: Receiver) -> None:
        exporter.add([record()] * BATCH)
        await receiver.until(lambda: len(receiver.spans) == BATCH * SPANS)

    receiver, _ = played(scene)
    assert len(receiver.bodies) == SPANS


def test_a_single_span_is_sent_after_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERVAL_S", 0.01)

    async def scene(exporter: Exporter, receiver: Receiver) -> None:
        exporter.add([record()])
        await receiver.until(lambda: len(receiver.spans) == SPANS)

    played(scene)


@pytest.mark.usefixtures("no_pause")
def test_the_same_spans_are_sent_again_to_a_busy_collector() -> None:
    receiver, exporter = played(one_call, BUSY, BUSY, OK)
    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == 1
    assert exporter.dropped == 0


def test_spans_that_the_collector_refuses_are_dropped_and_counted() -> None:
    receiver, exporter = played(one_call, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    assert (len(receiver.bodies), exporter.dropped) == (1, SPANS)


def test_spans_that_an_accepting_collector_rejects_are_counted() -> None:
    # partial_success (field 1) with rejected_spans (field 1) = 1
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x0a\x02\x08\x01"
    assert played(one_call, answer)[1].dropped == 1


def test_the_queue_is_bounded_while_the_collector_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CLOSE_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    async def scene() -> Exporter:
        exporter = Exporter(replace(COLLECTOR, endpoint=f"http://127.0.0.1:{port}", metrics=False, most_waiting=10))
        exporter.start()
        exporter.add([record()] * 20)
        assert exporter.dropped == 20 * SPANS - 10, "the first ten wait, and no call waits with them"
        async with asyncio.timeout(BOUND_S):
            await exporter.close()
        return exporter

    assert asyncio.run(scene()).dropped == 20 * SPANS, "what waits at the end is lost, too"


def test_a_redirect_is_not_followed() -> None:
    redirect = b"HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    receiver, exporter = played(one_call, redirect)
    assert (len(receiver.heads), exporter.dropped) == (1, SPANS)


def test_metrics_are_sent_periodically_and_at_the_end() -> None:
    async def scene(exporter: Exporter, receiver: Receiver) -> None:
        exporter.add([record()])
        await receiver.until(lambda: SERVER_DURATION in receiver.metrics)
        exporter.add([record()])

    receiver, _ = played(scene, metrics=True, traces=False, interval_s=0.01)
    assert receiver.spans == []
    assert receiver.metrics[SERVER_DURATION].histogram.data_points[0].count == 2
    assert receiver.metrics["plugin_gateway.spans.dropped"].sum.data_points[0].as_int == 0


def test_an_error_in_the_gateway_loses_only_the_batch_that_it_was_sending(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INTERVAL_S", 0.01)
    failures = [ValueError("a-secret")]

    def fail_once(*arguments: Any) -> bytes:
        if failures:
            raise failures.pop()
        return trace_request(*arguments)

    monkeypatch.setattr(module, "trace_request", fail_once)

    async def scene(exporter: Exporter, receiver: Receiver) -> None:
        exporter.add([record()])
        while not exporter.dropped:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0)
        exporter.add([record()])
        await receiver.until(lambda: len(receiver.spans) == SPANS)

    _, exporter = played(scene)
    assert exporter.dropped == SPANS
    assert "failed to export" in caplog.text


def test_an_outage_is_logged_once_without_the_header(caplog: pytest.LogCaptureFixture, no_pause: None) -> None:
    played(one_call, BUSY, BUSY, OK, headers=(("Authorization", "Bearer a-secret"),))
    begun = [one.getMessage() for one in caplog.records if "does not answer" in one.getMessage()]
    assert len(begun) == 1
    assert "status 503" in begun[0]
    assert "a-secret" not in caplog.text
