"""Content: a parameter's value, serialised by a media type instead of a style (OpenAPI, `content`)."""

from __future__ import annotations

from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.scalar import plain
from plugin_gateway.tools.media import is_json


def content_text(media_type: str, value: object) -> str:
    """Write a value as a media type: JSON for a JSON type and for lists and objects, else the plain text.

    Raises:
        UnwritableError: the value has no text.
    """
    return json_ascii(value) if isinstance(value, dict | list) or is_json(media_type) else plain(value)
