"""A media type: the value of a Content-Type field, or of a key under `content`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM: Final = b"application/x-www-form-urlencoded"

MULTIPART: Final = b"multipart/form-data"

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER: Final = rb"[ \t]*;[ \t]*(?:(" + _TOKEN + rb')=("(?:[^"\\]|\\.)*"|' + _TOKEN + rb"))?"
_MEDIA_TYPE: Final = re.compile(rb"(" + _TOKEN + rb"/" + _TOKEN + rb")((?:" + _PARAMETER + rb")*)[ \t]*")
_PARAMETERS: Final = re.compile(_PARAMETER)
_DESCRIBED_JSON: Final = re.compile(r"(?i)\s*(?:[a-z]+/(?:[^;,\s]+\+)?json|\*/\*|application/\*)\s*(?:;|\Z)")


class MediaType(NamedTuple):
    """A media type in lower case, and its charset, or empty if it names no charset."""

    name: bytes
    charset: bytes


def read_media_type(value: bytes) -> MediaType | None:
    """Read a Content-Type field; return None unless it is one media type (RFC 9110, 8.3.1) with at most one charset."""
    match = _MEDIA_TYPE.fullmatch(value)
    if match is None:
        return None
    charsets = [text.strip(b'"').lower() for name, text in _PARAMETERS.findall(match[2]) if name.lower() == b"charset"]
    return MediaType(match[1].lower(), charsets[0] if charsets else b"") if len(charsets) < 2 else None


def declared_media_types(content: Iterable[str]) -> tuple[bytes, ...]:
    """The keys of a request body's `content`, without their parameters; some documents put a list into one key."""
    names = [name.partition(";")[0].strip().lower() for key in content for name in key.split(",")]
    return tuple(name.encode(errors="replace") for name in dict.fromkeys(names) if name)


def admits(ranges: Iterable[bytes], name: bytes) -> bool:
    """Whether a media type is declared. Declared types may be ranges: `*/*`, `text/*`, `application/*+json`."""
    for declared in ranges:
        if declared in {name, b"*/*", b"*"}:
            return True
        kind, star, suffix = declared.partition(b"/*")
        if star and name.startswith(kind + b"/") and name.endswith(suffix):
            return True
    return False


def is_media_type(value: bytes) -> bool:
    """Whether a value is one well-formed media type."""
    return _MEDIA_TYPE.fullmatch(value) is not None


def parameter_of(value: bytes, name: bytes) -> bytes:
    """Return a parameter of a well-formed media type, unquoted; empty if there is none."""
    match = _MEDIA_TYPE.fullmatch(value)
    found = [text for one, text in _PARAMETERS.findall(match[2]) if one.lower() == name] if match else []
    return re.sub(rb"\\(.)", rb"\1", found[0][1:-1]) if found and found[0][:1] == b'"' else b"".join(found[:1])


def is_json(name: bytes) -> bool:
    """Whether a body of this type is one JSON text (RFC 8259; RFC 6839, 3.1)."""
    return name.endswith(b"+json") or name in {b"application/json", b"text/json", b"application/x-json"}


def describes_json(key: str) -> bool:
    """Whether answers of a media type of the document are cut: it is JSON, or a range that includes JSON, such as `*/*`."""
    return _DESCRIBED_JSON.match(key) is not None
