"""The observer: forwards every call of a document's operations, and reports what each call used.

It is the gateway's ASGI front with a judge that lets every operation pass, inside an app that listens in. So the data plane has
no special case for it.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import uvicorn
from msgspec.structs import replace

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.config.header_names import is_cookie_name, is_never_forwarded
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.variant import PlainFields
from plugin_gateway.observation.fields import declared_names, fields_of
from plugin_gateway.observation.sighting import Sighting
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.fronts.asgi import AsgiFront
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.own_answer import own_answer
from plugin_gateway.proxy.request_id import new_request_ids
from plugin_gateway.refusal import Refusal
from plugin_gateway.server.sockets import listen, open_listeners
from plugin_gateway.telemetry.target import shown_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plugin_gateway.config.address import Address
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.observation.finder import Finder
    from plugin_gateway.revision import Revision
    from plugin_gateway.telemetry import AccessRecord

    App = Callable[[Any, Any, Any], Any]

_MOST_BYTES: Final = 1_000_000
"""The longest body whose fields are reported. A longer body is forwarded all the same."""
_MOST_RULES: Final = 4096
_NOT_IN_DOCUMENT: Final = Refusal(
    status=404,
    code="operation-not-found",
    detail="No operation of the observed document matches the call, so it is not forwarded.",
    hint="If the API has the operation, add it to the document.",
)
_OF_A_WEB_PAGE: Final = Refusal(
    status=403,
    code="origin-not-allowed",
    detail="The observer serves programs only. It refuses requests of other sites' web pages, and requests that call this machine by another name.",
)
# Clients send these fields with every operation, so they say nothing about one.
_USUAL: Final = frozenset(
    {
        b"accept", b"cache-control", b"idempotency-key", b"origin", b"pragma", b"prefer", b"range", b"referer", b"traceparent",
        b"tracestate", b"user-agent", b"x-request-id",
    }
)  # fmt: skip
_USUAL_FAMILIES: Final = (b"accept-", b"content-", b"if-", b"sec-")


class _ObservedRequest(NamedTuple):
    """The request that the judge sees in this task."""

    rule: OperationRule | None
    headers: frozenset[bytes]
    cookies: frozenset[bytes]


_observed_request: ContextVar[_ObservedRequest] = ContextVar("observed request")


class Observer:
    """The ASGI app. `on_sighting` gets a sighting when a call is over. `is_private` says that only this machine can connect."""

    def __init__(
        self, holder: Holder, finder: Finder, on_sighting: Callable[[Sighting], object], *, is_private: bool = True
    ) -> None:
        self._is_private = is_private
        self._front: App = AsgiFront(holder, _nothing_local, _unrecorded)
        self._finder = finder
        self._on_sighting = on_sighting
        self._declared: dict[int, frozenset[str]] = {}
        self._widened: dict[tuple[int, frozenset[bytes], frozenset[bytes]], OperationRule] = {}
        serving = holder.serving
        serving.anybody = Access("", self._judge, {})
        serving.local_paths = frozenset()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await _nothing_local(scope, receive, send)
            return
        if _is_of_a_web_page(scope["headers"], is_private=self._is_private):
            await _refuse(send, _OF_A_WEB_PAGE)
            return
        target: bytes = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        # The fields of a compressed body cannot be read.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        headers.append((b"accept-encoding", b"identity"))
        rule = self._finder.find(scope["method"], target, PlainFields(tuple(headers)))
        cookies = frozenset(_cookie_names(headers))
        request = _ObservedRequest(rule, frozenset(name for name, _ in headers), cookies)
        call = _Heard(receive, send)
        token = _observed_request.set(request)
        try:
            await self._front({**scope, "headers": headers}, call.receive, call.send)
        finally:
            _observed_request.reset(token)
            self._on_sighting(self._sighting(scope, target, request, call))

    def _judge(self, method: bytes, target: bytes, fields: Fields) -> Permit | Refusal:  # noqa: ARG002  # a judge's signature
        request = _observed_request.get()
        if request.rule is None:
            return _NOT_IN_DOCUMENT
        path, _, query = target.partition(b"?")
        return Permit(self._widen(request.rule, request.headers, request.cookies), path, query)

    def _widen(self, rule: OperationRule, headers: frozenset[bytes], cookies: frozenset[bytes]) -> OperationRule:
        """Return a rule that admits every name in this request.

        Each combination of names is made once: plans are kept by rule.
        """
        key = (id(rule), headers, cookies)
        widened = self._widened.get(key)
        if widened is None:
            if len(self._widened) >= _MOST_RULES:
                return rule
            widened = self._widened[key] = replace(
                rule, header_names=headers, cookie_names=cookies, media_types=(), has_request_body=True
            )
        return widened

    def _sighting(self, scope: Mapping[str, Any], target: bytes, request: _ObservedRequest, call: _Heard) -> Sighting:
        shown = shown_target(target)
        method, rule = str(scope["method"])[:20], request.rule
        if rule is None:
            return Sighting(method=method, path=shown.path, status=call.status, in_document=False, query=shown.query)
        declared = self._declared.get(id(rule))
        if declared is None:
            operation = self._finder.document.operations[self._finder.key(rule)]
            declared = self._declared[id(rule)] = declared_names(operation, self._finder.document)
        sent = sorted(name for name in request.headers if name in rule.header_names or not _is_usual(name))
        return Sighting(
            method=method,
            path=rule.path_template,
            operation_id=rule.operation_id,
            status=call.status,
            query=shown.query,
            headers=tuple(name.decode("latin-1") for name in sent),
            cookies=tuple(sorted(name.decode("latin-1") for name in request.cookies if name in rule.cookie_names)),
            request=fields_of(call.request.content, _value(scope["headers"], b"content-type"), declared),
            response=fields_of(call.response.content, _value(call.fields, b"content-type"), declared),
        )


class _Heard:
    """One call, with a copy of both bodies."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive, self._send = receive, send
        self.request, self.response = _Copy(), _Copy()
        self.status = 0
        self.fields: list[tuple[bytes, bytes]] = []

    async def receive(self) -> Any:
        message = await self._receive()
        self.request.add(message.get("body", b""))
        return message

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.fields = message["status"], list(message["headers"])
        else:
            self.response.add(message.get("body", b""))
        await self._send(message)


