"""An era: one revision of the Model Context Protocol, and what it demands of a server.

The modern revision (2026-07-28) has no handshake: each request carries its revision, in `_meta` and in a header field. The
legacy revisions begin with `initialize`. The gateway keeps no session in either, so both can use one endpoint at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.message import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Fault
from plugin_gateway.mcp.mirror import mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.mcp.message import Message
    from plugin_gateway.mcp.mirror import Mirror

VERSION_FIELD: Final = b"mcp-protocol-version"
VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
"""The key in `_meta` of a modern request."""
CAPABILITIES_KEY: Final = "io.modelcontextprotocol/clientCapabilities"


class Era:
    """One revision of the protocol."""

    __slots__ = ("has_batches", "is_modern", "version")

    def __init__(self, version: str, *, is_modern: bool = False, has_batches: bool = False) -> None:
        self.version = version
        self.is_modern = is_modern
        """Each request carries its revision, results have a `resultType`, and header fields must match the body."""
        self.has_batches = has_batches
        """The body of one POST may be a list of messages."""


MODERN: Final = Era("2026-07-28", is_modern=True)
LATEST_LEGACY: Final = Era("2025-11-25")
ASSUMED: Final = Era("2025-03-26", has_batches=True)
"""The revision of a request that names none: the field was introduced after this revision."""

ERAS: Final = {era.version: era for era in (MODERN, LATEST_LEGACY, Era("2025-06-18"), ASSUMED)}
"""All supported revisions by version, the newest first."""


def negotiated(version: str) -> Era:
    """Return the revision for a legacy client that asks for `version`: the same, or else the latest legacy one."""
    era = ERAS.get(version, LATEST_LEGACY)
    return LATEST_LEGACY if era.is_modern else era


def unsupported(version: str) -> Fault:
    """Return the fault for a revision that the gateway does not have."""
    return Fault(
        UNSUPPORTED_VERSION, "Unsupported protocol version", data={"supported": [*ERAS], "requested": version[:64]}
    )


def check_modern(message: Message, version: str) -> Fault | None:
    """Check what each modern request says about itself; `version` is the revision that was named outside the message."""
    meta = message.meta
    if not meta:
        return Fault(INVALID_PARAMS, f"`_meta` with `{VERSION_KEY}` is missing.")
    meta_version = meta.get(VERSION_KEY)
    if not isinstance(meta_version, str):
        return Fault(INVALID_PARAMS, f"`{VERSION_KEY}` is missing in `_meta`.")
    if version == MODERN.version and meta_version != version:
        return unsupported(meta_version)
    if not isinstance(meta.get(CAPABILITIES_KEY), dict):
        return Fault(INVALID_PARAMS, f"`{CAPABILITIES_KEY}` is missing in `_meta`.")
    return None


def era_of_stream(message: Message, legacy: Era | None) -> Era | Fault:
    """Return the era of a request on a stream without header fields; `initialize` agreed on `legacy`."""
    version = message.meta.get(VERSION_KEY)
    if version is None:
        return legacy or LATEST_LEGACY
    if not isinstance(version, str):
        return Fault(INVALID_PARAMS, f"`{VERSION_KEY}` must be a string.")
    if version != MODERN.version:
        return unsupported(version)
    return check_modern(message, version) or MODERN


def era_of_post(
    message: Message, mirror: Mirror, mirrored: Mapping[str, tuple[tuple[bytes, tuple[str, ...]], ...]]
) -> Era | Fault:
    """Return the era of a message in a POST: a header field names it, and a modern request must agree with all its fields."""
    head = mirror.head
    era = head.era
    if era is None:
        return unsupported(head.version.decode("latin-1"))
    if not message.id:
        return era
    meta_version = message.meta.get(VERSION_KEY)
    if not era.is_modern:
        if meta_version is None:
            return era
        named = f"is {era.version}" if head.version else "is missing"
        return Fault(HEADER_MISMATCH, f"Header mismatch: MCP-Protocol-Version {named}, and the body names a revision.")
    if isinstance(meta_version, str) and meta_version != era.version:
        return Fault(HEADER_MISMATCH, f"Header mismatch: MCP-Protocol-Version is {era.version} and the body differs.")
    return check_modern(message, era.version) or mismatch(mirror, message, mirrored) or era
