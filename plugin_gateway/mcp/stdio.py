"""A stdio session: the messages of one client on a stream of lines, for clients that start the gateway as a program."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.era import era_of_stream, negotiated
from plugin_gateway.mcp.message import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    PARSE_ERROR,
    Fault,
    Message,
    as_json,
    error_response,
    notification,
    read,
    response,
)
from plugin_gateway.mcp.result import Result
from plugin_gateway.mcp.service import Invocation, Listening
from plugin_gateway.mcp.tool_call import Asker
from plugin_gateway.proxy.own_answer import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.mcp.era import Era
    from plugin_gateway.mcp.message import Read
    from plugin_gateway.mcp.tool_call import ToolCall

MOST_LINE_BYTES: Final = 4 * 1024 * 1024
PROGRESS_EVERY_S: Final = 1.0

_logger = logging.getLogger("plugin_gateway.mcp")


class Lines:
    """Cuts a stream into lines. A line over the limit is given as None, once, and skipped."""

    __slots__ = ("_is_skipping", "_most_bytes", "_rest")

    def __init__(self, most_bytes: int = MOST_LINE_BYTES) -> None:
        self._rest = b""
        self._most_bytes = most_bytes
        self._is_skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """Take the next bytes; return the lines that they end. Empty lines are left out."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        lines: list[bytes | None] = []
        for line in whole:
            if self._is_skipping:
                self._is_skipping = False
            elif len(line) > self._most_bytes:
                lines.append(None)
            elif line.strip():
                lines.append(line)
        if len(self._rest) > self._most_bytes:
            if not self._is_skipping:
                lines.append(None)
            self._is_skipping = True
        if self._is_skipping:
            self._rest = b""
        return lines

    def finish(self) -> list[bytes | None]:
        """Return the last line, if the stream ended without a line end."""
        return self.feed(b"\n") if self._rest else []


class UnderWayCall:
    """A tool call that has no result yet."""

    __slots__ = ("call", "era", "id", "spoke_at", "started_at", "token")

    def __init__(self, id_: bytes, era: Era, token: str | int | None) -> None:
        self.id = id_
        self.era = era
        self.token = token
        self.call: ToolCall | None = None
        self.started_at = self.spoke_at = monotonic()


class StdioSession:
    """Answers lines with lines. `initialize` sets the legacy revision of the session; a modern message names its own."""

    def __init__(self, caller: Caller, write: Callable[[bytes], object]) -> None:
        self._caller = caller
        self._service = caller.clientele.service
        self._write = write
        self._asker = Asker(self._on_result)
        self._legacy: Era | None = None
        self._calls: dict[int, UnderWayCall] = {}
        self._subscriptions: set[bytes] = set()
        self._slots = 0

    @property
    def is_idle(self) -> bool:
        """Whether all tool calls have their results."""
        return not self._calls

    def take(self, line: bytes | None) -> None:
        """Take one line; None is a line over the limit."""
        found = read(line) if line is not None else Fault(PARSE_ERROR, f"A line has at most {MOST_LINE_BYTES} bytes.")
        if not isinstance(found, list):
            self._take(found)
        elif self._legacy is not None and self._legacy.has_batches:
            for one in found:
                self._take(one)
        else:
            self._say(error_response(Fault(INVALID_REQUEST, "This revision has no batches: send one message a line.")))

    def on_tick(self, now: float) -> None:
        """Check the deadlines of calls, and report the progress of calls that asked for it."""
        for one in tuple(self._calls.values()):
            if one.call is not None:
                one.call.on_tick(now)
            if one.token is not None and now - one.spoke_at >= PROGRESS_EVERY_S:
                one.spoke_at = now
                elapsed_s = round(now - one.started_at, 1)
                params = {"progressToken": one.token, "progress": elapsed_s, "message": "Waiting for the API."}
                self._say(notification("notifications/progress", params))

    def close(self) -> None:
        """End all calls: the client is gone."""
        for slot in tuple(self._calls):
            self._end(slot, "client-gone")

    def _take(self, found: Read) -> None:
        try:
            self._answer(found)
        except BrokenPipeError:
            raise
        except Exception:
            # If the gateway fails at one message, the session must go on.
            _logger.exception("A message on standard input could not be answered")
            for slot, one in tuple(self._calls.items()):
                if one.id == found.id:
                    self._end(slot, FAILED.code)
            if found.id:
                self._say(error_response(Fault(INTERNAL_ERROR, FAILED.detail, found.id)))

    def _answer(self, found: Read) -> None:
        if isinstance(found, Fault):
            self._say(error_response(found))
        elif not found.id:
            if found.method == "notifications/cancelled":
                self._withdraw(found.params.get("requestId"))
        elif any(one.id == found.id for one in self._calls.values()):
            self._say(error_response(Fault(INVALID_REQUEST, "A request with this id is in progress.", found.id)))
        else:
            era = era_of_stream(found, self._legacy)
            if isinstance(era, Fault):
                self._say(error_response(era.for_request(found.id)))
            else:
                self._ask(found, era)

    def _ask(self, message: Message, era: Era) -> None:
        answer = self._service.answer(era, message)
        if isinstance(answer, Invocation):
            self._call(message, answer, era)
        elif isinstance(answer, Result):
            self._say(self._service.finished_response(era, message.id, answer))
        elif isinstance(answer, Listening):
            self._listen(message.id, answer)
        elif isinstance(answer, Fault):
            self._say(error_response(answer.for_request(message.id)))
        else:
            if message.method == "initialize" and not era.is_modern:
                self._legacy = negotiated(message.params["protocolVersion"])
            self._say(response(message.id, answer))

    def _call(self, message: Message, invocation: Invocation, era: Era) -> None:
        token = message.meta.get("progressToken")
        has_token = isinstance(token, str) or type(token) is int
        self._slots += 1
        slot = self._slots
        one = self._calls[slot] = UnderWayCall(message.id, era, token if has_token else None)
        one.call = self._caller.call(invocation, message, slot, self._asker)

    def _on_result(self, slot: int, result: Result) -> None:
        one = self._calls.pop(slot, None)
        if one is not None:
            self._say(self._service.finished_response(one.era, one.id, result))

    def _listen(self, id_: bytes, wanted: Listening) -> None:
        self._subscriptions.add(id_)
        self._say(wanted.acknowledged(id_))

    def _withdraw(self, request_id: Any) -> None:
        """End the request that the client does not want any more, without a response."""
        if isinstance(request_id, str) or type(request_id) is int:
            id_ = as_json(request_id)
            self._subscriptions.discard(id_)
            for slot, one in tuple(self._calls.items()):
                if one.id == id_:
                    self._end(slot, "client-cancelled")

    def _end(self, slot: int, reason: str) -> None:
        one = self._calls.pop(slot, None)
        if one is not None and one.call is not None:
            one.call.cancel(reason)

    def _say(self, message: bytes) -> None:
        self._write(message + b"\n")
