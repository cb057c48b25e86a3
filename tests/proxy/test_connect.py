from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy import connect as connect_module
from plugin_gateway.proxy.connect import _addresses, _first, connect, place
from plugin_gateway.proxy.upstream import UpstreamConnection
from plugin_gateway.revision import UpstreamSettings
from tests.bounds import BOUND_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Authority

LOOPS = pytest.mark.parametrize(
    "loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
GOOD, BAD, WORSE = "127.0.0.1", "127.0.0.2", "127.0.0.3"


class Peer(asyncio.Protocol):
    """Accepts a connection and holds it until the client leaves."""

    def __init__(self, present: set[Any]) -> None:
        self._present = present

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._present.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._present.discard(self._transport)


class Connection(asyncio.Protocol):
    """The gateway's end of a connection."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport


class Peers:
    """Addresses that share a port: a good one, and some that refuse, drop packets, or accept and stay silent."""

    def __init__(self, stack: Any) -> None:
        self._stack = stack
        self._good = socket.create_server((GOOD, 0))
        self.port = self._good.getsockname()[1]
        self.present: set[asyncio.Transport] = set()

    async def open(self, tls: ssl.SSLContext | None) -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Peer(self.present), sock=self._good, ssl=tls)
        self._stack.callback(server.close)

    async def leave(self) -> None:
        for transport in self.present:
            transport.abort()
        while self.present:  # noqa: ASYNC110  # the loop closes them without an event
            await asyncio.sleep(0)

    def drops(self, host: str) -> None:
        """Let connects to the host hang: the kernel drops connections that exceed the queue of an idle listener."""
        listener = self._stack.enter_context(socket.create_server((host, self.port), backlog=0))
        for _ in range(2):
            filler = self._stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())

    def says_nothing(self, host: str) -> None:
        self._stack.enter_context(socket.create_server((host, self.port), backlog=8))


def play(
    scene: Callable[..., Any],
    loop_factory: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    addresses: list[str],
    tls: ssl.SSLContext | None = None,
    **upstream: float,
) -> None:
    """Run a scene in which the name `twin` resolves to the addresses."""

    async def whole() -> None:
        async def resolved(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            assert host == "twin"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved, raising=False)
        with contextlib.ExitStack() as stack:
            peers = Peers(stack)
            await peers.open(tls)
            options = {"host": "twin", "port": peers.port, "authority": b"twin", "connect_timeout_s": 2.0} | upstream
            async with asyncio.timeout(BOUND_S):
                await scene(peers, UpstreamSettings(**options), Connection)
                await peers.leave()
        async with asyncio.timeout(BOUND_S):
            while asyncio.all_tasks() - {asyncio.current_task()}:  # noqa: ASYNC110  # what is abandoned ends soon
                await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(whole())


def peer_of(connection: UpstreamConnection) -> Any:
    return connection.transport.get_extra_info("peername")[0]


@LOOPS
def test_an_address_that_refuses_is_followed_by_the_next_at_once(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 60.0)

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        connection = await connect(upstream, None, make)
        assert peer_of(connection) == GOOD
        connection.transport.abort()

    play(scene, loop_factory, monkeypatch, addresses=[BAD, WORSE, GOOD])


@LOOPS
def test_an_address_that_drops_packets_holds_up_no_call_for_its_whole_time(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 0.01)

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        peers.drops(BAD)
        connection = await connect(upstream, None, make)
        assert peer_of(connection) == GOOD
        connection.transport.abort()

    play(scene, loop_factory, monkeypatch, addresses=[BAD, GOOD], connect_timeout_s=60.0)


@LOOPS
def test_every_address_has_the_whole_connect_time_for_itself(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 60.0)

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        peers.drops(BAD)
        peers.drops(WORSE)
        connection = await connect(upstream, None, make)
        assert peer_of(connection) == GOOD
        connection.transport.abort()

    play(scene, loop_factory, monkeypatch, addresses=[BAD, WORSE, GOOD], connect_timeout_s=0.8)


@LOOPS
def test_an_address_that_accepts_but_does_not_speak_tls_is_followed_by_the_next(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 0.01)
    certificate = authority.issue("twin")
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate.cert, certificate.key)

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        peers.says_nothing(BAD)
        connection = await connect(upstream, ssl.create_default_context(cafile=authority.ca), make)
        assert peer_of(connection) == GOOD
        connection.transport.abort()

    play(scene, loop_factory, monkeypatch, addresses=[BAD, GOOD], tls=served, connect_timeout_s=60.0)


@LOOPS
def test_the_cause_has_the_failure_of_each_address_and_the_answer_has_none(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        peers.drops(BAD)
        with pytest.raises(UpstreamError) as caught:
            await connect(upstream, None, make)
        error = caught.value
        assert (error.status, error.code) == (502, "upstream-unreachable")
        assert sorted(error.cause.split("; ")) == [
            f"{BAD}:{peers.port}: connection timed out",
            f"{WORSE}:{peers.port}: connection refused",
        ]
        assert "127" not in str(error)
        assert error.__cause__ is not None

    play(scene, loop_factory, monkeypatch, addresses=[BAD, WORSE], connect_timeout_s=1.0)


@LOOPS
def test_when_all_addresses_take_too_long_it_is_a_504(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        peers.drops(BAD)
        peers.drops(WORSE)
        with pytest.raises(UpstreamError) as caught:
            await connect(upstream, None, make)
        assert (caught.value.status, caught.value.code) == (504, "upstream-connect-timeout")

    play(scene, loop_factory, monkeypatch, addresses=[BAD, WORSE], connect_timeout_s=0.3)


@LOOPS
@pytest.mark.parametrize(
    ("names", "days", "said"),
    [
        (["twin"], -1, "certificate has expired"),
        (["other"], 2, "Hostname mismatch, certificate is not valid for 'twin'"),
    ],
)
def test_the_cause_names_the_fault_of_a_certificate(
    loop_factory: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    authority: Authority,
    names: list[str],
    days: int,
    said: str,
) -> None:
    certificate = authority.issue(*names, days=days)
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(certificate.cert, certificate.key)

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        with pytest.raises(UpstreamError) as caught:
            await connect(upstream, ssl.create_default_context(cafile=authority.ca), make)
        assert caught.value.cause == f"{GOOD}:{peers.port}: {said}"

    play(scene, loop_factory, monkeypatch, addresses=[GOOD], tls=served)


@LOOPS
def test_a_resolver_that_hangs_is_not_waited_for_and_the_log_says_so(
    loop_factory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "plugin_gateway.upstream")

    async def scene(peers: Peers, upstream: Any, make: type[Any]) -> None:
        async def never(*_: object, **__: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
        with pytest.raises(UpstreamError) as caught:
            await connect(upstream, None, make)
        assert (caught.value.status, caught.value.cause) == (504, "twin: connection timed out")
        assert caplog.messages == ["No connection to twin: connection timed out"]

    play(scene, loop_factory, monkeypatch, addresses=[], connect_timeout_s=0.05)


def test_a_connection_that_comes_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 0.0)
    closed = []

    async def slow() -> SimpleNamespace:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return SimpleNamespace(close=lambda: closed.append("slow"))

    async def fast() -> UpstreamConnection:
        return won

    async def both() -> Any:
        return SimpleNamespace(close=lambda: closed.append("both"))

    won = UpstreamConnection(UpstreamSettings(host="up", port=1, authority=b"up"), print, print)
    assert asyncio.run(_first([slow(), fast()])) is won
    assert closed == ["slow"]


def test_no_attempt_outlives_a_connect_that_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "STAGGER_S", 0.0)
    ended = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("slow")

    async def scene() -> None:
        connecting = asyncio.ensure_future(_first([slow(), slow()]))
        while len(asyncio.all_tasks()) < 4:  # noqa: ASYNC110  # tasks have no event for this
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait([connecting], timeout=BOUND_S)
        assert ended == ["slow", "slow"]

    asyncio.run(scene())


def test_the_families_take_turns_in_the_resolvers_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async def resolved(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            six, four = socket.AF_INET6, socket.AF_INET
            found = [(six, "2001:db8::1"), (six, "2001:db8::2"), (six, "2001:db8::1"), (four, "192.0.2.1")]
            return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in found]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
        found = await _addresses(UpstreamSettings(host="up", port=9, authority=b"up"))
        assert [address for _, address, _ in found] == ["2001:db8::1", "192.0.2.1", "2001:db8::2"]

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("upstream", "address", "shown"),
    [
        (UpstreamSettings(host="api", port=443, authority=b"api"), (), "api:443"),
        (UpstreamSettings(host="api", port=443, authority=b"api"), ("::1", 8), "[::1]:8"),
        (UpstreamSettings(host="api", port=443, authority=b"api", socket="/run/api"), (), "/run/api"),
    ],
)
def test_a_place_is_written_as_an_operator_would(upstream: Any, address: tuple[Any, ...], shown: str) -> None:
    assert place(upstream, *address) == shown
