"""Content: a value written as a media type, where a media type and no style says how (OpenAPI, `content`)."""

from __future__ import annotations

import re
from typing import Final

from plugin_gateway.tools.json_text import json_ascii
from plugin_gateway.tools.scalar import plain

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_is_media_type: Final = re.compile(
    rf'{_WORD}/{_WORD}(?: *; *{_WORD}=(?:{_WORD}|"[^"\\\x00-\x1f\x7f-\U0010ffff]*"))*'
).fullmatch
# A media range admits any of its types, and the upstream wants to be told one.
_SUBTYPES: Final = {"application": "octet-stream", "audio": "mpeg", "image": "png", "text": "plain", "video": "mp4"}


def content_text(media_type: str, value: object) -> str:
    """Write a value as a media type: JSON for a JSON type and for lists and objects, else the plain text.

    Raises:
        UnwritableError: the value has no text.
    """
    return json_ascii(value) if is_json(media_type) or isinstance(value, dict | list) else plain(value)


def is_json(media_type: str) -> bool:
    """Whether a media type is a JSON type: `application/json`, or a name that ends in `+json`."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence == "application/json" or essence.endswith("+json") or essence == "text/json"


def concrete(media_type: str, otherwise: str) -> str:
    """Return a media type that can stand in a field: the first of a list, and for a range one of its types.

    `otherwise` is returned if nothing can be made of it.
    """
    first = media_type.partition(",")[0].strip()
    if not _is_media_type(first):
        return otherwise
    essence, _, parameters = first.partition(";")
    kind, _, subtype = essence.strip().partition("/")
    if kind == "*":
        return otherwise
    if subtype.startswith("*"):
        if subtype == "*":
            return otherwise if otherwise.startswith(f"{kind}/") else f"{kind}/{_SUBTYPES.get(kind, 'octet-stream')}"
        return f"{kind}/vnd.any{subtype[1:]}"
    return first if parameters else f"{kind}/{subtype}"
