import asyncio
import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.server.channel import HEAD, Channel, ChannelMessage, MessageKind
from tests.bounds import BOUND_S


async def pair() -> tuple[Channel, Channel]:
    ours, theirs = socket.socketpair()
    return await Channel.over(ours), await Channel.over(theirs)


@given(st.lists(st.tuples(st.sampled_from(MessageKind), st.binary(max_size=300_000)), max_size=5))
def test_messages_come_whole_and_in_order(messages: list[tuple[MessageKind, bytes]]) -> None:
    async def talk() -> list[tuple[MessageKind, bytes]]:
        ours, theirs = await pair()

        async def send() -> None:
            for kind, body in messages:
                await ours.send(ChannelMessage(kind, body))
            ours.close()

        sending = asyncio.create_task(send())
        got = []
        while (message := await asyncio.wait_for(theirs.receive(), BOUND_S)) is not None:
            got.append((message.kind, message.body))
        await sending
        theirs.close()
        return got

    assert asyncio.run(talk()) == messages


def test_an_end_that_is_gone_gives_none_even_in_the_middle_of_a_message() -> None:
    async def talk() -> Any:
        ours, theirs = socket.socketpair()
        channel = await Channel.over(theirs)
        ours.sendall(HEAD.pack(MessageKind.REVISION, 100) + b"half")
        ours.close()
        message = await asyncio.wait_for(channel.receive(), BOUND_S)
        channel.close()
        return message

    assert asyncio.run(talk()) is None
