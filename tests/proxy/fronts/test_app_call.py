from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from uvicorn.server import ServerState

from plugin_gateway.proxy.body import RequestBody
from plugin_gateway.proxy.chunked import ChunkedReader
from plugin_gateway.proxy.fronts.answering import AnsweringConnection
from plugin_gateway.proxy.fronts.app_call import AppCall, scope_of
from plugin_gateway.proxy.fronts.client_connection import BUSY
from plugin_gateway.proxy.own_answer import FAILED
from plugin_gateway.proxy.received import Received
from plugin_gateway.proxy.wire import read_request_fields
from tests.bounds import BOUND_S
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugin_gateway.telemetry.record import AccessRecord


class Client:
    """A client's connection; `heard` is what its transport got from a call, one entry for each write."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.records: list[AccessRecord] = []
        self.on_write: Callable[[], object] = lambda: None
        self._chunks: ChunkedReader | None = None
        self._is_closed = False
        self.connection = AnsweringConnection(ServerState(), self._on_record)
        self.connection.open(stand_in(self), 75)

    def begin(self, call: AppCall) -> None:
        self.connection.call, self.connection.phase = call, BUSY
        request = call.received.request
        if request.has_body or request.expects_continue:
            self.connection._body = RequestBody(request, 100_000, 10)

    def deliver(self, data: bytes, *, is_last: bool) -> None:
        body, call = self.connection._body, self.connection.call
        content = self.connection.feed_body(body, data) if body is not None else data
        assert body is None or body.is_done is is_last
        assert call is not None
        call.send(content, is_last=is_last)

    def write(self, data: bytes) -> None:
        self.heard.append(self._read(data))
        self.on_write()

    def _read(self, data: bytes) -> tuple[Any, ...]:
        if data == b"HTTP/1.1 100 Continue\r\n\r\n":
            return ("continue",)
        if any(one[0] == "answer" for one in self.heard):
            return ("content", data if self._chunks is None else self._chunks.feed(data), False)
        head, _, body = data.partition(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        status = int(line.split(b" ")[1])
        if b"application/problem+json" in fields:
            return ("failure", status)
        block, _, own = fields.partition(b"X-Request-Id: ")
        length = re.search(rb"(?im)^content-length: (\d+)\r$", block)
        if b"\r\nTransfer-Encoding: chunked" in own:
            self._chunks = ChunkedReader()
            body = self._chunks.feed(body)
        return ("answer", status, int(length[1]) if length else -1, block, body, False)

    def _on_record(self, record: AccessRecord) -> None:
        """Note how the call has ended."""
        self.records.append(record)
        if record.reason != FAILED.code:
            assert self._chunks is None or self._chunks.is_done
            self.heard[-1] = (*self.heard[-1][:-1], True)
        elif self.heard[-1][0] != "failure":
            assert self._is_closed
            assert self._chunks is None or not self._chunks.is_done
            self.heard.append(("failure", FAILED.status))

    def pause_reading(self) -> None:
        self.heard.append(("pause",))

    def resume_reading(self) -> None:
        self.heard.append(("resume",))

    def close(self) -> None:
        self._is_closed = True


def call(
    app: Callable[..., Any],
    *,
    fields: bytes = b"",
    method: bytes = b"GET",
    pieces: tuple[tuple[bytes, bool], ...] = ((b"", True),),
    scene: Callable[..., Any] | None = None,
) -> list[Any]:
    """Run an app for one call; return the messages that the client's side got."""
    client = Client()

    async def whole() -> None:
        request = read_request_fields(b"Host: a\r\n" + fields, 1)
        it = AppCall(client.connection, Received(request, method, b"/app"))
        client.begin(it)
        for data, is_last in pieces:
            client.deliver(data, is_last=is_last)
        async with asyncio.timeout(BOUND_S):
            if scene is None:
                await it.run(app, {"method": "GET"})
            else:
                await scene(it, app, client)
            await asyncio.sleep(0)

    asyncio.run(whole())
    return client.heard