class _Copy:
    """A copy of a body; empty if the body is too long."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > _MOST_BYTES:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)


def _is_usual(name: bytes) -> bool:
    return name in _USUAL or name.startswith(_USUAL_FAMILIES) or is_never_forwarded(name)


def _value(fields: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in fields if name.lower() == wanted), "")


def _cookie_names(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    for name, value in headers:
        if name == b"cookie":
            pairs = (pair.strip().partition(b"=")[0] for pair in value.split(b";"))
            yield from (pair for pair in pairs if is_cookie_name(pair))


def _is_of_a_web_page(fields: list[tuple[bytes, bytes]], *, is_private: bool) -> bool:
    """Return whether a page on the web makes the call.

    Without this check, any page that the operator visits could write to the API.

    A browser says so in Sec-Fetch-Site. A page whose name was bound to a loopback address counts as the same site; it is known
    by Host.
    """
    if _value(fields, b"sec-fetch-site") in ("cross-site", "same-site"):
        return True
    host = urlsplit(f"//{_value(fields, b'host')}").hostname or ""
    return is_private and bool(host) and not is_this_machine(host)


async def _nothing_local(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001  # ASGI's signature
    """Refuse a WebSocket and a CORS preflight, and ignore the lifespan."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    elif scope["type"] == "http":
        await _refuse(send, _NOT_IN_DOCUMENT)


async def _refuse(send: Any, refusal: Refusal) -> None:
    fields, body = own_answer(refusal, next(new_request_ids))
    await send({"type": "http.response.start", "status": refusal.status, "headers": list(fields)})
    await send({"type": "http.response.body", "body": body})


def _unrecorded(record: AccessRecord) -> None:
    """Discard the record: sightings replace it."""


def observe(
    revision: Revision,
    finder: Finder,
    address: Address,
    on_sighting: Callable[[Sighting], object],
    on_start: Callable[[Address], object],
) -> None:
    """Observe on `address` until a signal ends the process.

    Raises:
        UsageError: the address cannot be listened on.
    """
    actual, listeners = open_listeners(address, 1)
    listen(actual, listeners)
    on_start(actual)
    is_private = bool(actual.socket) or is_this_machine(actual.host)
    asyncio.run(
        _serve(revision, lambda holder: Observer(holder, finder, on_sighting, is_private=is_private), listeners)
    )


async def _serve(revision: Revision, make_app: Callable[[Holder], Observer], listeners: Any) -> None:
    holder = Holder(revision)
    front = connection_front(holder, _unrecorded, forwards=False)
    config = uvicorn.Config(
        make_app(holder),
        http=front,  # type: ignore[arg-type]  # uvicorn only calls it, so a factory will do
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    try:
        await uvicorn.Server(config).serve(sockets=listeners)
    finally:
        holder.close()
