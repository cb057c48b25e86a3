"""An endpoint: one of the gateway's own paths. Its requests become calls, as an operation's do, without the ASGI app."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_gateway.proxy.call import Client
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.proxy.serving import Serving


class Post:
    """The head of a request to an endpoint. It never changes, so all requests with the same head share it."""

    __slots__ = ("block", "endpoint", "method", "target")

    def __init__(self, endpoint: Endpoint, method: bytes, target: bytes, block: FieldBlock) -> None:
        self.endpoint = endpoint
        self.method = method
        self.target = target
        self.block = block


class Note:
    """What an endpoint reads from field lines, kept in their `FieldBlock` for the next request that has them."""

    __slots__ = ()


class Endpoint:
    """The interface for the fronts. It is a class and not a protocol for the reason that `Client` gives."""

    __slots__ = ("body_bytes",)

    def __init__(self, body_bytes: int) -> None:
        self.body_bytes = body_bytes
        """The limit of a request body, in place of `limits.request_body`."""

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
        """Start the call for a request; `client.call` is the call, which takes the rest of the body. See `forward`."""
        raise NotImplementedError
