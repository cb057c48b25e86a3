"""The media type of a body: which of the declared types is sent, and how a body of that type is built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.tools.tool import BodyKind

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-seq"})
"""Several JSON texts in a row are not one JSON text."""
_JSON_RANKS: Final = {"application/json": 0, "application/merge-patch+json": 1, "application/json-patch+json": 3}
_TEXTS: Final = frozenset(
    {"application/xml", "application/yaml", "application/x-yaml", "application/graphql", "application/sql", *_LINES}
)
_OF_RANGES: Final = {
    "*/*": "application/json",
    "application/*": "application/json",
    "text/*": "text/plain",
    "image/*": "image/png",
    "audio/*": "audio/mpeg",
    "video/*": "video/mp4",
    "multipart/*": "multipart/form-data",
}
"""The type that is sent where the document declares a range (RFC 9110, 12.5.1)."""
_WORD: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_is_media_type: Final = re.compile(rf'{_WORD}/{_WORD}(?: *; *{_WORD}=(?:{_WORD}|"[ !#-\[\]-~]*"))*').fullmatch


def essence_of(media_type: str) -> str:
    """Return the type without parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    essence = essence_of(media_type)
    return (
        essence == "application/json" or essence.endswith("+json") or essence in {"*/*", "application/*", "text/json"}
    )


def body_kind_of(media_type: str) -> BodyKind:
    """Return how a body of this type is built."""
    essence = essence_of(media_type)
    if is_json(essence):
        return BodyKind.JSON
    if essence == "application/x-www-form-urlencoded":
        return BodyKind.FORM
    if essence.startswith("multipart/"):
        return BodyKind.MULTIPART
    if essence.startswith("text/") or essence in _TEXTS or essence.endswith(("+xml", "+yaml")):
        return BodyKind.TEXT
    return BodyKind.BINARY


def choose_media_type(declared: Iterable[str]) -> str:
    """Return the declared type that a model can write best: JSON, then forms, then text, then octets.

    A JSON type of members comes before a patch.
    """
    kinds = list(BodyKind)
    return min(declared, key=lambda name: (kinds.index(body_kind_of(name)), _JSON_RANKS.get(essence_of(name), 2)))


def concrete(media_type: str) -> str:
    """Return the value of Content-Type for a declared type or range. The boundary of a multipart body is not a part of it."""
    essence = essence_of(media_type)
    if essence in _OF_RANGES or essence.startswith("multipart/"):
        return _OF_RANGES.get(essence, essence)
    return essence.replace("*", "octet-stream") if "*" in essence else media_type.strip()


def concrete_part(content_type: str) -> str:
    """Return the first concrete type of an encoding's `contentType`, a list of types and ranges; empty if there is none."""
    return next((one.strip() for one in content_type.split(",") if "/" in one and "*" not in one), "")


def sendable(media_type: str, otherwise: str) -> str:
    """Return a media type, the first of a list, if it can stand in a field, and otherwise `otherwise`."""
    first = media_type.partition(",")[0].strip()
    return first if _is_media_type(first) and "*" not in first else otherwise
