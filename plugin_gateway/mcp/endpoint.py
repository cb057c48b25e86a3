"""The MCP endpoint of one serving: judges the head of each request, lets its caller in, and starts its call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from plugin_gateway.proxy.endpoint import Endpoint, Post
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.pending_call import PendingCall
from plugin_gateway.proxy.received import Received
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from plugin_gateway.mcp.tool_call import Prepared
    from plugin_gateway.proxy.call import Call, Client
    from plugin_gateway.proxy.forward import RequestHead
    from plugin_gateway.proxy.pending_call import GoOn
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

    def read(self, head: RequestHead) -> Post:
        request = head.block.request
        if head.method != b"POST":
            return RefusedPost(self, head, refused_caller(request, self._settings) or NO_STREAM)
        client_head = self._head(request)
        if client_head.refusal is not None:
            return RefusedPost(self, head, readable(client_head.refusal, client_head.cors))
        return McpPost(self, head, Mirror(request, client_head))

    def call_of(self, serving: Serving, client: Client, post: McpPost) -> Call:
        """Return the call of a POST, whose caller the door lets in, refuses, or has to ask about."""
        found = serving.admit(post.head.block, client.address)
        if isinstance(found, Access):
            return self._call(serving, client, post, found)
        received = Received(post.request, b"POST", post.head.target)
        if isinstance(found, Refusal):
            return RefusedCall(client, received, challenged(found, self._settings, post.mirror.head.cors))
        return PendingCall(
            client, received, self._challenged(found, post.mirror.head), self._later(serving, client, post)
        )

    def _later(self, serving: Serving, client: Client, post: McpPost) -> GoOn:
        def go_on(waited: PendingCall, access: Access, body: bytes, is_whole: bool) -> None:
            self._call(serving, client, post, access).start(body, is_whole, waited)

        return go_on

    def _call(self, serving: Serving, client: Client, post: McpPost, access: Access) -> McpCall:
        head, target = post.mirror.head, post.head.target
        caller = head.caller
        if caller is None or caller.clientele.access is not access or caller.received.target != target:
            caller = head.caller = Caller(self._clientele(serving, access), post.request, target)
        return McpCall(client, caller, post.mirror, self._under_way)

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
            clientele = Clientele(
                serving,
                access,
                self._settings,
                service,
                writers=writers,
                known=self._known,
                on_record=self._on_record,
            )
            self._clienteles[id(access)] = clientele
        return clientele


class RefusedPost(Post):
    """A request to the endpoint that is refused for its head."""

    __slots__ = ("_head", "_refusal")

    def __init__(self, endpoint: Endpoint, head: RequestHead, refusal: Refusal) -> None:
        super().__init__(head.block.request, endpoint.body_bytes)
        self._head = head
        self._refusal = refusal

    def begin(self, serving: Serving, client: Client, body: bytes, is_whole: bool) -> None:  # noqa: ARG002  # no revision judges it
        received = Received(self.request, self._head.method, self._head.target)
        RefusedCall(client, received, self._refusal).start(body, is_whole)


class McpPost(Post):
    """A POST to the endpoint, without its body."""

    __slots__ = ("_endpoint", "head", "mirror")

    def __init__(self, endpoint: McpEndpoint, head: RequestHead, mirror: Mirror) -> None:
        super().__init__(head.block.request, endpoint.body_bytes)
        self._endpoint = endpoint
        self.head = head
        self.mirror = mirror

    def begin(self, serving: Serving, client: Client, body: bytes, is_whole: bool) -> None:
        self._endpoint.call_of(serving, client, self).start(body, is_whole)


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
