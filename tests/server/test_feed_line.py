import asyncio
import socket

from plugin_gateway.server.channel import Channel, Kind
from plugin_gateway.server.feed_line import MOST_WAITING_BYTES, FeedLine


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
            message = await asyncio.wait_for(there.receive(), 5)
            assert message is not None
            assert message.kind is Kind.RECORDS
            assert message.body == body
        is_taken = line.post(body)
        channel.close()
        there.close()
        return taken, is_taken

    taken, is_taken = asyncio.run(talk())
    assert taken * 100_000 > MOST_WAITING_BYTES
    assert is_taken
