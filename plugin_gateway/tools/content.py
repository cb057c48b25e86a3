"""Content: a value written as a media type, where a media type and no style says how (OpenAPI, `content`)."""

from __future__ import annotations

import re
from typing import Final

from plugin_gateway.tools.json_text import json_ascii
from plugin_gateway.tools.media import is_json
from plugin_gateway.tools.scalar import plain

_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_is_media_type: Final = re.compile(
    rf'{_WORD}/{_WORD}(?: *; *{_WORD}=(?:{_WORD}|"[^"\\\x00-\x1f\x7f-\U0010ffff]*"))*'
).fullmatch


def content_text(media_type: str, value: object) -> str:
    """Write a value as a media type: JSON for a JSON type and for lists and objects, else the plain text.

    Raises:
        UnwritableError: the value has no text.
    """
    return json_ascii(value) if isinstance(value, dict | list) or is_json(media_type) else plain(value)


def sendable(media_type: str, otherwise: str) -> str:
    """Return a media type, the first of a list, if it can stand in a field, and otherwise `otherwise`."""
    first = media_type.partition(",")[0].strip()
    return first if _is_media_type(first) and "*" not in first else otherwise
