"""A multipart body: a part for each value, with its own media type (RFC 7578; OpenAPI, Encoding Object)."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.values.json_text import json_octets
from plugin_gateway.shape.values.scalar import UnwritableError, plain, utf8
from plugin_gateway.shape.values.style import MAX_NAME, MAX_VALUES, bare, deep_members, simple
from plugin_gateway.tools.base64_text import base64_octets
from plugin_gateway.tools.media import is_json, sendable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.tools.tool import Encoding

# A line end begins another field, and parsers disagree about escapes and encoded words in a name.
_find_unsafe: Final = re.compile(r"[\x00-\x1f\x7f\\]|=\?").search
_JSON: Final = "application/json"
_OCTETS: Final = "application/octet-stream"
# Some servers judge a file by the end of its name.
_SUFFIXES: Final = {
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
}


def parts(name: str, value: object, encoding: Encoding) -> list[bytes]:
    """Write one field as parts: one, one for each item of a list, none for null.

    Raises:
        UnwritableError: the value has no form, or the name is not read alike by all servers.
    """
    if value is None:
        return []
    quoted = _quoted(name)
    if encoding.style == "deepObject":
        return [_part(_quoted(inner), "", utf8(text)) for inner, text in deep_members(name, value)]
    if isinstance(value, list) and not is_json(encoding.media_type):
        if len(value) > MAX_VALUES:
            raise UnwritableError(f"must not have more than {MAX_VALUES} values")
        if encoding.style and not encoding.explode:
            return [_part(quoted, "", utf8(simple(value, explode=False, escaped=bare)))]
        return [_one(quoted, one, encoding) for one in value if one is not None]
    return [_one(quoted, value, encoding)]


def joined(pieces: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the boundary and the body of the parts. The boundary is new and random, and does not occur in them."""
    content = b"".join(b"\r\n" + piece for piece in pieces)
    while True:
        boundary = b"plugin-gateway-" + secrets.token_hex(16).encode()
        if boundary not in content:
            break
    start = b"--" + boundary + b"\r\n"
    return boundary, b"".join(start + piece + b"\r\n" for piece in pieces) + b"--" + boundary + b"--\r\n"


def _one(quoted: str, value: object, encoding: Encoding) -> bytes:
    if encoding.is_binary:
        media_type = sendable(encoding.media_type, _OCTETS)
        suffix = _SUFFIXES.get(media_type.partition(";")[0].lower(), "")
        file_name = quoted if quoted.lower().endswith(suffix) else quoted + suffix
        return _part(quoted, media_type, base64_octets(value), file_name)
    if is_json(encoding.media_type) or isinstance(value, dict | list):
        return _part(quoted, sendable(encoding.media_type, _JSON), json_octets(value))
    media_type = sendable(encoding.media_type, "")
    return _part(quoted, media_type, utf8(plain(value)))


def _part(quoted: str, media_type: str, content: bytes, file_name: str = "") -> bytes:
    lines = f'Content-Disposition: form-data; name="{quoted}"'
    lines += f'; filename="{file_name}"\r\n' if file_name else "\r\n"
    if media_type:
        lines += f"Content-Type: {media_type}\r\n"
    return lines.encode() + b"\r\n" + content


def _quoted(name: str) -> str:
    """Return a name for quotes (WHATWG HTML, 4.10.21.8).

    Raises:
        UnwritableError: servers read the name in different ways.
    """
    utf8(name)
    if not name or len(name) > MAX_NAME or _find_unsafe(name):
        raise UnwritableError("has a name that is too long, or that servers read in different ways")
    return name.replace('"', "%22")
