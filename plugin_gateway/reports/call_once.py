"""One call through the gateway, in this process and without a listener."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from plugin_gateway import __version__
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.errors import UpstreamError, UsageError
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.in_process import InProcessClient, field_block
from plugin_gateway.proxy.received import Permitted
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.proxy.uplink import Uplink

if TYPE_CHECKING:
    from plugin_gateway.approvals.approver import Approver
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.revision import Revision
    from plugin_gateway.telemetry import AccessRecord
    from plugin_gateway.tools.request import ToolRequest

_HIDDEN: Final = b"********"
_CLOSING_TURNS: Final = 100


class CallAnswer(NamedTuple):
    """The answer to one call. `body` is at most as long as asked for; `size` counts all of it."""

    sent: bytes
    """The head and body that went to the upstream, with `********` for each credential; empty if the gateway refused the call.
    """
    status: int
    """0 if there was no answer."""
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes
    size: int
    took_s: float
    record: AccessRecord
    is_complete: bool


def call_once(
    revision: Revision, access: Access, request: ToolRequest, *, keep_bytes: int, approver: Approver | None = None
) -> CallAnswer:
    """Send a request as a caller with this access, and wait for the whole answer. The call does not pass the door.

    If a person must approve the call, the `approver` is asked; without an approver, the call is not approved.

    Raises:
        GatewayError: a TLS file of the upstream cannot be used, or the limits need Redis and its extra is missing.
    """
    return asyncio.run(call(revision, access, request, keep_bytes=keep_bytes, approver=approver))


async def call(
    revision: Revision, access: Access, request: ToolRequest, *, keep_bytes: int, approver: Approver | None = None
) -> CallAnswer:
    """Do the work of `call_once` in a running event loop."""
    resources = Resources()
    if approver is not None:
        resources.approver = approver
    block = field_block(_fields(revision, request))
    try:
        holder = Holder(revision, resources=resources)
    except OSError as error:
        raise UsageError(f"a TLS file of the upstream cannot be used: {error}") from error
    records: list[AccessRecord] = []
    client = InProcessClient(holder.clock, records.append)
    status, size = 0, 0
    fields: tuple[tuple[bytes, bytes], ...] = ()
    kept: list[bytes] = []
    sent = b""
    is_complete = False
    began = monotonic()
    try:
        client.begin(holder.serving, RequestHead(request.method, request.target, block), request.body, access=access)
        call = client.call
        if call is not None and isinstance(call.received, Permitted):
            sent = _shown(revision, call.received, call.request_id) + request.body
        status, found = await client.head()
        fields = tuple(found)
        while piece := await client.read():
            kept.append(piece[: max(0, keep_bytes - size)])
            size += len(piece)
        is_complete = True
    except UpstreamError:
        pass  # the record says why
    finally:
        took_s = monotonic() - began
        client.close()
        resources.known_secrets.look()
        sent = resources.known_secrets.mask.cover(sent)
        holder.close()
        for _ in range(_CLOSING_TURNS):
            if not holder.serving.pool.open_connections:
                break
            await asyncio.sleep(0)
    return CallAnswer(sent, status, fields, b"".join(kept), size, took_s, records[0], is_complete)


def _fields(revision: Revision, request: ToolRequest) -> list[tuple[bytes, bytes]]:
    host = urlsplit(revision.public_url).netloc.rpartition("@")[2] or "localhost"
    own = {b"accept": b"*/*", b"user-agent": b"plugin-gateway/" + __version__.encode()}
    given = {name for name, _ in request.fields}
    fields = [(b"host", host.encode("ascii", errors="replace"))]
    fields += [(name, value) for name, value in own.items() if name not in given]
    fields += request.fields
    if request.body or b"content-type" in given:
        fields.append((b"content-length", b"%d" % len(request.body)))
    return fields


def _shown(revision: Revision, permitted: Permitted, request_id: bytes) -> bytes:
    """Return the head that goes up, made with asterisks in place of the credentials, so that it has no secret to hide."""
    rule = permitted.plan.rule
    injection = _hidden(revision.injection_of(rule))
    is_searched = revision.upstream.may_echo and revision.has_secrets
    uplink = Uplink(rule, revision.upstream, injection, is_searched=is_searched)
    return permitted.head_for(uplink) + request_id + uplink.end


def _hidden(injection: Injection) -> Injection:
    headers = tuple((name, _HIDDEN) for name, _ in injection.headers)
    if injection.grant is not None and not isinstance(injection.grant, Passthrough):
        headers += ((b"Authorization", _HIDDEN),)
    return replace(
        injection,
        headers=headers,
        query=b"&".join(pair.partition(b"=")[0] + b"=" + _HIDDEN for pair in injection.query.split(b"&") if pair),
        cookies=b"; ".join(pair.partition(b"=")[0] + b"=" + _HIDDEN for pair in injection.cookies.split(b"; ") if pair),
        secrets=(),
    )
