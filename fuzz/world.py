"""A world for the data plane: an event loop whose connections lead to an upstream that checks the invariants."""

from __future__ import annotations

import asyncio
import re
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from uvicorn.server import ServerState

from fuzz.invariant import AUTHORITY, HEADER_SECRET, QUERY_SECRET, ViolationError, read_answers, read_request
from fuzz.mutation import mutate, split
from plugin_gateway.credentials.injection import Injection, injected_names
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.proxy.fronts.client_connection import BUSY
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from plugin_gateway.telemetry.record import AccessRecord

_ALLOWED: Final = (("GET", "/pets"), ("POST", "/pets"), ("GET", "/pets/{id}"), ("GET", "/files/{name}"))
_DENIED: Final = (("DELETE", "/pets/{id}"), ("GET", "/pets/export"), ("GET", "/admin/users"))
_QUERY: Final = [{"name": name, "in": "query"} for name in ("limit", "tag", "q")]
_POISON: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON"
_MARKER: Final = re.compile(rb"<<([0-9]+)>>")
_TURNS: Final = 50


class Transport(asyncio.Transport):
    """Records writes. Like a real transport, it reports a close to the protocol in the next turn of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.protocol: Any = asyncio.Protocol()  # or the front, which implements the protocol without the base class
        self._is_closing = False
        self.has_eof = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing:
            self.written += data

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close

    def write_eof(self) -> None:
        self.has_eof = True

    def can_write_eof(self) -> bool:
        return True

    def pause_reading(self) -> None:
        """Do nothing: the fuzzer decides when data arrives."""

    resume_reading = pause_reading


class Loop(asyncio.SelectorEventLoop):
    """An event loop on which every new connection leads to the same upstream."""

    def __init__(self) -> None:
        super().__init__()
        self.upstreams: list[Transport] = []
        self.trouble: list[str] = []
        self.set_exception_handler(lambda _, context: self.trouble.append(repr(context)))

    async def getaddrinfo(self, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("192.0.2.1", 80))]

    async def create_connection(self, protocol_factory: Callable[[], Any], *_: Any, **__: Any) -> tuple[Any, Any]:
        transport = Transport()
        transport.protocol = protocol_factory()
        transport.protocol.connection_made(transport)
        self.upstreams.append(transport)
        return transport, transport.protocol


class World:
    """One gateway with its upstream. Clients connect one after the other, so every answer belongs to the current client."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._records: list[AccessRecord] = []
        self._holder = Holder(_revision())
        self._make = connection_front(self._holder, self._records.append)
        self._config: Any = SimpleNamespace(root_path="", loaded_app=_answer_locally)
        self._state = ServerState()
        self._serial = 0
        self.forwarded = 0
        self.answered: dict[int, int] = {}

    async def play(self, pieces: list[bytes], random: Random) -> None:
        """Play one client that sends the pieces, and check the bytes that it and the upstream received.

        Raises:
            ViolationError: an invariant does not hold.
        """
        client = Transport()
        client.protocol = front = self._make(self._config, self._state, {})
        self._records.clear()
        first = self._serial
        front.connection_made(client)
        for piece in pieces:
            if client.is_closing():
                break
            is_full = random.random() < 0.02
            if is_full:
                front.pause_writing()
            front.data_received(piece)
            if is_full:
                front.resume_writing()
            for _ in range(_TURNS):
                if not self._serve_upstreams(random) and front.phase != BUSY:
                    break
                await asyncio.sleep(0)
        written = bytes(client.written)
        self._check_client(written, range(first + 1, self._serial + 1), is_over=client.is_closing() or client.has_eof)
        client.close()
        await asyncio.sleep(0)
        if self._loop.trouble:
            raise ViolationError(self._loop.trouble[0])

    def _check_client(self, written: bytes, serials: range, *, is_over: bool) -> None:
        records = list(self._records)
        # A call in progress has no record yet.
        methods = [record.method for record in records] + [b"GET"]
        answers = read_answers(written, methods)
        for answer, record in zip(answers, records, strict=False):
            self.answered[answer.status] = self.answered.get(answer.status, 0) + 1
            if answer.status != record.status:
                raise ViolationError("an answer that differs from its access record")
            if not answer.is_whole and not is_over:
                raise ViolationError("an incomplete answer on a connection that stays open")
        seen = [int(marker) for answer in answers for marker in _MARKER.findall(answer.body)]
        if seen != sorted(set(seen)) or any(one not in serials for one in seen):
            raise ViolationError("another client's answer")
        if b"POISON" in written:
            raise ViolationError("an answer without a request")

    def _serve_upstreams(self, random: Random) -> bool:
        """Answer each complete request. Return whether there was any."""
        was_busy = False
        for transport in tuple(self._loop.upstreams):
            if transport.is_closing():
                self._loop.upstreams.remove(transport)
                continue
            if not transport.written:
                continue
            request = read_request(bytes(transport.written))
            if request is None:
                continue
            if len(transport.written) > request.size:
                raise ViolationError("two requests at once on one upstream connection")
            transport.written.clear()
            was_busy = True
            self.forwarded += 1
            self._answer(transport, request.method, random)
        return was_busy

    def _answer(self, transport: Transport, method: bytes, random: Random) -> None:
        self._serial += 1
        fate = random.random()
        is_broken = fate < 0.15
        # No serial in a body that gets mutated: the mutation could turn it into another serial.
        body = b"<broken>" if is_broken else b"<<%d>>" % self._serial
        body += random.choice((b"", HEADER_SECRET, b"x" + QUERY_SECRET + b"y"))
        head, framed, ends = _framed(body, random.randrange(6))
        data = head + (b"" if method == b"HEAD" else framed)
        if is_broken:
            data, ends = mutate(data, random), random.random() < 0.5
        elif fate < 0.25 and not ends:
            data += _POISON
        for piece in split(data, random):
            # After the next request, further bytes would be indistinguishable from its answer.
            if not transport.is_closing() and not transport.written:
                transport.protocol.data_received(piece)
        if ends and not transport.is_closing() and not transport.written:
            transport.close()


