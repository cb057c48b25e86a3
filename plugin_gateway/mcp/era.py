"""An era: one revision of the Model Context Protocol, and what it demands of a server.

The modern revision (2026-07-28) has no handshake: each request carries its revision, in `_meta` and in a header field. The legacy
revisions begin with `initialize`. The gateway keeps no session in either, so both can use one endpoint at the same time.
"""

from __future__ import annotations

from typing import Final

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
