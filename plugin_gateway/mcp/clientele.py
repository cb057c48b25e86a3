"""A clientele: the callers that one view serves, with their service and the writers of their requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.mcp.reply import ResultTerms
from plugin_gateway.tools.request import RequestWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.mcp.service import Service
    from plugin_gateway.mcp.tool_call import Prepared
    from plugin_gateway.proxy.door import Access
    from plugin_gateway.proxy.memo import Memo
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.telemetry.record import AccessRecord
    from plugin_gateway.tools.tool import Tool

MOST_KNOWN: Final = 2048
"""The number of calls that an endpoint remembers: enough for a client that goes through a thousand tools twice."""


class Clientele:
    """All that the calls of one view share. It lives as long as its serving."""

    __slots__ = (
        "_gate",
        "_writers",
        "access",
        "forwarded",
        "held",
        "known",
        "on_record",
        "passed_through",
        "service",
        "serving",
        "settings",
        "special",
        "terms",
    )

    def __init__(
        self,
        serving: Serving,
        access: Access,
        settings: McpSettings,
        service: Service,
        *,
        writers: dict[str, RequestWriter],
        known: Memo[Prepared],
        on_record: Callable[[AccessRecord], object],
    ) -> None:
        """Prepare.

        Consumers with the same operations share `service` and `writers`, which are by the names of tools. All callers of the
        endpoint share `known`, the calls that were permitted, so that many callers take no more memory than one.
        """
        self.serving = serving
        self._gate = access.gate or serving.revision.gate
        self.access = access
        self.settings = settings
        self.terms = ResultTerms(settings.result_bytes, serving.revision.public_url, service.offer)
        self.on_record = on_record
        self.service = service
        self.known = known
        revision = serving.revision
        self.passed_through = frozenset(
            rule.operation_id for rule in revision.rules if isinstance(revision.injection_of(rule).grant, Passthrough)
        )
        """The tools whose API expects the caller's own credential."""
        self.held = frozenset(
            rule.operation_id for rule in revision.rules if rule.shape is not None and rule.shape.needs_approval
        )
        """The tools whose calls a person must approve."""
        self.special = self.passed_through | self.held
        self.forwarded = serving.revision.upstream.forward_headers
        self._writers = writers

    def writer(self, tool: Tool) -> RequestWriter:
        """Return the writer of a tool's requests; it is made for the first call."""
        writer = self._writers.get(tool.name)
        if writer is None:
            writer = self._writers[tool.name] = RequestWriter(tool, self._gate)
        return writer