def _framed(body: bytes, kind: int) -> tuple[bytes, bytes, bool]:
    """Return the head of an answer, its body in the chosen framing, and whether the connection ends after it."""
    if kind == 0:
        return b"HTTP/1.1 204 No Content\r\n\r\n", b"", False
    if kind == 1:
        at = len(body) // 2
        pieces = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (body[:at], body[at:]) if piece)
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", pieces + b"0\r\nT: 1\r\n\r\n", False
    if kind == 2:
        return b"HTTP/1.1 200 OK\r\nX-Echo: " + HEADER_SECRET + b"\r\n\r\n", body, True
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" if kind == 3 else b""
    return interim + b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body, False


def _revision() -> Revision:
    injection = Injection(
        headers=((b"X-Api-Key", HEADER_SECRET),),
        query=b"api_key=" + QUERY_SECRET,
        secrets=(HEADER_SECRET.decode(), QUERY_SECRET.decode()),
    )
    paths: dict[str, dict[str, object]] = {}
    for method, path in (*_ALLOWED, *_DENIED):
        body: dict[str, object] = {"requestBody": {}} if method == "POST" else {}
        paths.setdefault(path, {})[method.lower()] = {"parameters": _QUERY, **body}
    document = Document(root={"openapi": "3.0.3", "paths": paths}, name="fuzz")
    allowed = {OperationKey(*key): AllowedOperation(operation_id=" ".join(key)) for key in _ALLOWED}
    gate = compile_gate(document, allowed, injected_names([injection]))
    faces: Any = {"/openapi.json": None}
    return Revision(
        number=1,
        public_url="http://gw.test",
        gate=gate,
        rules=gate.rules,
        faces=faces,
        upstream=UpstreamSettings(host="up.test", port=80, authority=AUTHORITY, connections=4),
        read_injection=injection,
        write_injection=injection,
        limits=Bounds(request_head_bytes=1024, request_body_bytes=64),
        cors_origins=(),
        operations_total=len(paths),
    )


async def _answer_locally(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else b"local"})
