"""The remote approver: questions cross the channel, and silence approves nothing."""

from __future__ import annotations

import asyncio
import json
import struct
from time import time
from typing import TYPE_CHECKING, Any

import httpx2

from plugin_gateway.approvals.approval import Decision, Verdict
from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.server import remote_approver
from plugin_gateway.server.channel import ChannelMessage, MessageKind
from plugin_gateway.server.remote_approver import MOST_WAITING, DeskLine, RemoteApprover
from plugin_gateway.server.start import ServeOptions
from plugin_gateway.server.supervisor import Supervisor
from plugin_gateway.telemetry import Log
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import pytest

HELD = HeldCall(fingerprint="f", caller="", operation="op", method="POST", path="/p")
DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {/orders: {post: {operationId: order, requestBody: {content: {application/json: {}}}, responses: {}}}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream: {{url: http://127.0.0.1:{port}}}
allow: [{{operation: order, consequential: confirm}}]
listen: 127.0.0.1:0
admin: 127.0.0.1:0
log: {{level: error}}
public: {{url: http://localhost:8080}}
"""


def run(talk: Callable[[RemoteApprover, list[ChannelMessage]], Awaitable[Any]]) -> Any:
    async def bounded() -> Any:
        posted: list[ChannelMessage] = []
        async with asyncio.timeout(BOUND_S):
            return await talk(RemoteApprover(posted.append), posted)

    return asyncio.run(bounded())


def test_verdicts_find_their_calls_in_any_order() -> None:
    desk, told = Desk(), []
    line = DeskLine(lambda: LocalRegistry(desk), lambda held, verdict: told.append(verdict.kind))

    async def talk(approver: RemoteApprover, posted: list[ChannelMessage]) -> list[Any]:
        heard: list[Any] = []
        approver.ask(HELD, lambda verdict: heard.append(("first", verdict.kind)))
        answers: asyncio.Queue[ChannelMessage] = asyncio.Queue()
        line.take(posted[0], answers.put_nowait)
        first = await answers.get()
        now = time()
        desk.decide(desk.approvals(now)[0].id, Decision.APPROVE, now)
        approver.ask(HELD, lambda verdict: heard.append(("second", verdict.kind)))
        line.take(posted[1], answers.put_nowait)
        for answer in (await answers.get(), first):
            approver.hear(answer.body)
        return heard

    assert run(talk) == [("second", "run"), ("first", "pending")]
    assert told == ["pending", "run"]


def test_an_approval_goes_back_over_the_channel() -> None:
    desk = Desk()
    line = DeskLine(lambda: LocalRegistry(desk), lambda held, verdict: None)

    async def talk(approver: RemoteApprover, posted: list[ChannelMessage]) -> str:
        now = time()
        id_ = desk.ask(HELD, now).id
        desk.decide(id_, Decision.APPROVE, now)
        desk.ask(HELD, now)
        approver.give_back(id_)
        line.take(posted[0], posted.append)
        await asyncio.gather(*line._asking)
        assert len(posted) == 1
        return desk.ask(HELD, now).kind

    assert run(talk) == "run"


def test_silence_approves_nothing_and_a_late_approval_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_approver, "PATIENCE_S", 0.0)

    async def talk(approver: RemoteApprover, posted: list[ChannelMessage]) -> tuple[str, ChannelMessage]:
        heard = asyncio.get_running_loop().create_future()
        approver.ask(HELD, heard.set_result)
        verdict = await heard
        number = posted[0].body[:8]
        approver.hear(number + json.dumps(Verdict("run", "7")).encode())
        return verdict.kind, posted[-1]

    assert run(talk) == ("unavailable", ChannelMessage(MessageKind.APPROVAL_RETURNED, b"7"))


def test_a_supervisor_that_does_not_answer_cannot_fill_the_memory() -> None:
    async def talk(approver: RemoteApprover, posted: list[ChannelMessage]) -> list[str]:
        heard: list[str] = []
        for _ in range(MOST_WAITING + 1):
            approver.ask(HELD, lambda verdict: heard.append(verdict.kind))
        for number in range(1, MOST_WAITING + 1):
            approver.hear(struct.pack("!Q", number) + json.dumps(Verdict("denied")).encode())
        assert len(posted) == MOST_WAITING
        return heard[:2]

    assert run(talk) == ["unavailable", "denied"]


def test_equal_calls_in_two_workers_run_once(tmp_path: Path) -> None:
    """A running gateway with two workers: the approval is taken by one call of sixteen."""
    requests: list[bytes] = []

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                requests.append(head + await reader.readexactly(2))
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def order(public: str) -> Any:
        async with httpx2.AsyncClient(trust_env=False, timeout=BOUND_S) as client:
            return await client.post(f"{public}/orders", json={})

    async def talk(public: str, admin: str) -> None:
        first = await order(public)
        assert first.status_code == 202
        id_ = first.json()["approval"]["id"]
        assert not requests
        async with httpx2.AsyncClient(trust_env=False, timeout=BOUND_S) as client:
            decided = await client.post(f"{admin}/approvals/{id_}", json={"decision": "approve"})
        assert decided.json()["status"] == "approved"
        answers = await asyncio.gather(*(order(public) for _ in range(16)))
        assert sorted(answer.status_code for answer in answers) == [201, *[202] * 15]
        assert len({answer.json()["approval"]["id"] for answer in answers if answer.status_code == 202}) == 1
        assert len(requests) == 1

    async def bounded() -> None:
        server = await asyncio.start_server(upstream, "127.0.0.1", 0)
        (tmp_path / "openapi.yaml").write_text(DOCUMENT)
        config = tmp_path / "gateway.yaml"
        config.write_text(CONFIG.format(port=server.sockets[0].getsockname()[1]))
        supervisor = Supervisor(ServeOptions(config=config, workers=2), Log(level="error"))
        announced = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(BOUND_S):
            running = asyncio.create_task(supervisor.run(lambda started, _: announced.set_result(started)))
            try:
                started = await announced
                await talk(f"http://{started.listen}", f"http://{started.admin}")
            finally:
                supervisor._stop()
                await running
                server.close()

    asyncio.run(bounded())
