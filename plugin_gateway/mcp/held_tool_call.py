"""A held tool call: a call that a person must approve, and the results that say so to the model or its client.

A client of the modern revision that can open links is asked to show the link to its user, and sends the call again by itself.
Every other client gets words for the model. What the client answers is no consent: only the desk knows whether a person
approved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.era import CAPABILITIES_KEY
from plugin_gateway.mcp.message import as_json
from plugin_gateway.mcp.result import APPROVAL_KEY, InputRequired, Result, member, of_json
from plugin_gateway.mcp.tool_call import ToolCall

if TYPE_CHECKING:
    from plugin_gateway.refusal import Refusal

_HELD: Final = 202


class HeldToolCall(ToolCall):
    """A call whose first results say that a person must approve it."""

    __slots__ = ("opens_links",)

    opens_links: bool
    """Whether the client shows a link to its user when it is asked to."""

    def refused(self, refusal: Refusal, limit: int, begun: str) -> Result:
        if refusal.status != _HELD:
            return super().refused(refusal, limit, begun)
        approval = refusal.members["approval"]
        meta = member(APPROVAL_KEY, approval)
        if self.opens_links:
            return InputRequired(_asking(self._invocation.tool.name, approval), meta)
        text = f"{refusal.detail} The `url` is {approval['url']}"
        return of_json([as_json(text)], as_json({**refusal.members, "detail": refusal.detail}), meta)


def opens_links(meta: dict[str, Any], params: dict[str, Any]) -> bool:
    """Whether the client of a request shows links to its user (`elicitation` in URL mode).

    It is asked once for each call: a client that answers for its user, or too early, would be asked again and again.
    """
    capabilities = meta.get(CAPABILITIES_KEY)
    elicitation = capabilities.get("elicitation") if isinstance(capabilities, dict) else None
    return isinstance(elicitation, dict) and isinstance(elicitation.get("url"), dict) and "inputResponses" not in params


def _asking(tool: str, approval: dict[str, Any]) -> bytes:
    """Return the members of a result that asks for input (2026-07-28, "Multi Round-Trip Requests")."""
    message = f"A person must approve this call of {tool} before it runs. Open the link, check the call, and decide."
    params = {"mode": "url", "message": message, "url": approval["url"]}
    request = {"approval": {"method": "elicitation/create", "params": params}}
    return b'"inputRequests":%b,"requestState":%b' % (as_json(request), as_json(approval["id"]))
