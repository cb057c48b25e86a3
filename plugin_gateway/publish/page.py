"""The page: a few lines for a person who opens the gateway's address in a browser.

It says what the gateway is and links its faces. It names no operation, because `auth.documents` may keep the documents from
strangers.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.publish.face import Face, build_face

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Json

PAGE_PATH: Final = "/"
_PLACEHOLDER: Final = "@localhost"
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "h1{line-height:1.2}dt{font-weight:600;margin-top:1rem}dd{margin:0}footer{margin-top:3rem}"
    "code{font-family:ui-monospace,monospace}"
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{name}</title><style>{style}</style></head>
<body><main><h1>{name}</h1>
{description}<p>This is the address of a plugin for AI assistants. Through it, an assistant uses some operations
of an API. To add the plugin to your assistant, give the assistant one of these URLs.</p>
<dl>{rows}</dl>
</main>{footer}</body></html>
"""

PAGE_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""The page runs no script, loads nothing, and cannot be put into a frame."""


class PageLinks(Struct, frozen=True, kw_only=True):
    """The paths that the page links. An empty path is left out."""

    document: str
    manifest: str
    mcp: str = ""


def build_page(manifest: Mapping[str, Json], public_url: str, links: PageLinks) -> Face:
    """Build the page from the manifest, which every client may read."""
    base = public_url.rstrip("/")
    named = (
        ("MCP server", links.mcp),
        ("OpenAPI document", links.document),
        ("Plugin manifest", links.manifest),
    )
    # The page may be open at another address than the public URL, so links are relative. The text has the URL to copy.
    rows = "".join(
        f'<dt>{title}</dt><dd><a href=".{escape(path)}"><code>{escape(base + path)}</code></a></dd>'
        for title, path in named
        if path
    )
    name, description = (str(manifest.get(f"{kind}_for_human") or "") for kind in ("name", "description"))
    text = _PAGE.format(
        style=_STYLE,
        name=escape(name or "Plugin"),
        description=f"<p>{escape(description)}</p>\n" if description not in {"", name} else "",
        rows=rows,
        footer=_footer(manifest),
    )
    return build_face("text/html; charset=utf-8", text.encode(errors="replace"))


def _footer(manifest: Mapping[str, Json]) -> str:
    email, legal = str(manifest.get("contact_email") or ""), str(manifest.get("legal_info_url") or "")
    parts = []
    if email and not email.endswith(_PLACEHOLDER):
        parts.append(f'<a href="mailto:{escape(email)}">Contact</a>')
        if legal.startswith(("https://", "http://")):
            parts.append(f'<a href="{escape(legal)}" rel="noreferrer">Terms</a>')
    return f"<footer>{' · '.join(parts)}</footer>" if parts else ""
