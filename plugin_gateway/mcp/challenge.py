"""A challenge: the endpoint's own version of a refusal.

It names the endpoint's metadata, and pages of allowed origins can read it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.refusal import Refusal
    from plugin_gateway.revision.mcp import McpSettings

_NAME = b"WWW-Authenticate"


def challenged(refusal: Refusal, settings: McpSettings, cors: bytes) -> Refusal:
    """Name the endpoint's metadata in a challenge: the resource is the endpoint's URL (RFC 9728, 3.1 and 5.1)."""
    if settings.metadata_url:
        refusal = replace(refusal, headers=tuple(_named(refusal, settings)))
    return readable(refusal, cors)


def readable(refusal: Refusal, cors: bytes) -> Refusal:
    """Let the page of an allowed origin read a refusal."""
    lines = [line.partition(b": ") for line in cors.split(b"\r\n")[:-1]]
    return (
        replace(refusal, headers=(*refusal.headers, *((name, value) for name, _, value in lines))) if lines else refusal
    )


def _named(refusal: Refusal, settings: McpSettings) -> Iterator[tuple[bytes, bytes]]:
    own = settings.metadata_url.encode()
    of_gateway = own.removesuffix(settings.path.encode())
    for name, value in refusal.headers:
        if name != _NAME:
            yield name, value
            continue
        named = value.replace(b'resource_metadata="%b"' % of_gateway, b'resource_metadata="%b"' % own)
        has_scope = b"scope=" in named or not settings.scope or refusal.status != 401
        yield name, named if has_scope else named + b', scope="%b"' % settings.scope.encode()
