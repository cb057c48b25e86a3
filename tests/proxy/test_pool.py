from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from msgspec.structs import replace

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.revision.tls_files import TlsFiles
from tests.bounds import BOUND_S
from tests.narrow import as_a, stand_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from plugin_gateway.proxy.upstream import UpstreamConnection
    from tests.conftest import Authority


class Exchange:
    """Stands for a call that wants a connection."""

    def __init__(self) -> None:
        self.got: asyncio.Future[UpstreamConnection] = asyncio.get_running_loop().create_future()
        self.is_over = False

    def on_upstream_full(self) -> None:
        """Ignore it: the body is whole."""

    def on_connected(self, connection: UpstreamConnection) -> None:
        self.got.set_result(connection)

    def on_broken(self, error: UpstreamError) -> None:
        self.got.set_exception(error)


def play(scene: Callable[..., Any], **upstream: Any) -> None:
    async def whole() -> None:
        settings = UpstreamSettings(host="127.0.0.1", port=1, authority=b"up")
        pool = Pool(replace(settings, **upstream), Clock(tick_s=0.01))
        async with asyncio.timeout(BOUND_S):
            try:
                await scene(pool)
            finally:
                pool.abort()
                while pool._open or pool._connecting or Peer.present:  # noqa: ASYNC110  # the loop closes them without an event
                    await asyncio.sleep(0)

    asyncio.run(whole())


async def connect(pool: Pool) -> UpstreamConnection:
    exchange = Exchange()
    pool.enqueue(stand_in(exchange))
    return await exchange.got


def take(pool: Pool) -> UpstreamConnection | None:
    """Connect a call as at the end of a turn; return its connection, or None if it waits."""
    exchange = Exchange()
    pool.connect(stand_in(exchange))
    pool.settle()
    if exchange.got.done():
        connection: UpstreamConnection = exchange.got.result()
        return connection
    pool.withdraw(stand_in(exchange))
    return None


class Peer(asyncio.Protocol):
    """The other end: stays silent until the client leaves."""

    present: set[Peer] = set()  # noqa: RUF012  # one test runs at a time

    def connection_made(self, transport: Any) -> None:
        self.present.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.present.discard(self)


async def listen(host: str = "127.0.0.1", **options: Any) -> Any:
    return await asyncio.get_running_loop().create_server(Peer, host, 0, **options)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_pool_connects_over_ipv4_and_ipv6(host: str) -> None:
    async def scene(pool: Pool) -> None:
        try:
            server = await listen(host)
        except OSError:
            pytest.skip(f"no {host} on this machine")
        pool.upstream = UpstreamSettings(host=host, port=server.sockets[0].getsockname()[1], authority=b"up")
        assert not (await connect(pool)).transport.is_closing()
        server.close()

    play(scene)


def test_the_pool_connects_over_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "up.sock")

    async def scene(pool: Pool) -> None:
        server = await asyncio.get_running_loop().create_unix_server(Peer, path)
        assert not (await connect(pool)).transport.is_closing()
        server.close()

    play(scene, socket=path)


def trusting(authority: Authority) -> TlsFiles:
    return TlsFiles(ca=Path(authority.ca).read_bytes())


@pytest.mark.parametrize(
    ("trusted", "host", "is_reached"),
    [(True, "localhost", True), (True, "127.0.0.1", False), (False, "localhost", False)],
)
def test_over_tls_the_name_and_the_authority_are_verified(
    authority: Authority, trusted: bool, host: str, is_reached: bool
) -> None:
    names, certificate = [], authority.issue("localhost")
    cert, key = Path(certificate.cert).read_bytes(), Path(certificate.key).read_bytes()
    ca = Path(authority.ca).read_bytes()

    async def scene(pool: Pool) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.cert, certificate.key)
        context.sni_callback = lambda sock, name, context: names.append(name)
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        server = await listen(ssl=context)
        upstream = UpstreamSettings(
            host=host, port=server.sockets[0].getsockname()[1], authority=b"up", tls=True,
            tls_files=TlsFiles(ca=ca if trusted else b"", cert=cert, key=key),
        )  # fmt: skip
        own = Pool(upstream, Clock())
        if is_reached:
            assert not (await connect(own)).transport.is_closing()
            assert names == ["localhost"]
        else:
            with pytest.raises(UpstreamError) as caught:
                await connect(own)
            assert caught.value.code == "upstream-unreachable"
            assert "certificate" in caught.value.cause
        own.abort()
        while own._open:  # noqa: ASYNC110  # the loop closes them without an event
            await asyncio.sleep(0)
        server.close()

    play(scene)


