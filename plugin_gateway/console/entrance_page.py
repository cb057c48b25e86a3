"""The entrance pages: one for a browser without a session, and one for a browser that enters by a link."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"
    "code{font-family:ui-monospace,monospace;background:color-mix(in srgb,currentColor 10%,transparent);padding:.1rem .3rem;border-radius:4px}"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>plugin-gateway: enter the console</title><style>{style}</style></head>
<body><main><h1>Enter the console</h1>
<p>{reason}</p>
<p>Run <code>plugin-gateway console</code> on the machine of the gateway, as the same user, and open the link that it prints. A link
works once, for five minutes.</p>
<p>If a link on another page led you here, and this browser has a session, <a href="/console/">continue here</a>.</p>
</main></body></html>
"""
_ARRIVAL: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="page-secret" content="{secret}">
<title>plugin-gateway: enter the console</title><script type="module" src="/console/enter.js"></script></head>
<body><p role="status"></p><noscript>The console needs JavaScript.</noscript></body></html>
"""
"""The page that a link opens. Its script keeps the secret for its origin, and goes to the console."""
NO_SESSION: Final = "This browser has no session of the console, or the session has ended."
BAD_TOKEN: Final = "This link was used already, or it has expired."  # noqa: S105  # a text

STYLE_HASH: Final = f"'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
"""The source of the style for the Content-Security-Policy."""


def entrance_page(reason: str) -> str:
    return _PAGE.format(style=_STYLE, reason=reason)


def arrival_page(page_secret: str) -> str:
    return _ARRIVAL.format(secret=page_secret)
