"""An app call: one request that the ASGI app answers instead of the upstream."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.call import Call
from plugin_gateway.proxy.own_answer import FAILED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping

    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.received import Received
    from plugin_gateway.telemetry.record import AccessRecord

    Message: TypeAlias = MutableMapping[str, Any]
    Scope: TypeAlias = MutableMapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]
    App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_FIELD: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*\r\n")
_OURS: Final = frozenset({b"connection", b"keep-alive", b"transfer-encoding"})
_BODILESS: Final = frozenset({204, 304})
_HIGH_WATER_BYTES: Final = 64 * 1024

_logger = logging.getLogger("plugin_gateway.app")


class AppCall(Call):
    """Translates between ASGI's coroutines and the callbacks of a call."""

    __slots__ = (
        "_answer",
        "_body",
        "_is_answered",
        "_is_asked_for",
        "_is_body_read",
        "_is_body_whole",
        "_is_gone",
        "_left",
        "_news",
        "_state",
        "_takes_more",
    )

    def __init__(self, client: Client, received: Received) -> None:
        super().__init__(client, received)
        self._answer: Answer | None = None
        """The head, while it waits for the first piece of the body, for at most one turn of the loop."""
        self._body: list[bytes] = []
        self._is_asked_for = False
        self._is_body_whole = False
        self._is_body_read = False
        self._is_gone = False
        self._is_answered = False
        self._left = -1
        self._news = asyncio.Event()
        self._takes_more = asyncio.Event()
        self._takes_more.set()
        self._state: Mapping[str, Any] = {}
        """The scope's `state`, in which the app gives its reason for a refusal."""

    def launch(self, app: App, scope: Scope, tasks: set[asyncio.Task[None]]) -> None:
        """Call the app in a task, which stays in `tasks` until it ends."""
        self._state = scope["state"]
        task = asyncio.get_running_loop().create_task(self.run(app, scope))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def run(self, app: App, scope: Scope) -> None:
        """Call the app. Even if it fails, the client gets an answer that is complete or visibly cut."""
        try:
            await app(scope, self._receive, self._send)
        except UpstreamError as error:
            # The ASGI front raises this when an answer breaks off; its access record says why.
            _logger.debug("The answer ended early: %s", error)
        except Exception:
            # The app may be the embedder's code and raise anything; the connection must still be settled.
            _logger.exception("The app raised while it answered %s", scope["method"])
        if not self._is_answered and not self._is_gone:
            self._is_answered = True
            self._client.on_failure(FAILED)

    def record_at(self, now: float, reason: str, address: str) -> AccessRecord:
        return super().record_at(now, reason or self._state.get("reason", ""), address)

    def _begin(self, body: bytes, is_whole: bool) -> None:
        self.send(body, is_last=is_whole)

    def send(self, data: bytes, *, is_last: bool) -> None:
        self.bytes_in += len(data)
        if data and not self._is_answered:
            self._body.append(data)
            if not is_last and sum(map(len, self._body)) > _HIGH_WATER_BYTES:
                self._client.pause_body()
        self._is_body_whole = is_last
        self._news.set()

    def cancel(self) -> None:
        self._is_gone = True
        self._news.set()
        self._takes_more.set()

    def pause_answer(self) -> None:
        self._takes_more.clear()

    def resume_answer(self) -> None:
        self._takes_more.set()

    async def _receive(self) -> Message:
        if (
            self.received.request.expects_continue
            and not self._is_asked_for
            and not self._is_body_whole
            and not self._body
        ):
            self._is_asked_for = True
            self._client.on_continue()
        while not self._is_gone and not self._is_answered:
            if not self._is_body_read and (self._body or self._is_body_whole):
                data = b"".join(self._body)
                self._body.clear()
                self._is_body_read = self._is_body_whole
                self._client.resume_body()
                return {"type": "http.request", "body": data, "more_body": not self._is_body_whole}
            self._news.clear()
            await self._news.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._is_gone:
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.status:
            self._take_head(message["status"], message.get("headers", ()))
        elif kind == "http.response.body" and self.status and not self._is_answered:
            self._continue(message.get("body", b""), is_last=not message.get("more_body", False))
            if not self._is_answered:
                # After the last piece the connection belongs to the next call and would not wake this one.
                await self._takes_more.wait()
        else:
            raise RuntimeError(f"The app sent {kind} out of order.")

    def _take_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        lines = []
        for name, value in headers:
            line = name + b": " + value + b"\r\n"
            if not _FIELD.fullmatch(line):
                raise RuntimeError(f"The app set an invalid header: {name!r}.")
            lowered = name.lower()
            if lowered == b"content-length":
                self._left = int(value)
            if lowered == b"x-request-id":
                # The ASGI front has recorded the call by this id.
                self.request_id = value
            elif lowered not in _OURS and not (lowered == b"content-length" and status in _BODILESS):
                lines.append(line)
        self.status = status
        self._answer = Answer(status, b"".join(lines), self._left, is_chunked=False, keeps_alive=True)
        asyncio.get_running_loop().call_soon(self._send_head)

    def _send_head(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not self._is_gone and not self._is_answered:
            self._client.on_answer(answer, b"", b"", is_complete=False)

    def _continue(self, data: bytes, *, is_last: bool) -> None:
        if self.received.is_head or self.status in _BODILESS:
            data = b""
        elif self._left >= 0:
            if len(data) > self._left or (is_last and len(data) < self._left):
                raise RuntimeError("The app's answer does not match its Content-Length.")
            self._left -= len(data)
        self.bytes_out += len(data)
        self._is_answered = is_last
        if is_last:
            self._news.set()
        answer, self._answer = self._answer, None
        if answer is not None:
            self._client.on_answer(answer, b"", data, is_complete=is_last)
        elif data or is_last:
            self._client.on_content(data, is_complete=is_last)


def scope_of(received: Received, target: bytes, transport: asyncio.BaseTransport, root_path: str) -> dict[str, Any]:
    """Return the ASGI scope of a request at a target, which has no mount.

    `raw_path` and `query_string` are the target's bytes, neither decoded nor cleaned.
    """
    request = received.request
    path, _, query = target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": f"1.{request.minor}",
        "method": received.method.decode("ascii"),
        "scheme": "https" if transport.get_extra_info("sslcontext") else "http",
        "path": root_path + unquote(path.decode("ascii")),
        "raw_path": root_path.encode() + path,
        "query_string": query,
        "root_path": root_path,
        "headers": [(field.name, field.value) for field in request.fields],
        "client": _endpoint(transport.get_extra_info("peername")),
        "server": _endpoint(transport.get_extra_info("sockname")),
    }


def _endpoint(address: object) -> tuple[str, int] | None:
    return (str(address[0]), int(address[1])) if isinstance(address, tuple) else None
