"""What is under way in one worker: unfinished messages, legacy requests that another POST may withdraw, and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.message import as_json

if TYPE_CHECKING:
    from plugin_gateway.mcp.call import McpCall
    from plugin_gateway.proxy.wire import RequestFields

MOST_HELD_BYTES: Final = 256 * 1024 * 1024
"""A worker holds a message until it is whole; the body of an operation streams and is not held."""


class UnderWay:
    """One registry per worker; it outlives reloads.

    Without a session, only a credential tells whose request a `notifications/cancelled` means, because all clients count their
    ids from 0. So the gateway ignores the notification of a caller without a credential: it could be about a stranger's
    request. Closing the connection cancels in each case.
    """

    __slots__ = ("_by_caller", "_entered", "_subscribers", "held_bytes", "most_held_bytes")

    def __init__(self) -> None:
        self.held_bytes = 0
        """The bytes of messages that have not come whole."""
        self.most_held_bytes = MOST_HELD_BYTES
        self._by_caller: dict[tuple[tuple[bytes, ...], bytes], list[McpCall]] = {}
        self._entered: dict[McpCall, list[tuple[tuple[bytes, ...], bytes]]] = {}
        self._subscribers: dict[McpCall, bool] = {}

    def enter(self, request: RequestFields, id_: bytes, call: McpCall) -> None:
        """Note a request that its caller may withdraw."""
        if request.authorizations:
            key = request.authorizations, id_
            self._by_caller.setdefault(key, []).append(call)
            self._entered.setdefault(call, []).append(key)

    def withdraw(self, request: RequestFields, request_id: Any) -> None:
        """End the request that a caller means, unless it could be one of several."""
        if request.authorizations and (isinstance(request_id, str) or type(request_id) is int):
            id_ = as_json(request_id)
            calls = self._by_caller.get((request.authorizations, id_), [])
            if len(calls) == 1:
                calls[0].on_withdrawn(id_)

    def subscribe(self, call: McpCall, *, has_tools: bool) -> None:
        self._subscribers[call] = has_tools

    def leave(self, call: McpCall) -> None:
        """Forget a call that has ended."""
        self._subscribers.pop(call, None)
        for key in self._entered.pop(call, ()):
            calls = self._by_caller.get(key, [])
            if call in calls:
                calls.remove(call)
            if not calls:
                self._by_caller.pop(key, None)

    def tell_of_change(self) -> None:
        """Tell the subscribers that the list of tools may have changed."""
        for call, has_tools in tuple(self._subscribers.items()):
            if has_tools:
                call.on_tools_changed()

    def drain(self) -> None:
        """End the subscriptions, because the worker stops."""
        for call in tuple(self._subscribers):
            call.on_drain()
