from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import ssl
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.upstream import UpstreamConnection
from plugin_gateway.revision import UpstreamSettings
from tests.bounds import BOUND_S
from tests.narrow import stand_in
from tests.proxy.running import Gateway, Upstream, answers, get, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.proxy.answer_head import Answer
    from tests.conftest import Authority

UPSTREAM = UpstreamSettings(host="up", port=1, authority=b"up")


class Exchange:
    """Keeps the outcome of an answer."""

    def __init__(self, *, is_head: bool = False, is_sent: bool = True) -> None:
        self.downlink = Downlink(UPSTREAM, "http://gw", KnownSecrets(), varies_by_origin=False)
        self.received, self.is_sent = SimpleNamespace(is_head=is_head), is_sent
        self.status, self.body, self.end, self.cause = 0, b"", "", ""

    def on_activity(self) -> None:
        pass

    def on_answer(self, answer: Answer, body: bytes, *, is_complete: bool) -> None:
        assert not self.status
        self.status = answer.status
        self.on_body(body, is_complete=is_complete)

    def on_whole_answer(self, answer: Answer, body: bytes) -> None:
        self.on_answer(answer, body, is_complete=True)

    def on_body(self, data: bytes, *, is_complete: bool) -> None:
        assert not self.end
        self.body += data
        self.end = "whole" if is_complete else ""

    def on_broken(self, error: UpstreamError) -> None:
        assert not self.end
        self.end, self.cause = error.code, error.cause

    def on_stale(self) -> None:
        self.end = "stale"


def connection(kind: type[Exchange] = Exchange, **exchange: bool) -> tuple[UpstreamConnection, Exchange, list[Any]]:
    released = []
    transport = SimpleNamespace(
        write=lambda data: None,
        is_closing=lambda: False,
        close=lambda: released.append("close"),
        abort=lambda: released.append("abort"),
        get_extra_info=lambda name: None,
    )
    upstream = UpstreamConnection(UPSTREAM, lambda it: released.append("release"), lambda it: None)
    it = kind(**exchange)
    upstream.connection_made(stand_in(transport))
    upstream.begin(stand_in(it), b"")
    return upstream, it, released


ANSWERS = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", "release"),
    (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
        b"hello",
        "release",
    ),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        b"x",
        "release",
    ),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", "release"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", b"ok", "close"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", "close"),
]


@given(st.sampled_from(ANSWERS), st.lists(st.integers(0, 120), max_size=6))
def test_an_answer_in_pieces_comes_to_the_same(case: tuple[bytes, bytes, str], cuts: list[int]) -> None:
    data, body, end = case
    upstream, it, released = connection()
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, stop in itertools.pairwise(bounds):
        upstream.data_received(data[start:stop])
    assert (it.status, it.body, it.end, released) == (200, body, "whole", [end])


@given(
    st.binary(max_size=40),
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
)
def test_no_bytes_raise_and_none_end_a_call_twice(data: bytes, start: bytes) -> None:
    upstream, it, _ = connection()
    upstream.data_received(start + data)
    upstream.connection_lost(None)
    assert it.end


@pytest.mark.parametrize("surplus", [b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_surplus_closes_the_connection_though_the_answer_is_whole(surplus: bytes) -> None:
    for data, body, _ in ANSWERS[:4]:
        upstream, it, released = connection()
        upstream.data_received(data + surplus)
        assert (it.body, it.end, released) == (body, "whole", ["close"])


def test_an_answer_before_the_request_is_sent_ends_the_connection() -> None:
    upstream, it, released = connection(is_sent=False)
    upstream.data_received(ANSWERS[0][0])
    assert (it.end, released) == ("whole", ["abort"])


def test_an_endless_head_is_refused() -> None:
    upstream, it, released = connection()
    for _ in range(20):
        upstream.data_received(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 8000) if not it.end else None
    assert (it.end, released) == ("bad-upstream-answer", ["abort"])


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the first line is no status line of HTTP/1.x"),
        (b"HTTP/1.1 200 OK\nX: 1\n\n", "the head has a control byte, or a line that does not end in CRLF"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000, "the head has more than 65536 bytes"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 300 + b"\r\n", "the head has more than 256 field lines"),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\nX : 2\r\n\r\n", "field line 2 of the head is not `Name: value`"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1,2\r\n\r\n", "Content-Length is not one decimal number"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding stands beside Content-Length, or in HTTP/1.0",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding is not a single `chunked`"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "the chunked body is malformed"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "status 101 switches to a protocol that was not asked for"),
        (b"HTTP/1.1 102 Wait\r\n\r\n" * 40, "more than 32 interim answers (1xx) came"),
    ],
)
def test_the_operator_reads_why_an_answer_is_not_http(answer: bytes, cause: str) -> None:
    upstream, it, _ = connection()
    upstream.data_received(answer)
    assert (it.end, it.cause) == ("bad-upstream-answer", f"up:1: {cause}")


