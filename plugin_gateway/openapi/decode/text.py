"""The text of a document: JSON or YAML, decoded into values."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.json_values import decode_json
from plugin_gateway.text.position import position

if TYPE_CHECKING:
    from plugin_gateway.openapi.decode.unread import Json

WORTH_SKIMMING_BYTES = 1024 * 1024
"""Below this size, importing msgspec takes longer than decoding everything."""
BOM = b"\xef\xbb\xbf"
_CHUNK_BYTES = 64 * 1024


def decode(data: bytes, name: str) -> Json:
    """Decode `data`; messages call it `name`.

    A text that begins with `{` or `[` is JSON, or YAML in flow style if it is not valid JSON. YAML tags are never acted on.
    Raises `DocumentError` with a finding for each mistake.
    """
    text = data.removeprefix(BOM)
    _check_encoding(text, name)
    if looks_like_json(text):
        try:
            return decode_json(text, name)
        except DocumentError as error:
            if error.findings[0].rule != "document-syntax":
                raise
            return _decode_flow(text, name, error)
    # Imported late: PyYAML costs 15 ms and JSON does not need it.
    from plugin_gateway.openapi.decode.yaml_values import decode_yaml

    value = decode_yaml(text, name)
    if value is None:
        raise _refused(
            "document-empty", "the document is empty", Location(name), "put an OpenAPI document into the file"
        )
    return value


def skim(data: bytes, name: str) -> Json:
    """Decode `data` like `decode`, but leave most of a large document as text until it is used (see `unread`).

    Duplicate keys are found in the root, `paths`, path items, components and every value that is used.
    """
    text = data.removeprefix(BOM)
    if len(text) >= WORTH_SKIMMING_BYTES:
        _check_encoding(text, name)
        if (root := _skim(text, name)) is not None:
            return root
    return decode(data, name)


def _skim(text: bytes, name: str) -> Json | None:
    # Imported late: a small document needs neither, and each syntax needs one of the two libraries.
    if looks_like_json(text):
        from plugin_gateway.openapi.decode.json_skim import skim_json

        return skim_json(text, name)
    from plugin_gateway.openapi.decode.yaml_skim import skim_yaml

    return skim_yaml(text, name)


def looks_like_json(text: bytes) -> bool:
    return text.lstrip()[:1] in (b"{", b"[")


def _decode_flow(text: bytes, name: str, json_error: DocumentError) -> Json:
    """Decode YAML in flow style; if that fails, too, raise the JSON error, because the author probably meant JSON."""
    from plugin_gateway.openapi.decode.yaml_values import decode_yaml

    try:
        return decode_yaml(text, name)
    except DocumentError as yaml_error:
        raise (json_error if yaml_error.findings[0].rule == "document-syntax" else yaml_error) from None


def _check_encoding(text: bytes, name: str) -> None:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]:
        hint = "save it as UTF-8 (RFC 8259, 8.1)"
        raise _refused("document-encoding", "it is in UTF-16 or UTF-32", Location(name), hint)
    if text.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(text), _CHUNK_BYTES):  # decoding it at once would hold it in memory twice
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(text[start : start + _CHUNK_BYTES], final=start + _CHUNK_BYTES >= len(text))
        except UnicodeDecodeError as error:
            offset = start - waiting + error.start
            message = f"byte {text[offset]:#04x} is not UTF-8"
            location = Location(name, *position(text, offset))
            raise _refused("document-encoding", message, location, "save it as UTF-8") from None


def _refused(rule: str, message: str, location: Location, hint: str = "") -> DocumentError:
    return DocumentError([Finding(rule=rule, message=message, hint=hint, location=location)])
