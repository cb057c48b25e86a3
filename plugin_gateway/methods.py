"""HTTP methods: their syntax, which are well known, which are safe, and which the gateway never forwards."""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = r"[A-Za-z][A-Za-z0-9_.-]*"
"""A regex for methods in use, `M-SEARCH` included. RFC 9110, 9.1 allows any token, but `GET|POST` is a mistake."""

KNOWN: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
"""The methods that have a field in a path item; OpenAPI 3.2 puts others under `additionalOperations`."""

KNOWN_OCTETS: Final = {name.encode(): name for name in KNOWN}

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""The methods that only read (RFC 9110, 9.2.1, and draft-ietf-httpbis-safe-method-w-body for QUERY)."""

PREFLIGHT: Final = "OPTIONS"
"""The method of CORS preflights (WHATWG Fetch). The gateway itself answers it, on every path."""

NEVER_ROUTED: Final = frozenset({"CONNECT", "TRACE"})
"""CONNECT opens a tunnel; TRACE echoes the request, with the gateway's credential in it (RFC 9110, 9.3.8)."""

_METHOD: Final = re.compile(PATTERN)


def is_method(text: str) -> bool:
    return _METHOD.fullmatch(text) is not None
