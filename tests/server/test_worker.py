import asyncio
import logging
import pickle
import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from plugin_gateway.revision.tls_files import TlsFiles
from plugin_gateway.server import worker
from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.server.public_server import DRAIN_TIMEOUT_S
from plugin_gateway.telemetry.series import SeriesKey, of_rows
from tests.bounds import BOUND_S
from tests.narrow import present, stand_in
from tests.server.pickled import revision


async def get(port: int, path: str = "/number") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def run(talk: Callable[..., Any]) -> Any:
    """Serve in this process, with the test as supervisor."""

    async def bounded() -> Any:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        async with asyncio.timeout(BOUND_S):
            serving = asyncio.create_task(worker.serve(theirs, listener))
            channel = await Channel.over(ours)
            try:
                return await talk(channel, port)
            finally:
                channel.close()
                await serving
                listener.close()

    return asyncio.run(bounded())


async def ask(channel: Channel, kind: MessageKind, body: bytes = b"") -> ChannelMessage:
    await channel.send(ChannelMessage(kind, body))
    answer = await channel.receive()
    assert answer is not None
    return answer


def test_a_worker_reports_when_it_listens_and_which_revision_it_serves() -> None:
    async def talk(channel: Channel, port: int) -> tuple[ChannelMessage, bytes]:
        return await ask(channel, MessageKind.REVISION, revision(7)), await get(port)

    assert run(talk) == ((MessageKind.ADOPTED, b"7"), b"7")


def test_a_swap_is_served_by_the_next_call() -> None:
    async def talk(channel: Channel, port: int) -> tuple[ChannelMessage, bytes]:
        await ask(channel, MessageKind.REVISION, revision(1))
        return await ask(channel, MessageKind.REVISION, revision(2)), await get(port)

    assert run(talk) == ((MessageKind.ADOPTED, b"2"), b"2")


def test_a_revision_that_cannot_be_served_leaves_the_old_one() -> None:
    async def talk(channel: Channel, port: int) -> tuple[MessageKind, bytes]:
        await ask(channel, MessageKind.REVISION, revision(1))
        answer = await ask(channel, MessageKind.REVISION, revision(2, tls=True, tls_files=TlsFiles(ca=b"none")))
        return answer.kind, await get(port)

    assert run(talk) == (MessageKind.REJECTED, b"1")


def test_a_worker_counts_the_calls_that_it_answers() -> None:
    async def talk(channel: Channel, port: int) -> Any:
        await ask(channel, MessageKind.REVISION, revision())
        await get(port)
        await get(port, "/nope")
        return of_rows(orjson.loads((await ask(channel, MessageKind.COUNT)).body))

    series = run(talk)
    assert series[SeriesKey("calls", ("", "200", "", "GET", ""))] == [1]
    assert series[SeriesKey("calls", ("", "404", "operation-not-found", "GET", ""))] == [1]
    assert series[SeriesKey("calls", is_gauge=True)] == [0]
    assert series[SeriesKey("memory", is_gauge=True)][0] > 1_000_000


@pytest.mark.parametrize("tell", [lambda channel: channel.send(ChannelMessage(MessageKind.DRAIN, b"5")), None])
def test_a_worker_takes_no_more_calls_when_it_is_drained_or_its_supervisor_is_gone(
    tell: Callable[..., Any] | None,
) -> None:
    async def talk(channel: Channel, port: int) -> bool:
        await ask(channel, MessageKind.REVISION, revision())
        if tell is not None:
            await tell(channel)
        else:
            channel.close()
        while True:
            try:
                await get(port)
            except ConnectionError:
                return True

    assert run(talk)


def parts() -> worker.WorkerParts:
    """The parts of a worker that serves the first revision, and does nothing."""
    nothing = stand_in(None)
    holder = stand_in(SimpleNamespace(revision=SimpleNamespace(number=1)))
    return worker.WorkerParts(holder, nothing, nothing, nothing, nothing, nothing)


