"""An endpoint: one of the gateway's own paths. Its requests become calls, as an operation's do, without the ASGI app."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.forward import RequestHead
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.proxy.wire import RequestFields


class Post:
    """A request to an endpoint, without its body. It never changes, so all requests with the same head share it.

    It is a class and not a protocol for the reason that `Client` gives.
    """

    __slots__ = ("body_bytes", "request")

    def __init__(self, request: RequestFields, body_bytes: int) -> None:
        self.request = request
        self.body_bytes = body_bytes
        """The limit of the body, in place of `limits.request_body`."""

    def begin(self, serving: Serving, client: Client, body: bytes, is_whole: bool) -> None:
        """Start the call for a request; `client.call` is the call, which takes the rest of the body. See `forward`."""
        raise NotImplementedError


class Endpoint:
    """The interface for the fronts."""

    __slots__ = ("body_bytes",)

    def __init__(self, body_bytes: int) -> None:
        self.body_bytes = body_bytes
        """The limit of a request body, in place of `limits.request_body`."""

    def read(self, head: RequestHead) -> Post:
        """Read a head, whose target has the mount."""
        raise NotImplementedError
