"""A downgraded schema: a 3.1 schema translated to 3.0. It allows the same values or more, never fewer."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeGuard

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import children, typed_nodes
from plugin_gateway.openapi.values import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

# The whole vocabulary of a Schema Object (OpenAPI 3.0.3, 4.7.24).
_VOCABULARY = frozenset({
    "$ref", "title", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
    "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "not",
    "allOf", "oneOf", "anyOf", "items", "properties", "additionalProperties", "description", "format", "default",
    "nullable", "discriminator", "readOnly", "writeOnly", "example", "externalDocs", "deprecated", "xml",
})  # fmt: skip
_LOST_CONSTRAINTS = ("then", "else", "contains", "propertyNames", "dependentSchemas", "dependentRequired")
_BOUNDS = (("exclusiveMinimum", "minimum", max), ("exclusiveMaximum", "maximum", min))


def schemas_to_3_0(root: JsonObject) -> list[Finding]:
    """Translate every schema of `root` to 3.0, in place. All references must be pointers to whole components."""
    lost: Counter[str] = Counter()
    loose: list[JsonObject] = []
    for kind, node in reversed(typed_nodes(root)):
        if kind is ObjectKind.SCHEMA:
            if keywords := list(_lower_schema(node)):
                lost.update(keywords)
                loose.append(node)
        elif node.get("schema") in (True, False):
            node["schema"] = _as_object(node["schema"])
    members = (root.get("components") or {}).get("schemas") or {}
    for name, schema in members.items():
        members[name] = _as_object(schema)
    _loosen_what_turns_around(root, loose)
    return [
        Finding(
            rule="upgrade-loosened",
            message=f"OpenAPI 3.0 cannot express {keyword!r}: {count} schemas are served looser than they are",
            severity=Severity.WARNING,
        )
        for keyword, count in lost.items()
    ]


def uses_later_words(root: JsonObject) -> bool:
    """Return whether schemas of `root`, whose version field says 3.0, use keywords of later versions."""
    return any(
        isinstance(node.get("type"), list)
        or isinstance(node.get("items"), list)
        or any(_is_number(node.get(exclusive)) for exclusive, _, _ in _BOUNDS)
        or any(word not in _VOCABULARY and not word.startswith("x-") for word in node)
        for kind, node in typed_nodes(root)
        if kind is ObjectKind.SCHEMA
    )


def _lower_schema(schema: JsonObject) -> Iterator[str]:
    """Translate one schema whose inner schemas are translated. Yield each keyword that became looser."""
    _lower_booleans(schema)
    _lower_type(schema)
    _lower_values(schema)
    for exclusive, bound, stricter in _BOUNDS:
        limit = schema.get(exclusive)
        inclusive = schema.get(bound, limit)
        if _is_number(limit) and _is_number(inclusive):
            schema[bound] = stricter(limit, inclusive)
            # With both bounds given, the inclusive one counts if it is stricter.
            if schema[bound] == limit:
                schema[exclusive] = True
            else:
                del schema[exclusive]
    if isinstance(schema.get("prefixItems"), list):
        yield "prefixItems"
        _lower_positions(schema)
    if isinstance(patterns := schema.get("patternProperties"), dict) and patterns:
        yield "patternProperties"
        if (others := schema.get("additionalProperties")) is False:
            schema["additionalProperties"] = {"anyOf": list(patterns.values())}
        elif isinstance(others, dict):
            schema["additionalProperties"] = {"anyOf": [*patterns.values(), others]}
    yield from (keyword for keyword in _LOST_CONSTRAINTS if keyword in schema)
    yield from (key for key in ("unevaluatedItems", "unevaluatedProperties") if schema.get(key, True) is not True)
    for keyword in [key for key in schema if key not in _VOCABULARY and not key.startswith("x-")]:
        del schema[keyword]
    if schema.get("type") == "array":
        schema.setdefault("items", {})
    if schema.get("required") == []:
        del schema["required"]
    if "$ref" in schema and len(schema) > 1:
        # 3.0 ignores fields beside a `$ref`.
        _also(schema, {"$ref": schema.pop("$ref")})


def _also(schema: JsonObject, other: JsonObject) -> None:
    schema["allOf"] = [*as_list(schema.get("allOf")), other]


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_object(schema: Json) -> Json:
    return schema if isinstance(schema, dict) else {} if schema is True else {"not": {}}


def _lower_booleans(schema: JsonObject) -> None:
    for field in ("items", "not"):
        if isinstance(schema.get(field), bool):
            schema[field] = _as_object(schema[field])
    for field in ("allOf", "anyOf", "oneOf", "prefixItems"):
        if isinstance(schema.get(field), list):
            schema[field] = [_as_object(entry) for entry in schema[field]]
    for field in ("properties", "patternProperties"):
        if isinstance(schema.get(field), dict):
            schema[field] = {name: _as_object(entry) for name, entry in schema[field].items()}


def _lower_type(schema: JsonObject) -> None:
    types = schema.get("type")
    names = types if isinstance(types, list) else [types]
    allows_null = "null" in names
    names = [name for name in names if name != "null"]
    if not names:
        if allows_null:
            if "enum" in schema:
                _also(schema, {"enum": [None]})
            schema |= {"type": "string", "nullable": True, "enum": schema.get("enum", [None])}
        return
    if len(names) == 1:
        if names[0] is not None:
            schema["type"] = names[0]
        if allows_null:
            schema["nullable"] = True
        return
    del schema["type"]
    branches: list[JsonObject] = [{"type": name, **({"items": {}} if name == "array" else {})} for name in names]
    if allows_null:
        branches[0]["nullable"] = True
    if "anyOf" in schema:
        _also(schema, {"anyOf": branches})
    else:
        schema["anyOf"] = branches


def _lower_values(schema: JsonObject) -> None:
    if "const" in schema:
        constant = schema.pop("const")
        if "enum" in schema:
            _also(schema, {"enum": [constant]})
        else:
            schema["enum"] = [constant]
    if schema.get("enum") == []:
        del schema["enum"]
        _also(schema, {"not": {}})
    if isinstance(examples := schema.get("examples"), list) and examples:
        schema.setdefault("example", examples[0])
    if schema.get("contentEncoding") in ("base64", "base64url"):
        schema.setdefault("format", "byte")
    elif schema.get("contentMediaType") == "application/octet-stream":
        schema.setdefault("format", "binary")


def _lower_positions(schema: JsonObject) -> None:
    others = schema.get("items")
    if others == {"not": {}}:
        # `items: false` after `prefixItems` forbids further entries.
        size, most = len(schema["prefixItems"]), schema.get("maxItems")
        schema["maxItems"] = min(size, most) if _is_number(most) else size
        schema["items"] = {"anyOf": schema["prefixItems"]}
    else:
        # Without `items` any value may follow: `{}` comes last so that a reader still sees the schemas of the first entries.
        schema["items"] = {"anyOf": [*schema["prefixItems"], others if isinstance(others, dict) else {}]}


def _loosen_what_turns_around(root: JsonObject, loose: Iterable[JsonObject]) -> None:
    """Loosen each `not` and `oneOf` around a schema that became looser.

    Otherwise they would become tighter: a `not` refuses more if its schema allows more, and two branches of a `oneOf` may now
    both match.
    """
    schemas = [node for kind, node in typed_nodes(root) if kind is ObjectKind.SCHEMA]
    members = (root.get("components") or {}).get("schemas") or {}
    outer: dict[int, list[JsonObject]] = defaultdict(list)
    for schema in schemas:
        for _, child in children(ObjectKind.SCHEMA, schema):
            outer[id(child)].append(schema)
        if isinstance(ref := schema.get("$ref"), str):
            outer[id(members.get(ref.removeprefix("#/components/schemas/")))].append(schema)
    reached: set[int] = set()
    todo = list(loose)
    while todo:
        schema = todo.pop()
        if id(schema) not in reached:
            reached.add(id(schema))
            todo += outer[id(schema)]
    for schema in schemas:
        if id(schema.get("not")) in reached:
            del schema["not"]
        if any(id(branch) in reached for branch in as_list(schema.get("oneOf"))):
            branches = schema.pop("oneOf")
            if "anyOf" in schema:
                _also(schema, {"anyOf": branches})
            else:
                schema["anyOf"] = branches