def answering(*bodies: bytes, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()) -> Callable[..., Any]:
    async def app(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for at, body in enumerate(bodies):
            await send({"type": "http.response.body", "body": body, "more_body": at < len(bodies) - 1})

    return app


def test_head_and_body_are_delivered_together() -> None:
    app = answering(b"ok", headers=[(b"Content-Length", b"2"), (b"connection", b"x"), (b"transfer-encoding", b"y")])
    assert call(app) == [("answer", 200, 2, b"Content-Length: 2\r\n", b"ok", True)]


def test_an_app_does_not_wait_for_the_client_to_take_its_last_piece() -> None:
    async def scene(it: AppCall, app: Callable[..., Any], client: Client) -> None:
        def on_write() -> None:
            if client.heard[-1][0] == "content":
                # The last piece fills the connection's buffer and ends the call, so the call is never resumed.
                it.pause_answer()

        client.on_write = on_write
        await it.run(app, {"method": "GET"})

    assert call(answering(b"a", b"b" * 100_000), scene=scene)[-1] == ("content", b"b" * 100_000, True)


def test_an_answer_of_unknown_length_streams() -> None:
    assert call(answering(b"a", b"", b"b")) == [("answer", 200, -1, b"", b"a", False), ("content", b"b", True)]


def test_a_head_does_not_wait_for_a_late_body() -> None:
    head_is_sent = asyncio.Event()

    async def app(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await send({"type": "http.response.start", "status": 200})
        await head_is_sent.wait()
        await send({"type": "http.response.body", "body": b"late"})

    async def scene(it: AppCall, app: Callable[..., Any], client: Client) -> None:
        client.on_write = head_is_sent.set
        await it.run(app, {"method": "GET"})

    assert call(app, scene=scene) == [("answer", 200, -1, b"", b"", False), ("content", b"late", True)]


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
def test_a_body_that_the_status_forbids_is_dropped(method: bytes, status: int) -> None:
    [answer] = call(answering(b"ok", status=status, headers=[(b"content-length", b"2")]), method=method)
    assert answer[4:] == (b"", True)
    assert (b"content-length" in answer[3]) is (status == 200)


async def raises(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    raise LookupError("secret of the app")


async def silent(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    pass


async def sends_nonsense(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(raises, id="raises"),
        pytest.param(silent, id="silent"),
        pytest.param(sends_nonsense, id="nonsense"),
        pytest.param(answering(b"ok", headers=[(b"x", b"a\r\nb: c")]), id="a header in a header"),
        pytest.param(answering(b"a", headers=[(b"content-length", b"2")]), id="too short"),
    ],
)
def test_an_app_that_fails_before_its_head_was_sent_gives_a_500(app: Callable[..., Any]) -> None:
    assert call(app) == [("failure", 500)]


@pytest.mark.parametrize("bodies", [(b"abc", b""), (b"a", b"")])
def test_an_app_whose_answer_is_not_as_long_as_it_said_is_cut(bodies: tuple[bytes, bytes]) -> None:
    heard = call(answering(*bodies, headers=[(b"content-length", b"2")]))
    assert heard[-1] == ("failure", 500)
    assert not any(one[-1] is True for one in heard[:-1])


def test_the_app_reads_the_body_as_it_comes_and_a_flood_is_held_back() -> None:
    seen = []

    async def app(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        while True:
            message = await receive()
            seen.append((len(message["body"]), message["more_body"]))
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})
        seen.append((await receive())["type"])

    heard = call(app, pieces=((b"x" * 70_000, False), (b"y", True)), fields=b"Content-Length: 70001\r\n")
    assert seen == [(70_001, False), "http.disconnect"]
    assert heard[:2] == [("pause",), ("resume",)]


def test_a_held_back_body_is_asked_for_when_the_app_wants_it() -> None:
    async def app(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        assert (await receive())["body"] == b"abc"
        await answering(b"")(scope, receive, send)

    async def scene(it: AppCall, app: Callable[..., Any], client: Client) -> None:
        running = asyncio.ensure_future(it.run(app, {"method": "POST"}))
        await asyncio.sleep(0)
        client.deliver(b"abc", is_last=True)
        await running

    fields = b"Content-Length: 3\r\nExpect: 100-continue\r\n"
    heard = call(app, fields=fields, pieces=((b"", False),), scene=scene)
    assert heard[0] == ("continue",)
    assert heard[-1][0] == "answer"


def test_the_app_learns_that_the_client_is_gone_and_writes_into_nothing() -> None:
    async def app(scope: dict[str, str], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"
        await answering(b"late")(scope, receive, send)

    async def scene(it: AppCall, app: Callable[..., Any], client: Client) -> None:
        running = asyncio.ensure_future(it.run(app, {"method": "GET"}))
        await asyncio.sleep(0)
        it.cancel()
        await running

    assert call(app, scene=scene) == []


def test_the_app_waits_for_a_slow_client() -> None:
    async def scene(it: AppCall, app: Callable[..., Any], client: Client) -> None:
        it.pause_answer()
        running = asyncio.ensure_future(it.run(app, {"method": "GET"}))
        for _ in range(5):
            await asyncio.sleep(0)
        assert [one[0] for one in client.heard] == ["answer"]
        it.resume_answer()
        await running
        assert [one[0] for one in client.heard] == ["answer", "content"]

    call(answering(b"a", b"b"), scene=scene)


def test_the_scope_has_the_bytes_on_the_wire() -> None:
    request = read_request_fields(b"Host: a\r\nX-Own: 1\r\n", 1)

    class Transport:
        def get_extra_info(self, name: str) -> tuple[str, int, int, int] | None:
            return {"peername": ("::1", 5, 0, 0), "sockname": ("::1", 6, 0, 0)}.get(name)

    async def whole() -> dict[str, Any]:
        target = b"/a%20b?q=%2F"
        return scope_of(Received(request, b"GET", target), target, stand_in(Transport()), "/root")

    scope = asyncio.run(whole())
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/root/a b", b"/root/a%20b", b"q=%2F")
    assert (scope["client"], scope["server"], scope["http_version"]) == (("::1", 5), ("::1", 6), "1.1")
    assert scope["headers"] == [(b"host", b"a"), (b"x-own", b"1")]


def test_the_record_says_why_the_app_refused_and_has_the_id_of_its_answer() -> None:
    client = Client()

    async def app(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        scope["state"]["reason"] = "unknown-profile"
        await send({"type": "http.response.start", "status": 404, "headers": [(b"x-request-id", b"theirs")]})
        await send({"type": "http.response.body", "body": b""})

    async def whole() -> None:
        it = AppCall(
            client.connection,
            Received(read_request_fields(b"Host: a\r\n", 1), b"GET", b"/openapi.json?profile=x"),
        )
        client.begin(it)
        tasks: set[asyncio.Task[None]] = set()
        it.launch(app, {"method": "GET", "state": {}}, tasks)
        async with asyncio.timeout(BOUND_S):
            await asyncio.gather(*tasks)

    asyncio.run(whole())
    (record,) = client.records
    assert (record.reason, record.request_id) == ("unknown-profile", b"theirs")
    assert record.target == b"/openapi.json?profile=x"
