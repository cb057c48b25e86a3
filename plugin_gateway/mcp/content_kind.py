"""The kind of content of an answer, as its Content-Type states it."""

from __future__ import annotations

import re
from typing import Final

JSON: Final = 0
TEXT: Final = 1
IMAGE: Final = 2
AUDIO: Final = 3
OTHER: Final = 4
_CONTENT_TYPE: Final = re.compile(rb"(?im)^content-type: *([^;\r\n ]*)[^\r\n]*")
_CHARSET: Final = re.compile(rb'(?i);[ \t]*charset="?(us-ascii|utf-8|iso-8859-1|windows-1252)"?')
_IS_JSON: Final = re.compile(r"application/(?:[a-z0-9.+_-]+\+)?json|text/json")
_IS_TEXT: Final = re.compile(
    r"text/.*|image/svg\+xml|.*\+(?:xml|yaml)|application/(?:xml|yaml|x-yaml|javascript|x-ndjson|jsonl|json-seq|toml|sql|graphql"
    r"|x-www-form-urlencoded|x-sh)"
)
_LONGEST_TYPE: Final = 255
"""Two names of 127 characters and a slash (RFC 6838, 4.2)."""


def content_kind_of(block: bytes) -> tuple[int, str, str]:
    """Return the kind of content that field lines announce, its media type in lower case, and its charset."""
    found = _CONTENT_TYPE.search(block)
    if found is None or len(found[1]) > _LONGEST_TYPE:
        return OTHER, "", ""
    media_type = found[1].decode("latin-1").lower()
    if media_type == "application/json" or _IS_JSON.fullmatch(media_type):
        return JSON, media_type, ""
    if _IS_TEXT.fullmatch(media_type):
        charset = _CHARSET.search(found[0])
        return TEXT, media_type, charset[1].decode("ascii") if charset else "utf-8"
    if media_type.startswith("image/"):
        return IMAGE, media_type, ""
    return (AUDIO if media_type.startswith("audio/") else OTHER), media_type, ""