def test_a_name_that_does_not_resolve_is_a_502_that_does_not_name_it() -> None:
    async def scene(pool: Pool) -> None:
        with pytest.raises(UpstreamError) as caught:
            await connect(pool)
        assert caught.value.status == 502
        assert "invalid" not in str(caught.value)
        assert caught.value.cause.startswith("nowhere.invalid: cannot resolve the name")

    play(scene, host="nowhere.invalid")


def test_a_connect_that_takes_too_long_is_a_504(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(pool: Pool) -> None:
        async def never(*args: Any, **kwargs: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never, raising=False)
        with pytest.raises(UpstreamError) as caught:
            await connect(pool)
        assert caught.value.code == "upstream-connect-timeout"

    play(scene, connect_timeout_s=0.02)


def test_a_connection_that_is_lost_before_it_is_given_out_is_a_502_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(pool: Pool) -> None:
        async def lost_at_once(upstream: Any, tls: None, make: Callable[[], UpstreamConnection]) -> UpstreamConnection:
            connection = make()
            connection.connection_lost(None)
            return connection

        monkeypatch.setattr("plugin_gateway.proxy.pool.connect", lost_at_once)
        with pytest.raises(UpstreamError) as caught:
            await connect(pool)
        assert caught.value.code == "upstream-closed"
        assert pool.open_connections == 0

    play(scene)


def test_a_call_knows_whether_a_connection_is_being_opened_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(pool: Pool) -> None:
        async def never(upstream: Any, tls: Any, make: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr("plugin_gateway.proxy.pool.connect", never)
        first, second = Exchange(), Exchange()
        pool.enqueue(stand_in(first))
        pool.enqueue(stand_in(second))
        assert pool.is_full
        assert [pool.is_opening_for(stand_in(exchange)) for exchange in (first, second)] == [True, False]
        pool._waiting.clear()

    play(scene, connections=1)


async def listening(pool: Pool) -> Any:
    server = await listen()
    pool.upstream = UpstreamSettings(
        host="127.0.0.1", port=server.sockets[0].getsockname()[1], authority=b"up", connections=pool.upstream.connections,
        idle_timeout_s=pool.upstream.idle_timeout_s,
    )  # fmt: skip
    return server


def test_the_connection_used_last_is_taken_first_and_closed_ones_never() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        first, second = await connect(pool), await connect(pool)
        pool.release(first)
        pool.release(second)
        assert take(pool) is second
        pool.release(second)
        second.close()
        assert take(pool) is first
        assert take(pool) is None
        server.close()

    play(scene)


@contextlib.asynccontextmanager
async def one_connection(served: ssl.SSLContext | None = None, **upstream: Any) -> AsyncIterator[Any]:
    """A pool with one connection in use, and the socket at its other end, which is outside the loop."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BOUND_S)
        port = listener.getsockname()[1]
        pool = Pool(UpstreamSettings(**({"host": "localhost", "port": port, "authority": b"up"} | upstream)), Clock())
        exchange = Exchange()
        pool.enqueue(stand_in(exchange))
        peer, _ = await loop.run_in_executor(None, listener.accept)
        if served is not None:
            peer = await loop.run_in_executor(None, lambda: served.wrap_socket(peer, server_side=True))
        with peer:
            yield pool, await exchange.got, peer
            pool.abort()
            while pool._open or pool._connecting:  # noqa: ASYNC110  # the loop closes them without an event
                await asyncio.sleep(0)


LOOPS = pytest.mark.parametrize(
    "loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
BETWEEN_CALLS = pytest.mark.parametrize(
    "send", [lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), lambda peer: peer.shutdown(socket.SHUT_RDWR)],
    ids=["bytes", "end"],
)  # fmt: skip


def run(scene: Callable[..., Any], loop_factory: Callable[..., Any]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(BOUND_S):
            await scene()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(bounded())


@contextlib.contextmanager
def request_coming(pool: Pool) -> Iterator[Exchange]:
    """Let a request come from a socket of the loop, which forwards it as a front does."""
    exchange = Exchange()
    near, far = socket.socketpair()
    with near, far:
        loop = asyncio.get_running_loop()

        def on_request() -> None:
            loop.remove_reader(near)
            pool.connect(stand_in(exchange))

        loop.add_reader(near, on_request)
        far.send(b"GET")
        yield exchange


@LOOPS
@BETWEEN_CALLS
@pytest.mark.parametrize("is_first", [False, True])
def test_bytes_between_calls_close_the_connection_even_if_a_request_comes_in_the_same_turn(
    loop_factory: Callable[..., Any], send: Callable[..., Any], is_first: bool
) -> None:
    async def scene() -> None:
        async with one_connection() as (pool, connection, peer):
            pool.release(connection)
            if is_first:
                send(peer)
            with request_coming(pool) as exchange:
                if not is_first:
                    send(peer)
                assert await exchange.got is not connection
                assert connection.transport.is_closing()

    run(scene, loop_factory)


@LOOPS
def test_over_tls_too_bytes_between_calls_close_the_connection(
    loop_factory: Callable[..., Any], authority: Authority
) -> None:
    certificate = authority.issue("localhost")
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate.cert, certificate.key)
    served.num_tickets = 0

    async def scene() -> None:
        async with one_connection(served, tls=True, tls_files=trusting(authority)) as (pool, connection, peer):
            pool.release(connection)
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with request_coming(pool) as exchange:
                while not connection.transport.is_closing():  # noqa: ASYNC110  # the loop closes it without an event
                    await asyncio.sleep(0)
                assert not exchange.got.done()
                pool.withdraw(exchange)

    run(scene, loop_factory)


@LOOPS
def test_the_first_messages_of_tls_itself_do_not_close_the_connection(
    loop_factory: Callable[..., Any], authority: Authority
) -> None:
    certificate = authority.issue("localhost")
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate.cert, certificate.key)
    served.num_tickets = 8

    async def scene() -> None:
        async with one_connection(served, tls=True, tls_files=trusting(authority)) as (pool, connection, _):
            assert not connection.transport.is_closing()
            assert pool.open_connections == 1

    run(scene, loop_factory)


def test_the_queue_is_bounded_and_connections_under_way_do_not_count() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        for _ in range(2 + 64):
            pool.enqueue(stand_in(Exchange()))
        refused = Exchange()
        pool.enqueue(stand_in(refused))
        assert as_a(UpstreamError, refused.got.exception()).status == 503
        pool._waiting.clear()
        server.close()

    play(scene, connections=2)


def test_a_released_connection_goes_to_the_call_that_has_waited_longest() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        connection = await connect(pool)
        assert pool.is_full
        waiting = [Exchange(), Exchange(), Exchange()]
        for exchange in waiting:
            pool.enqueue(stand_in(exchange))
        pool.withdraw(stand_in(waiting[0]))
        pool.withdraw(stand_in(waiting[0]))
        pool.release(connection)
        assert await waiting[1].got is connection
        assert not waiting[2].got.done()
        pool.withdraw(stand_in(waiting[2]))
        server.close()

    play(scene, connections=1)


def test_a_call_that_ends_in_the_turn_it_came_takes_no_connection() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        pool.release(await connect(pool))
        ended = Exchange()
        pool.connect(stand_in(ended))
        ended.is_over = True
        assert take(pool) is not None
        assert not ended.got.done()
        server.close()

    play(scene)


def test_a_fault_in_one_call_leaves_the_others_of_its_turn_their_connections() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        first, second = await connect(pool), await connect(pool)
        pool.release(first)
        pool.release(second)
        broken, whole = Exchange(), Exchange()
        broken.got.cancel()
        pool.connect(stand_in(broken))
        pool.connect(stand_in(whole))
        with pytest.raises(asyncio.InvalidStateError):
            pool.settle()
        assert await whole.got is first
        server.close()

    play(scene)


def test_a_connection_that_closes_makes_room_for_a_waiting_call() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        connection = await connect(pool)
        exchange = Exchange()
        pool.enqueue(stand_in(exchange))
        connection.abort()
        assert await exchange.got is not connection
        server.close()

    play(scene, connections=1)


def test_a_connection_that_closes_as_it_is_given_back_is_not_reused() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        connection = await connect(pool)
        exchange = Exchange()
        pool.enqueue(stand_in(exchange))
        connection.transport.abort()
        pool.release(connection)
        assert not exchange.got.done()
        assert await exchange.got is not connection
        server.close()

    play(scene, connections=1)


def test_an_idle_connection_is_closed_in_time() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        pool.release(await connect(pool))
        while pool.open_connections:  # noqa: ASYNC110  # the clock closes it without an event
            await asyncio.sleep(0)
        assert take(pool) is None
        server.close()

    play(scene, idle_timeout_s=0.03)


def test_a_retired_pool_closes_idle_and_released_connections() -> None:
    async def scene(pool: Pool) -> None:
        server = await listening(pool)
        idle, busy = await connect(pool), await connect(pool)
        pool.release(idle)
        pool.retire()
        assert idle.transport.is_closing()
        assert not busy.transport.is_closing()
        pool.release(busy)
        assert busy.transport.is_closing()
        server.close()

    play(scene)


@pytest.mark.parametrize("want", [Pool.connect, Pool.enqueue])
def test_an_aborted_pool_opens_no_connection_for_calls_that_wait(want: Callable[..., None]) -> None:
    async def scene(pool: Pool) -> None:
        for _ in range(2):
            pool.enqueue(stand_in(Exchange()))
        want(pool, Exchange())
        (opening,) = pool._connecting
        pool.abort()
        await asyncio.wait({opening})
        for _ in range(3):
            await asyncio.sleep(0)
            assert not pool._connecting

    play(scene, connections=1)
