"""A head: the header fields that are the same in all requests of one client to the endpoint, judged once for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.address import is_this_machine
from plugin_gateway.mcp.era import ASSUMED, ERAS, VERSION_FIELD
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from plugin_gateway.mcp.caller import Caller
    from plugin_gateway.mcp.era import Era
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.revision.mcp import McpSettings

FOREIGN_ORIGIN: Final = Refusal(
    status=403,
    code="origin-not-allowed",
    detail="Web pages of this origin may not call the MCP endpoint.",
    hint="The gateway's operator can add the origin to `mcp.origins`.",
)
FOREIGN_HOST: Final = Refusal(
    status=403,
    code="host-not-allowed",
    detail="The MCP endpoint does not answer under this name; the Host field may come from DNS rebinding.",
    hint="The gateway's operator can set `public.url`, or add the name to `mcp.hosts`.",
)
NOT_JSON: Final = Refusal(
    status=415,
    code="unsupported-media-type",
    detail="A message to the MCP endpoint has the Content-Type application/json.",
)
CODED: Final = Refusal(
    status=415,
    code="unsupported-coding",
    detail="A message to the MCP endpoint has no Content-Encoding.",
)
NOT_ACCEPTABLE: Final = Refusal(
    status=406,
    code="not-acceptable",
    detail="The MCP endpoint answers with application/json or text/event-stream, and the Accept field names neither.",
)
_IS_JSON: Final = re.compile(rb'(?i)application/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-8"?[ \t]*)?')
_RANGE: Final = re.compile(rb"[ \t]*([^,; \t]+)[ \t]*(?:;([^,]*))?")
_NO_QUALITY: Final = re.compile(rb"(?i)(?:^|;)[ \t]*q=0(?:\.0{0,3})?[ \t]*(?:$|;)")
_PORT: Final = re.compile(r":[0-9]*\Z")
_ADDRESS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\]")


class Head:
    """The meaning of a client's field lines for the endpoint. Those about one message are in its `Mirror`."""

    __slots__ = ("caller", "cors", "era", "refusal", "takes_events", "takes_json", "version")

    def __init__(self, request: RequestFields, settings: McpSettings) -> None:
        """Judge the fields of a POST."""
        origin = request.origin
        # A page with a foreign Host or Origin must learn nothing else about the endpoint.
        self.refusal = refused_caller(request, settings)
        self.cors = cors_lines(origin) if origin and self.refusal is None else b""
        self.takes_json, self.takes_events = accepted(request.values(b"accept"))
        if self.refusal is None:
            self.refusal = self._refused_body(request)
        self.version = b", ".join(request.values(VERSION_FIELD))
        self.era: Era | None = ERAS.get(self.version.decode("latin-1")) if self.version else ASSUMED
        """None if the revision is not supported."""
        self.caller: Caller | None = None
        """The caller that the door last let in with these lines."""

    def _refused_body(self, request: RequestFields) -> Refusal | None:
        types = request.values(b"content-type")
        if len(types) != 1 or not _IS_JSON.fullmatch(types[0]):
            return NOT_JSON
        if any(coding.lower() != b"identity" for coding in request.values(b"content-encoding")):
            return CODED
        return None if self.takes_json or self.takes_events else NOT_ACCEPTABLE


def refused_caller(request: RequestFields, settings: McpSettings) -> Refusal | None:
    """Refuse a request of any method with a foreign Host or Origin (DNS rebinding)."""
    if not is_allowed_host(request.host, settings):
        return FOREIGN_HOST
    if sum(field.name == b"origin" for field in request.fields) > 1:
        return FOREIGN_ORIGIN
    return FOREIGN_ORIGIN if request.origin and not is_allowed_origin(request, settings) else None


def is_allowed_host(host: bytes, settings: McpSettings) -> bool:
    """Whether a request with this Host cannot come from a page that uses DNS rebinding.

    DNS rebinding needs a name whose address the attacker chooses. An address is no such name, and `localhost` always means this
    machine (RFC 6761, 6.3). Browsers always send Host.
    """
    text = host.decode("latin-1").lower()
    name = _PORT.sub("", text).rstrip(".")
    return (
        not text
        or _ADDRESS.fullmatch(name) is not None
        or is_this_machine(name)
        or text in settings.hosts
        or name in settings.hosts
    )


def is_allowed_origin(request: RequestFields, settings: McpSettings) -> bool:
    """Whether the config allows the origin of a request."""
    return allows_page(request.origin.decode("latin-1"), request.host.decode("latin-1"), settings)


def allows_page(origin: str, host: str, settings: McpSettings) -> bool:
    """Whether the config allows the origin. A page on this machine may call a gateway at a loopback host."""
    if origin == "null":
        # Any sandboxed page sends it.
        return False
    if origin in settings.origins or "*" in settings.origins:
        return True
    scheme, separator, authority = origin.partition("://")
    return (
        bool(separator)
        and scheme in {"http", "https"}
        and is_this_machine(_host_of(authority))
        and is_this_machine(_host_of(host))
    )


def _host_of(authority: str) -> str:
    return _PORT.sub("", authority).strip("[]")


def cors_lines(origin: bytes) -> bytes:
    """Return the fields that let the page of an allowed origin read an answer."""
    return b"Access-Control-Allow-Origin: %b\r\nAccess-Control-Expose-Headers: *\r\nVary: Origin\r\n" % origin


def accepted(values: list[bytes]) -> tuple[bool, bool]:
    """Return whether the client takes application/json and text/event-stream.

    Without Accept it takes both (RFC 9110, 12.5.1).
    """
    if not values:
        return True, True
    verdicts: dict[bytes, bool] = {}
    for media_range, parameters in _RANGE.findall(b",".join(values).lower()):
        verdicts[media_range] = not _NO_QUALITY.search(parameters)
    everything = verdicts.get(b"*/*", False)
    return (
        verdicts.get(b"application/json", verdicts.get(b"application/*", everything)),
        verdicts.get(b"text/event-stream", verdicts.get(b"text/*", everything)),
    )