def test_the_operator_and_the_client_read_one_reason_for_an_unreadable_answer() -> None:
    class Unable(Exchange):
        def on_whole_answer(self, answer: Answer, body: bytes) -> None:
            raise UpstreamError(502, "unreadable-answer", "The upstream's answer is partial.")

    upstream, it, _ = connection(Unable)
    upstream.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert (it.end, it.cause) == ("unreadable-answer", "up:1: The upstream's answer is partial.")


@pytest.mark.parametrize("has_ended", [True, False])
@pytest.mark.parametrize(
    ("received", "error", "end"),
    [
        (b"", None, "upstream-closed"),
        (b"HTTP/1.1 200 OK\r\n", None, "upstream-closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", None, "upstream-closed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", None, "upstream-closed"),
        (b"HTTP/1.1 200 OK\r\n\r\nhel", None, "whole"),
        (b"HTTP/1.1 200 OK\r\n\r\nhel", ConnectionResetError(), "upstream-closed"),
    ],
)
def test_the_meaning_of_a_close_depends_on_the_octets_before_it(
    received: bytes, error: ConnectionResetError | None, end: str, has_ended: bool
) -> None:
    upstream, it, _ = connection()
    if received:
        upstream.data_received(received)
    if has_ended:
        upstream.eof_received()
    upstream.connection_lost(error)
    assert it.end == (end if has_ended else "upstream-closed")


ENDLESS = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"


