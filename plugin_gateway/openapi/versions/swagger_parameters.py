"""Parameters, form fields and headers of Swagger 2.0, translated to 3.0.

The value goes under `schema`, and its format becomes a style.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from plugin_gateway.openapi.document import Json, JsonObject

    Loosened: TypeAlias = tuple[JsonObject, Finding]
    """A node of the document, and the finding that it is served looser than it is."""

# Fields that stay on the parameter in 3.0. The other fields describe its value and move under `schema`.
_ON_PARAMETER = frozenset({"name", "in", "description", "required", "allowEmptyValue", "deprecated"})
_STYLES = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}
_DELIMITERS = {"tsv": r"\t", "ssv": " ", "pipes": r"\|"}
_INTEGER = "-?(?:0|[1-9][0-9]*)"
_ITEMS = {
    "integer": _INTEGER,
    "number": rf"{_INTEGER}(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "boolean": "(?:true|false)",
}
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def upgrade_parameter(parameter: JsonObject, where: str, findings: list[Loosened]) -> JsonObject:
    upgraded = {key: value for key, value in parameter.items() if key in _ON_PARAMETER or key.startswith("x-")}
    if parameter.get("in") != "query":
        upgraded.pop("allowEmptyValue", None)
    schema = _value_schema(parameter)
    upgraded |= _style(parameter, parameter.get("in"), schema, where, findings)
    return {**upgraded, "schema": schema}


def upgrade_header(header: Json, where: str, findings: list[Loosened]) -> Json:
    if not isinstance(header, dict):
        return header
    upgraded = {key: value for key, value in header.items() if key == "description" or key.startswith("x-")}
    schema = _value_schema(header)
    _style(header, "header", schema, where, findings)
    return {**upgraded, "schema": schema}


def upgrade_form(
    fields: Sequence[JsonObject], consumes: Sequence[str], where: str, findings: list[Loosened]
) -> JsonObject:
    has_file = any(field.get("type") == "file" for field in fields)
    wanted = [name for name in consumes if name in (_FORM, _MULTIPART) and not (has_file and name == _FORM)]
    schema: JsonObject = {"type": "object", "properties": {}}
    encoding: JsonObject = {}
    for field in fields:
        name = str(field.get("name"))
        value = _value_schema(field)
        if "description" in field:
            value = {"description": field["description"], **value}
        style = _style(field, "formData", value, where, findings)
        schema["properties"][name] = value
        if style:
            encoding[name] = style
    required = [str(field.get("name")) for field in fields if field.get("required") is True]
    if required:
        schema["required"] = required
    media_type = {"schema": schema, **({"encoding": encoding} if encoding else {})}
    content = {name: dict(media_type) for name in wanted or ([_MULTIPART] if has_file else [_FORM])}
    return {"content": content, **({"required": True} if required else {})}


def _value_schema(parameter: JsonObject) -> JsonObject:
    """Build the schema for the value of a parameter or header."""
    # The items of a parameter are not a schema, so a `$ref` in them is not a reference.
    dropped = _ON_PARAMETER | {"collectionFormat", "$ref"}
    schema = {key: value for key, value in parameter.items() if key not in dropped and not key.startswith("x-")}
    schema |= {key: parameter[key] for key in ("x-nullable",) if key in parameter}
    if isinstance(schema.get("items"), dict):
        schema["items"] = _value_schema(schema["items"])
    return schema


def _style(
    parameter: JsonObject, location: Json, schema: JsonObject, where: str, findings: list[Loosened]
) -> JsonObject:
    """Return the style that joins the items of an array. If no style fits, change `schema` to a plain string."""
    if parameter.get("type") != "array":
        return {}
    joined = str(parameter.get("collectionFormat", "csv"))
    if location in ("query", "formData"):
        if joined in _STYLES:
            style, explode = _STYLES[joined]
            return {"style": style, "explode": explode}
    elif joined == "csv":
        return {}  # `simple`, the default of path and header
    name = repr(parameter["name"]) if "name" in parameter else f"a {location}"
    message = f"{where}: {name} is joined by {joined!r}, which no style expresses: it is served as a string"
    findings.append((parameter, Finding(rule="upgrade-loosened", message=message, severity=Severity.WARNING)))
    pattern = _pattern(schema, joined)
    for key in [key for key in schema if key != "description"]:
        del schema[key]
    schema |= {"type": "string", **({"pattern": pattern} if pattern else {})}
    return {}


def _pattern(schema: JsonObject, joined: str) -> str:
    """Return the pattern of a string of joined items; empty if the items may be any text."""
    items = schema.get("items")
    delimiter = _DELIMITERS.get(joined)
    if not isinstance(items, dict) or delimiter is None:
        return ""
    item = _ITEMS.get(str(items.get("type")), "")
    values = items.get("enum")
    if isinstance(values, list) and values and all(isinstance(value, str) for value in values):
        item = f"(?:{'|'.join(map(_escaped, values))})"
    return f"^{item}(?:{delimiter}{item})*$" if item else ""


def _escaped(text: str) -> str:
    """Escape a text for a pattern of ECMAScript, which allows an escape only before its own characters."""
    return re.sub(r"[\\^$.*+?()\[\]{}|/]", lambda match: "\\" + match[0], text)
