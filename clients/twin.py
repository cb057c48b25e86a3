"""A twin: a value that fits a schema and has the texts of another value, in places whose texts do not tell their type."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from jsonschema_rs import Draft202012Validator

from clients.sample import merged, whole
from plugin_gateway.shape.values.validator import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.openapi.document import Document

_JSON_TYPES = {str, int, float, bool, type(None)}
_KNOWN_FORMATS = (
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri", "iri-reference",
    "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference", "uri-template", "uuid",
)  # fmt: skip
_LOOSE_FORMATS: dict[str, Callable[[str], bool]] = {
    name: lambda _: True for name in _KNOWN_FORMATS if name not in FORMATS
}
"""The formats that the gateway takes for notes to the reader, as JSON Schema does with all of them."""


def twins_of(value: Any, schema: Any, document: Document) -> Iterator[Any]:
    """Yield what may be a twin of a value. The caller compares the texts."""
    if is_valid(value, schema, document):
        yield value
    for form in objects_of(schema, document) if isinstance(value, dict) else ():
        members = form.get("properties", {})
        twin = {name: fitting(one, members.get(name, True), document) for name, one in value.items()}
        if is_valid(twin, schema, document):
            yield twin


def fitting(value: Any, schema: Any, document: Document) -> Any:
    """Return the first value that may have the same text and fits the schema; the value itself if there is none."""
    return next((one for one in _same_texts(value) if is_valid(one, schema, document)), value)


def is_valid(value: Any, schema: Any, document: Document) -> bool:
    """Whether a request may send a value, by a schema of the document and a validator that is not the gateway's. A file is a string."""
    sent = without_read_only(whole(schema, document), document)
    validator = Draft202012Validator(sent, validate_formats=True, formats=_LOOSE_FORMATS)
    return validator.is_valid(_as_json(value))


def without_read_only(schema: Any, document: Document) -> Any:
    """Return a schema without its `readOnly` members. An API may ignore them in a request (JSON Schema Validation, 9.4)."""
    if isinstance(schema, list):
        return [without_read_only(one, document) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: without_read_only(value, document) for key, value in schema.items()}
    members = schema.get("properties")
    if isinstance(members, dict):
        hidden = {name for name, one in members.items() if merged([one], document).get("readOnly") is True}
        found["properties"] = {name: one for name, one in found["properties"].items() if name not in hidden}
        found["required"] = [name for name in schema.get("required", ()) if name not in hidden]
    return found


def objects_of(schema: Any, document: Document) -> Iterator[dict[str, Any]]:
    """Yield the schema without `oneOf` and `anyOf`, once for each branch."""
    plain = merged([schema], document)
    choices = [word for word in ("oneOf", "anyOf") if word in plain]
    if not choices:
        yield plain
    for word in choices:
        rest = {key: value for key, value in plain.items() if key != word}
        for branch in plain[word]:
            yield from objects_of({"allOf": [rest, branch]}, document)


def _same_texts(value: Any) -> Iterator[Any]:
    """Yield values of other types that a form may write as the same texts."""
    yield value
    if isinstance(value, list):
        yield [_text_of(one) for one in value]
        yield [_read(one) for one in value]
        if len(value) == 1:
            yield from _same_texts(value[0])
    other = _read(value) if isinstance(value, str) else _text_of(value)
    yield other
    yield from ([value], [other])


def _read(value: Any) -> Any:
    """Return the value of a text of JSON, and any other value as it is."""
    with contextlib.suppress(TypeError, ValueError):
        return json.loads(value)
    return value


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(_as_json(value))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    return value if type(value) in _JSON_TYPES else "a file"
