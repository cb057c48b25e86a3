"""A document's text into values: JSON or YAML, by what the text looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.extent import position
from plugin_gateway.openapi.json_decode import decode_json, locate_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.openapi.document import Json

_BOM = b"\xef\xbb\xbf"


def decode(data: bytes, name: str) -> Json:
    """The value that `data` says; `name` is how messages call it.

    A text that begins with `{` or `[` is JSON, or else YAML in flow style. Raises `DocumentError` with every place that
    is wrong, and never acts on a tag.
    """
    text = data.removeprefix(_BOM)
    _check_encoding(text, name)
    if looks_like_json(text):
        try:
            return decode_json(text, name)
        except DocumentError as error:
            if error.findings[0].rule != "document-syntax":
                raise
            return _decode_flow(text, name, error)
    # Imported here, as PyYAML costs 15 ms and JSON does without.
    from plugin_gateway.openapi.yaml_decode import decode_yaml  # noqa: PLC0415

    value = decode_yaml(text, name)
    if value is None:
        raise _refused("document-empty", "there is nothing in it", Location(name), "give the file an OpenAPI document")
    return value


def locate(data: bytes, name: str, pointer: Iterable[str | int]) -> Location:
    """Where in `data`, which could be decoded, the value at `pointer` is, or as near as there is.

    Reads the text again, as places are kept nowhere: an error can wait for that, a start without errors need not.
    """
    from plugin_gateway.openapi.yaml_decode import locate_yaml  # noqa: PLC0415

    text = data.removeprefix(_BOM)
    if looks_like_json(text):
        try:
            decode_json(text, name)
        except DocumentError:
            return locate_yaml(text, name, pointer)
        return locate_json(text, name, pointer)
    return locate_yaml(text, name, pointer)


def looks_like_json(text: bytes) -> bool:
    return text.lstrip()[:1] in (b"{", b"[")


def _decode_flow(text: bytes, name: str, json_error: DocumentError) -> Json:
    """YAML in flow style; a text that is that neither is called wrong JSON, as it was meant to be."""
    from plugin_gateway.openapi.yaml_decode import decode_yaml  # noqa: PLC0415

    try:
        return decode_yaml(text, name)
    except DocumentError as yaml_error:
        raise (json_error if yaml_error.findings[0].rule == "document-syntax" else yaml_error) from None


def _check_encoding(text: bytes, name: str) -> None:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in text[:4]:
        hint = "save it as UTF-8, which JSON on a network always is (RFC 8259, 8.1)"
        raise _refused("document-encoding", "it is in UTF-16 or UTF-32", Location(name), hint)
    try:
        text.isascii() or text.decode()
    except UnicodeDecodeError as error:
        message = f"byte {text[error.start]:#04x} is not UTF-8"
        location = Location(name, *position(text, error.start))
        raise _refused("document-encoding", message, location, "save it as UTF-8") from None


def _refused(rule: str, message: str, location: Location, hint: str = "") -> DocumentError:
    return DocumentError([Finding(rule=rule, message=message, hint=hint, location=location)])
