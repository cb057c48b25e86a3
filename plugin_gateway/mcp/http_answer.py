"""An HTTP answer: the head and the body in which messages go to the client, as JSON or as a stream of events."""

from __future__ import annotations

from email.utils import formatdate
from time import monotonic, time
from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.message import METHOD_NOT_FOUND
from plugin_gateway.proxy.answer_head import Answer

if TYPE_CHECKING:
    from plugin_gateway.mcp.era import Era
    from plugin_gateway.mcp.message import Fault
    from plugin_gateway.proxy.call import Call, Client

KEEP_ALIVE_S: Final = 15.0
_KEEP_ALIVE: Final = b": keep-alive\n\n"
_COMMON: Final = b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
JSON: Final = b"Content-Type: application/json\r\n" + _COMMON
# Proxies must not hold events back (Streamable HTTP, "Receiving Messages").
EVENTS: Final = b"Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n" + _COMMON
_MOST_REMEMBERED: Final = 1024


class EventStream:
    """An answer whose messages come one by one. It begins with the first."""

    __slots__ = ("_call", "_client", "spoke_at")

    def __init__(self, client: Client, call: Call, cors: bytes, message: bytes) -> None:
        """Begin the answer to `call` with a message."""
        self._client = client
        self._call = call
        self.spoke_at = call.answered_at = monotonic()
        """When something was sent, so that a quiet stream can be kept alive."""
        call.status = 200
        answer = Answer(200, EVENTS, -1, is_chunked=False, keeps_alive=True)
        client.on_answer(answer, cors, self._counted(message), is_complete=False)

    def send(self, message: bytes, *, is_last: bool = False) -> None:
        self._client.on_content(self._counted(message), is_complete=is_last)

    def end(self) -> None:
        """End the answer without another message."""
        self._client.on_content(b"", is_complete=True)

    def on_tick(self, now: float) -> None:
        """Keep a quiet stream alive: a proxy on the way may close an idle connection."""
        if now - self.spoke_at >= KEEP_ALIVE_S:
            self.spoke_at = now
            self._client.on_content(_KEEP_ALIVE, is_complete=False)

    def _counted(self, message: bytes) -> bytes:
        event = event_of(message)
        self._call.bytes_out += len(event)
        return event


def event_of(message: bytes) -> bytes:
    """Return a message as an event; it has no line end, because JSON is written without them."""
    return b"event: message\ndata: " + message + b"\n\n"


class Heads:
    """The heads of whole answers by status, type and length, for one second, because they have a Date."""

    __slots__ = ("_answers", "_date", "_second")

    def __init__(self) -> None:
        self._answers: dict[tuple[int, bytes, int], Answer] = {}
        self._second = 0
        self._date = b""

    def get(self, status: int, lines: bytes, length: int) -> Answer:
        second = int(time())
        if second != self._second or len(self._answers) >= _MOST_REMEMBERED:
            self._second = second
            self._date = b"Date: %b\r\n" % formatdate(second, usegmt=True).encode()
            self._answers.clear()
        answer = self._answers.get((status, lines, length))
        if answer is None:
            block = b"%b%bContent-Length: %d\r\n" % (self._date, lines if length else _COMMON, length)
            answer = Answer(status, block, length, is_chunked=False, keeps_alive=True, is_dated=True)
            self._answers[status, lines, length] = answer
        return answer


def status_of(fault: Fault, era: Era) -> int:
    """Return the status of the answer to a request that got an error."""
    # A legacy client takes a status other than 200 for a failure of the transport and does not read the error.
    if not era.is_modern:
        return 200
    return 404 if fault.code == METHOD_NOT_FOUND else 400