@contextlib.contextmanager
def peer(certificate: SimpleNamespace | None, answer: bytes, end: str) -> Iterator[int]:
    """Answer one request over TLS, or over TCP without a certificate, then end the connection in the given way."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(BOUND_S)

    def serve() -> None:
        connection, _ = listener.accept()
        connection.settimeout(BOUND_S)
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.cert, certificate.key)
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            connection.recv(65536)
            connection.sendall(answer)
            if end == "close_notify":
                assert isinstance(connection, ssl.SSLSocket)
                connection.unwrap()

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        thread.join(BOUND_S)


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("is_tls", "answer", "end", "expected"),
    [
        (False, ENDLESS, "close", "whole"),
        (True, ENDLESS, "close_notify", "whole"),
        (True, ENDLESS, "close", "upstream-closed"),
        (True, ANSWERS[0][0], "close", "whole"),
        (True, ANSWERS[1][0], "close", "whole"),
        (True, ANSWERS[1][0][:-5], "close_notify", "upstream-closed"),
    ],
)
def test_over_tls_an_answer_without_a_length_ends_with_close_notify_only(
    authority: Authority, loop_factory: Callable[..., Any], is_tls: bool, answer: bytes, end: str, expected: str
) -> None:
    certificate = authority.issue("localhost") if is_tls else None

    async def scene(port: int) -> None:
        it, lost = Exchange(), asyncio.Event()
        upstream = UpstreamConnection(UPSTREAM, UpstreamConnection.close, lambda it: lost.set())
        make: Callable[[], Any] = lambda: upstream  # noqa: E731  # has the methods of a protocol, and not its type
        context = ssl.create_default_context(cafile=authority.ca) if is_tls else None
        name = "localhost" if is_tls else None
        async with asyncio.timeout(BOUND_S):
            await asyncio.get_running_loop().create_connection(
                make, "127.0.0.1", port, ssl=context, server_hostname=name
            )
            upstream.begin(stand_in(it), b"GET / HTTP/1.1\r\n\r\n")
            await lost.wait()
        assert (it.status, it.end) == (200, expected)

    with peer(certificate, answer, end) as port, asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scene(port))


def test_only_a_used_connection_that_closes_without_a_byte_is_stale() -> None:
    upstream, _, _ = connection()
    upstream.data_received(ANSWERS[0][0])
    second = Exchange()
    upstream.begin(stand_in(second), b"")
    upstream.connection_lost(None)
    assert second.end == "stale"
    upstream, _, _ = connection()
    upstream.data_received(ANSWERS[0][0])
    third = Exchange()
    upstream.begin(stand_in(third), b"")
    upstream.data_received(b"H")
    upstream.connection_lost(None)
    assert third.end == "upstream-closed"


def test_an_upstream_that_sent_an_interim_answer_had_begun_so_its_close_is_not_stale() -> None:
    upstream, _, _ = connection()
    upstream.data_received(ANSWERS[0][0])
    second = Exchange()
    upstream.begin(stand_in(second), b"")
    upstream.data_received(b"HTTP/1.1 102 Processing\r\n\r\n")
    upstream.connection_lost(None)
    assert second.end == "upstream-closed"


def test_interim_answers_without_end_are_refused_and_counted_for_each_call() -> None:
    upstream, it, released = connection()
    upstream.data_received(b"HTTP/1.1 103 E\r\n\r\n" * 32 + ANSWERS[0][0])
    assert (it.end, released) == ("whole", ["release"])
    second = Exchange()
    upstream.begin(stand_in(second), b"")
    upstream.data_received(b"HTTP/1.1 103 E\r\n\r\n" * 32)
    assert not second.end
    upstream.data_received(b"HTTP/1.1 103 E\r\n\r\n")
    assert (second.end, released) == ("bad-upstream-answer", ["release", "abort"])


def test_bytes_without_a_request_end_the_connection() -> None:
    upstream, _, released = connection()
    upstream.data_received(ANSWERS[0][0])
    upstream.data_received(b"more")
    assert released == ["release", "abort"]


@pytest.mark.parametrize(
    ("raw", "status", "expected"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
            200,
            b"hello",
        ),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r", b"\nhel\r\n2\r\nlo\r\n0\r\n", b"\r\n"),
            200,
            b"hello",
        ),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", b"\r\nhel", b"lo"), 200, b"hello"),
        (b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno", 422, b"no"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n", 304, b""),
    ],
)
def test_every_framing_of_an_answer_is_delivered_and_the_connection_kept(
    run: Callable[..., Any], raw: bytes | tuple[bytes, bytes, bytes], status: int, expected: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            answer = await gateway.ask(get(), connection=connection)
            assert (answer[0], answer[2], answer[3]) == (status, expected, True)
        assert gateway.upstream.connections == 1
        connection[1].close()

    run(answers(raw), scene)


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
def test_an_answer_that_ends_with_the_connection_is_whole(run: Callable[..., Any], raw: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        for _ in range(2):
            assert (await gateway.ask(get(), connection=connection))[2:] == (b"hello", True)
        assert gateway.upstream.connections == 2
        connection[1].close()

    run(answers(raw, then_close=True), scene)


def test_head_is_answered_without_a_body_and_with_its_length(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        _, head, _, _ = await gateway.ask(get(method="HEAD"), connection=connection, is_head=True)
        assert b"content-length: 5" in head.lower()
        assert (await gateway.ask(get(), connection=connection))[2] == b"ok"
        connection[1].close()

    run(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ok()), scene)


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
    ],
)
def test_an_answer_that_is_not_http_is_a_502_and_its_connection_is_not_used_again(
    run: Callable[..., Any], raw: bytes
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(get())
        assert (status, json.loads(body)["code"]) == (502, "bad-upstream-answer")
        assert await gateway.reason() == "bad-upstream-answer"
        await gateway.upstream.closed.wait()
        assert gateway.holder.serving.pool.open_connections == 0

    run(answers(raw), scene)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"zz\r\n"),
    ],
)
def test_an_answer_cut_by_the_upstream_never_looks_complete(
    run: Callable[..., Any], raw: bytes | tuple[bytes, bytes]
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, _, whole = await gateway.ask(get())
        assert (status, whole) == (200, False) or status == 502
        assert await gateway.reason() in {"upstream-closed", "bad-upstream-answer"}

    run(answers(raw, then_close=True), scene)


def test_to_http_1_0_a_cut_answer_ends_in_a_reset(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(get(version="1.0"))
        assert b"Transfer-Encoding" not in await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()

    run(answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", then_close=True), scene)


def test_surplus_bytes_close_the_connection_they_came_on(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        for _ in range(2):
            assert (await gateway.ask(get()))[2] == b"ok"
        assert gateway.upstream.connections == 2

    run(answers(ok() + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"), scene)


def test_bytes_without_a_request_close_an_idle_connection(run: Callable[..., Any]) -> None:
    is_idle = asyncio.Event()

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.request(reader)
        writer.write(ok())
        await is_idle.wait()
        writer.write(ok(b"stolen"))
        await reader.read()

    async def scene(gateway: Gateway) -> None:
        assert (await gateway.ask(get()))[2] == b"ok"
        is_idle.set()
        await gateway.upstream.closed.wait()
        assert (await gateway.ask(get()))[2] == b"ok"

    run(play, scene)