def test_the_time_for_calls_in_flight_comes_with_the_order_to_drain() -> None:
    async def bounded() -> None:
        server = SimpleNamespace(is_listening=asyncio.Event(), drain=drained.append)
        server.is_listening.set()
        ours, theirs = socket.socketpair()
        channel, there = await Channel.over(ours), await Channel.over(theirs)
        await there.send(ChannelMessage(MessageKind.DRAIN, b"45.500"))
        await worker.obey(channel, stand_in(server), parts())
        channel.close()
        there.close()

    drained: list[float] = []
    asyncio.run(bounded())
    assert drained == [45.5]


def test_a_supervisor_that_ends_before_the_first_answer_leaves_no_worker() -> None:
    async def talk(channel: Channel, port: int) -> bool:
        await channel.send(ChannelMessage(MessageKind.REVISION, revision()))
        channel._writer.transport.abort()
        return True

    assert run(talk)


def test_a_worker_that_cannot_read_its_revision_drains() -> None:
    async def bounded() -> None:
        server = SimpleNamespace(is_listening=asyncio.Event(), drain=drained.append)
        server.is_listening.set()
        ours, theirs = socket.socketpair()
        channel, there = await Channel.over(ours), await Channel.over(theirs)
        await there.send(ChannelMessage(MessageKind.REVISION, b"not a pickle"))
        with pytest.raises(pickle.UnpicklingError):
            await worker.obey(channel, stand_in(server), parts())
        channel.close()
        there.close()

    drained: list[float] = []
    asyncio.run(bounded())
    assert drained == [DRAIN_TIMEOUT_S]


def test_a_worker_that_ends_by_an_error_of_its_channel_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    async def talk(channel: Channel, port: int) -> None:
        await ask(channel, MessageKind.REVISION, revision())
        await channel.send(ChannelMessage(MessageKind.REVISION, b"not a pickle"))
        while await channel.receive() is not None:
            pass

    with pytest.raises(SystemExit) as ended:
        run(talk)
    assert ended.value.code == 1
    assert '"event":"crashed"' in capfd.readouterr().err


def test_a_worker_without_a_revision_serves_nothing() -> None:
    async def talk(channel: Channel, port: int) -> bool:
        return True

    assert run(talk)


def test_a_process_without_a_socket_ends() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    worker.main(theirs.detach(), "connection")


def test_records_are_sent_only_while_a_person_watches() -> None:
    async def talk(channel: Channel, port: int) -> tuple[list[MessageKind], list[bytes]]:
        await ask(channel, MessageKind.REVISION, revision())
        await get(port)
        kinds = [(await ask(channel, MessageKind.COUNT)).kind]
        sent = [await ask(channel, MessageKind.WATCH, b"1")]
        await get(port, "/nope?key=value")
        sent.append(present(await channel.receive()))
        await channel.send(ChannelMessage(MessageKind.WATCH, b"0"))
        await get(port, "/again")
        kinds += [(await ask(channel, MessageKind.COUNT)).kind, *(message.kind for message in sent)]
        return kinds, [message.body for message in sent]

    kinds, (before, then) = run(talk)
    assert kinds == [MessageKind.COUNTS, MessageKind.COUNTS, MessageKind.RECORDS, MessageKind.RECORDS]
    assert b'"path":"/number"' in before
    assert b'"path":"/nope","query":["key"],"operation":null,"verdict":"refused","reason":"operation-not-found"' in then
    assert b"value" not in then


def test_records_of_logging_are_lines_of_the_workers_log(capfd: pytest.CaptureFixture[str]) -> None:
    async def talk(channel: Channel, port: int) -> None:
        await ask(channel, MessageKind.REVISION, revision())
        logging.getLogger("plugin_gateway.x").error("%s is away", "Redis", extra={"event": "outage-began"})

    run(talk)
    (line,) = [orjson.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert (line["event"], line["message"]) == ("outage-began", "Redis is away")
