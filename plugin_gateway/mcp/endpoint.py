"""The MCP endpoint of one serving: judges the head of each request, lets its caller in, and starts its call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.batch_call import BatchCall
from plugin_gateway.mcp.call import McpCall
from plugin_gateway.mcp.caller import Caller
from plugin_gateway.mcp.challenge import challenged, readable
from plugin_gateway.mcp.clientele import MOST_KNOWN, Clientele
from plugin_gateway.mcp.head import Head, refused_caller
from plugin_gateway.mcp.mirror import Mirror, lines_of_client
from plugin_gateway.mcp.search_mode import offer_of
from plugin_gateway.mcp.service import Service
from plugin_gateway.mcp.under_way import UnderWay
from plugin_gateway.proxy.call import RefusedCall
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.pending_call import PendingCall
from plugin_gateway.proxy.received import Received
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.mcp.tool_call import Prepared
    from plugin_gateway.proxy.call import Call, Client
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.tools.request import RequestWriter
    from plugin_gateway.tools.tool_set import ToolSet

MOST_BODY_BYTES: Final = 4 * 1024 * 1024
"""Messages have their own limit, because base64 and escapes enlarge them. The operation's body limit applies to the call."""
_MOST_HEADS: Final = 512
NO_STREAM: Final = Refusal(
    status=405,
    code="method-not-allowed",
    detail="The MCP endpoint takes POST only. It keeps no session, and offers no stream for GET.",
    headers=((b"Allow", b"POST"),),
)


class McpEndpoint(Endpoint):
    """Takes the requests for `mcp.path`."""

    __slots__ = ("_clienteles", "_heads", "_known", "_on_record", "_settings", "_shared", "_under_way")

    def __init__(self, settings: McpSettings, on_record: Callable[[AccessRecord], object], under_way: UnderWay) -> None:
        super().__init__(MOST_BODY_BYTES)
        self._settings = settings
        self._on_record = on_record
        self._under_way = under_way
        self._heads: dict[tuple[bytes, ...], Head] = {}
        """By the field lines that a client repeats in each request."""
        self._known: Memo[Prepared] = Memo(MOST_KNOWN)
        self._clienteles: dict[int, Clientele] = {}
        """By the `id` of the access; a serving keeps its accesses."""
        self._shared: dict[int, tuple[Service, dict[str, RequestWriter]]] = {}
        """By the `id` of the set of tools, which consumers with the same operations share."""

    def begin(
        self,
        serving: Serving,
        client: Client,
        method: bytes,
        target: bytes,
        block: FieldBlock,
        body: bytes,
        *,
        is_whole: bool,
    ) -> None:
        request = block.request
        if method != b"POST":
            refusal = refused_caller(request, self._settings) or NO_STREAM
            self._start(
                client, RefusedCall(client, Received(request, method, target), refusal), body, is_whole=is_whole
            )
            return
        mirror = block.note
        if not isinstance(mirror, Mirror):
            mirror = block.note = Mirror(request, self._head(request))
        head = mirror.head
        if head.refusal is not None:
            refused = RefusedCall(client, Received(request, method, target), readable(head.refusal, head.cors))
            self._start(client, refused, body, is_whole=is_whole)
            return
        found = serving.admit(block, client.address)
        if isinstance(found, Access):
            caller = head.caller
            if caller is None or caller.clientele.access is not found or caller.received.target != target:
                caller = head.caller = Caller(self._clientele(serving, found), request, target)
            call: Call = self._call(client, mirror, caller)
        elif isinstance(found, Refusal):
            call = RefusedCall(client, Received(request, method, target), challenged(found, self._settings, head.cors))
        else:
            call = self._pending(serving, client, block, target, mirror, found)
        self._start(client, call, body, is_whole=is_whole)

    def _start(self, client: Client, call: Call, body: bytes, *, is_whole: bool) -> None:
        client.call = call
        if client.on_begin is not None and not isinstance(call, PendingCall):
            client.on_begin(call)
        call.start(body, is_whole=is_whole)

    def _call(self, client: Client, mirror: Mirror, caller: Caller) -> McpCall:
        era = mirror.head.era
        kind = BatchCall if era is not None and era.has_batches else McpCall
        return kind(client, caller.received, mirror, caller, self._under_way)

    def _pending(
        self,
        serving: Serving,
        client: Client,
        block: FieldBlock,
        target: bytes,
        mirror: Mirror,
        found: Awaitable[Access | Refusal],
    ) -> PendingCall:
        """Return the call that waits until the caller is known, and then becomes an `McpCall`."""

        def go_on(waited: PendingCall, access: Access, content: bytes, has_all: bool) -> None:
            caller = mirror.head.caller = Caller(self._clientele(serving, access), block.request, target)
            call = self._call(client, mirror, caller)
            client.call = call
            call.follow(waited)
            if client.on_begin is not None:
                client.on_begin(call)
            call.start(content, is_whole=has_all)

        return PendingCall(
            client, Received(block.request, b"POST", target), self._challenged(found, mirror.head), go_on
        )

    async def _challenged(self, found: Awaitable[Access | Refusal], head: Head) -> Access | Refusal:
        verdict = await found
        return challenged(verdict, self._settings, head.cors) if isinstance(verdict, Refusal) else verdict

    def _head(self, request: RequestFields) -> Head:
        if request.minor == 0:
            return Head(request, self._settings)
        lines = lines_of_client(request)
        head = self._heads.get(lines)
        if head is None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            head = self._heads[lines] = Head(request, self._settings)
        return head

    def _clientele(self, serving: Serving, access: Access) -> Clientele:
        clientele = self._clienteles.get(id(access))
        if clientele is None:
            shared = self._shared.get(id(access.tools))
            if shared is None:
                service = Service(
                    self._settings, offer_of(access.tools, self._settings), is_private=serving.door is not None
                )
                shared = self._shared[id(access.tools)] = service, {}
            service, writers = shared
            clientele = Clientele(serving, access, self._settings, service, writers, self._known, self._on_record)
            self._clienteles[id(access)] = clientele
        return clientele


class McpEndpoints:
    """Makes the endpoint of each serving of one worker; the requests under way outlive a reload."""

    def __init__(self, on_record: Callable[[AccessRecord], object]) -> None:
        self._on_record = on_record
        self._under_way = UnderWay()
        self._listed: tuple[str, tuple[ToolSet, ...]] | None = None
        """The mode and the tools of the last revision."""

    def __call__(self, revision: Revision) -> dict[bytes, Endpoint]:
        """Return the endpoints by path for a serving of the revision.

        Tell subscribers if it lists other tools than the last one.
        """
        settings = revision.mcp
        listed = settings.mode if settings else "", (revision.tools, *(view.tools for view in revision.views))
        if self._listed is not None and self._listed != listed:
            self._under_way.tell_of_change()
        self._listed = listed
        if settings is None:
            self._under_way.drain()
            return {}
        return {settings.path.encode(): McpEndpoint(settings, self._on_record, self._under_way)}

    def drain(self) -> None:
        """End the subscriptions, because the worker stops."""
        self._under_way.drain()
