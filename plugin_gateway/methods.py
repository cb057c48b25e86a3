"""HTTP methods: what is one, which are well known, which are safe, and which the gateway never forwards."""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = r"[A-Za-z][A-Za-z0-9_.-]*"
"""As a regex: what people call a method, `M-SEARCH` too. RFC 9110, 9.1 allows any token, and `GET|POST` is a slip."""

KNOWN: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
"""Those that a path item has a field for; OpenAPI 3.2 has others under `additionalOperations`."""

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
"""They only read (RFC 9110, 9.2.1, and draft-ietf-httpbis-safe-method-w-body for QUERY)."""

PREFLIGHT: Final = "OPTIONS"
"""The gateway answers it itself, whatever the path: browsers ask by it what a page may send (WHATWG Fetch)."""

NEVER_ROUTED: Final = frozenset({"CONNECT", "TRACE"})
"""CONNECT opens a tunnel; TRACE answers with the request, our credential in it (RFC 9110, 9.3.8)."""

_METHOD: Final = re.compile(PATTERN)


def is_method(text: str) -> bool:
    return _METHOD.fullmatch(text) is not None
