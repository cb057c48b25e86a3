import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.registry import LocalRegistry
from plugin_gateway.config.address import Address
from plugin_gateway.revision.tls_files import TlsFiles
from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.server.process import WorkerProcess
from plugin_gateway.server.remote_approver import DeskLine
from plugin_gateway.server.sockets import listen, open_listeners
from plugin_gateway.telemetry.series import Series, SeriesKey
from tests.bounds import BOUND_S
from tests.narrow import present
from tests.server.pickled import revision


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    address, (listener,) = open_listeners(Address("127.0.0.1", 0), 1)
    listen(address, [listener])
    yield listener
    listener.close()


async def get(listener: socket.socket, path: str = "/number") -> bytes:
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def run(talk: Callable[..., Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(BOUND_S):
            worker = await WorkerProcess.spawn()
            try:
                return await talk(worker)
            finally:
                worker.kill()
                await worker.wait()

    return asyncio.run(bounded())


def test_a_worker_serves_its_first_revision_and_then_the_next(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> tuple[bytes, bytes]:
        assert not worker.is_started
        assert await worker.start(listener, revision(1))
        first = await get(listener)
        assert await worker.adopt(revision(2)) == ""
        return first, await get(listener)

    assert run(talk) == (b"1", b"2")


def test_a_revision_that_cannot_be_served_is_rejected_and_the_old_one_stays(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> tuple[str, bytes]:
        await worker.start(listener, revision(1))
        refusal = await worker.adopt(revision(2, tls=True, tls_files=TlsFiles(ca=b"none")))
        return refusal, await get(listener)

    refusal, served = run(talk)
    assert "NO_CERTIFICATE" in refusal
    assert served == b"1"


def test_a_worker_answers_with_its_counts_and_the_last_ones_outlive_it(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> tuple[Series, Series]:
        await worker.start(listener, revision())
        await get(listener)
        counted = await worker.series()
        worker.kill()
        await worker.wait()
        return counted, await worker.series()

    counted, afterwards = run(talk)
    assert counted[SeriesKey("bytes_out")] == [1]
    assert afterwards == counted


def test_a_worker_that_ends_by_itself_sends_its_last_counts(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> Series:
        await worker.start(listener, revision())
        await get(listener)
        os.kill(worker.pid, signal.SIGTERM)
        await worker.wait()
        return worker.last_series

    assert run(talk)[SeriesKey("bytes_out")] == [1]


def test_draining_ends_it_with_status_0(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> int:
        await worker.start(listener, revision())
        await worker.drain(5)
        return await worker.wait()

    assert run(talk) == 0


def test_a_worker_without_a_revision_ends_when_it_is_drained() -> None:
    async def talk(worker: WorkerProcess) -> int:
        await worker.drain(5)
        return await worker.wait()

    assert run(talk) == 0


def test_a_worker_that_dies_during_its_start_counts_as_not_started(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> bool:
        worker.kill()
        return await worker.start(listener, revision())

    assert run(talk) is False


def test_a_worker_that_does_not_answer_is_ended(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_gateway.server.process.ANSWER_TIMEOUT_S", 0.1)

    async def talk(worker: WorkerProcess) -> tuple[bool, int]:
        ours, theirs = socket.socketpair()
        worker._ours.close()
        worker._ours = ours
        started = await worker.start(listener, revision())
        theirs.close()
        return started, await worker.wait()

    assert run(talk) == (False, -9)


def hearing(
    listener: socket.socket,
    on_unasked: Callable[[ChannelMessage, Callable[[ChannelMessage], object]], object],
    act: Callable[..., Any],
) -> Any:
    """Start a worker whose end of the channel is the test's; return what `act` returns, and whether the worker started."""

    async def talk(worker: WorkerProcess) -> tuple[Any, bool]:
        ours, theirs = socket.socketpair()
        worker._ours.close()
        worker._ours, worker._on_unasked = ours, on_unasked
        starting = asyncio.create_task(worker.start(listener, revision()))
        await asyncio.sleep(0)
        _, descriptors, _, _ = socket.recv_fds(theirs, 1, 1)
        os.close(descriptors[0])
        theirs.setblocking(False)
        channel = await Channel.over(theirs)
        assert present(await channel.receive()).kind is MessageKind.REVISION
        done = await act(channel)
        started = await starting
        channel.close()
        return done, started

    return run(talk)


def test_a_worker_may_ask_while_it_is_asked(listener: socket.socket) -> None:
    async def act(channel: Channel) -> bytes:
        await channel.send(ChannelMessage(MessageKind.APPROVAL_RETURNED, b"no answer"))
        await channel.send(ChannelMessage(MessageKind.APPROVAL_ASKED, b"may I?"))
        answer = await channel.receive()
        await channel.send(ChannelMessage(MessageKind.ADOPTED, b"1"))
        assert answer is not None
        assert answer.kind is MessageKind.APPROVAL_VERDICT
        return answer.body

    def on_unasked(message: ChannelMessage, reply: Callable[[ChannelMessage], object]) -> None:
        if message.kind is MessageKind.APPROVAL_ASKED:
            reply(ChannelMessage(MessageKind.APPROVAL_VERDICT, b"yes"))

    assert hearing(listener, on_unasked, act) == (b"yes", True)


def test_records_of_calls_come_while_the_worker_is_watched(listener: socket.socket) -> None:
    async def talk(worker: WorkerProcess) -> bytes:
        heard: asyncio.Queue[ChannelMessage] = asyncio.Queue()
        worker._on_unasked = lambda message, reply: heard.put_nowait(message)
        worker.watch(is_watched=True)
        await worker.start(listener, revision())
        worker.watch(is_watched=True)
        await get(listener)
        message = await heard.get()
        assert message.kind is MessageKind.RECORDS
        return message.body

    assert b'"path":"/number"' in run(talk)


def test_a_worker_whose_question_cannot_be_read_is_ended(listener: socket.socket) -> None:
    async def act(channel: Channel) -> None:
        await channel.send(ChannelMessage(MessageKind.APPROVAL_ASKED, b"12345678not a call"))

    line = DeskLine(lambda: LocalRegistry(Desk()), lambda held, verdict: None)
    assert hearing(listener, line.take, act) == (None, False)
