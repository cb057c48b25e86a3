import asyncio
import socket

from plugin_gateway.server.channel import Channel, ChannelMessage, MessageKind
from plugin_gateway.server.feed_line import MOST_WAITING_BYTES, FeedLine, TrafficLine
from plugin_gateway.telemetry.traffic import Traffic
from tests.bounds import BOUND_S


def test_records_for_a_supervisor_that_does_not_read_are_turned_down_until_it_reads() -> None:
    async def talk() -> tuple[int, bool]:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        channel = await Channel.over(ours)
        line, body, taken = FeedLine(channel), b"x" * 100_000, 0
        while line.post(body):
            taken += 1
        assert channel.waiting_bytes < MOST_WAITING_BYTES + 2 * len(body)
        there = await Channel.over(theirs)
        for _ in range(taken):
            message = await asyncio.wait_for(there.receive(), BOUND_S)
            assert message is not None
            assert message.kind is MessageKind.RECORDS
            assert message.body == body
        is_taken = line.post(body)
        channel.close()
        there.close()
        return taken, is_taken

    taken, is_taken = asyncio.run(talk())
    assert taken * 100_000 > MOST_WAITING_BYTES
    assert is_taken


def test_records_go_to_the_traffic_and_other_messages_are_answered_by_others() -> None:
    traffic = Traffic(bool)
    answers: list[ChannelMessage] = []
    line = TrafficLine(
        traffic, lambda message, reply: reply(ChannelMessage(MessageKind.APPROVAL_VERDICT, message.body))
    )
    line.take(ChannelMessage(MessageKind.RECORDS, b"0\n{}"), answers.append)
    line.take(ChannelMessage(MessageKind.APPROVAL_ASKED, b"7"), answers.append)
    assert answers == [ChannelMessage(MessageKind.APPROVAL_VERDICT, b"7")]
    assert traffic.enter(bool).take() == ([b"{}"], 0)
