"""A sample: a small value that a schema of a document accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
from hypothesis import find, strategies
from hypothesis.errors import HypothesisException

from plugin_gateway.openapi.parameters import follow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.openapi.document import Document

_DEEPEST = 12
_FORMATS: dict[Any, str] = {
    "date": "2020-01-02",
    "date-time": "2020-01-02T03:04:05Z",
    "email": "a@example.com",
    "hostname": "a.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "03:04:05Z",
    "uri": "https://a.example/x",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
}


def sample(schema: Any, document: Document) -> Any:
    """Return a value with the members that the schema requires.

    Raises:
        ValueError: this module finds no value that the schema accepts.
    """
    value = _sample(schema, document, 0)
    if not accepts(schema, value, document):
        raise ValueError(f"no sample for {schema}")
    return value


def accepts(schema: Any, value: Any, document: Document) -> bool:
    """Whether a value fits a schema of the document, by a validator that is not the gateway's."""
    return jsonschema_rs.Draft202012Validator(whole(schema, document), validate_formats=True).is_valid(value)


def whole(schema: Any, document: Document) -> dict[str, Any]:
    """Return a schema with the components that it refers to."""
    components: dict[str, dict[str, Any]] = {}
    nodes = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            nodes += node.values()
            if isinstance(ref := node.get("$ref"), str) and ref.startswith("#/components/"):
                kind, name = ref.split("/")[2:4]
                known = components.setdefault(kind, {})
                if name not in known:
                    known[name] = document.root["components"][kind][name]
                    nodes.append(known[name])
    return {"allOf": [schema], "components": components}


def _sample(schema: Any, document: Document, depth: int) -> Any:
    schema = merged([schema], document)
    if depth > _DEEPEST:
        return None
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next((one for one in schema["enum"] if one is not None), None)
    for word in ("oneOf", "anyOf"):
        if word in schema:
            rest = {key: value for key, value in schema.items() if key != word}
            found = [_sample(merged([rest, branch], document), document, depth + 1) for branch in schema[word]]
            return next((one for one in found if accepts(schema, one, document)), found[0])
    match _type_of(schema):
        case "object":
            members, more = schema.get("properties", {}), schema.get("additionalProperties", {})
            return {
                name: _sample(members.get(name, more), document, depth + 1)
                for name in dict.fromkeys(schema.get("required", ()))
            }
        case "array":
            return [_sample(schema.get("items", {}), document, depth + 1)] * schema.get("minItems", 0)
        case "boolean":
            return True
        case "null":
            return None
        case "integer" | "number":
            step = schema.get("multipleOf", 1)
            least = schema.get("minimum", min(0, schema.get("maximum", 0)))
            if "exclusiveMinimum" in schema:
                least = max(least, schema["exclusiveMinimum"] + step)
            return -(-least // step) * step
        case _:
            return _text(schema, document)


def _text(schema: dict[str, Any], document: Document) -> str:
    if (text := _FORMATS.get(schema.get("format", ""))) is not None:
        return text
    shortest: str = "x" * max(1, schema.get("minLength", 1))
    if "pattern" not in schema:
        return shortest

    def fits(text: str) -> bool:
        return text.isprintable() and accepts(schema, text, document)

    try:
        return str(find(strategies.from_regex(schema["pattern"]), fits))
    except HypothesisException:
        return shortest


def _type_of(schema: dict[str, Any]) -> str:
    stated = schema.get("type")
    if isinstance(stated, list):
        return next((one for one in stated if one != "null"), "null")
    if stated is None:
        return "object" if schema.keys() & {"properties", "required"} else "array" if "items" in schema else "string"
    return str(stated)


def merged(schemas: Iterable[Any], document: Document) -> dict[str, Any]:
    """Return one schema for several that all hold."""
    found: dict[str, Any] = {}
    for one in schemas:
        node = one if isinstance(one, dict) else {}
        if "$ref" in node:
            node = merged([follow(node, document), {k: v for k, v in node.items() if k != "$ref"}], document)
        if "allOf" in node:
            node = merged([*node["allOf"], {k: v for k, v in node.items() if k != "allOf"}], document)
        for key, value in node.items():
            if key == "properties":
                found[key] = {**found.get(key, {}), **value}
            elif key == "required":
                found[key] = [*found.get(key, []), *value]
            else:
                found[key] = value
    return found
