"""A change of version: translating a document to OpenAPI 3.0, 3.1 or 3.2.

Every document is first translated to 3.1, which loses only the newest fields of 3.2, and from there to the wanted version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.nodes import keep_only, typed_nodes
from plugin_gateway.openapi.versions.downgrade_schema import uses_later_words
from plugin_gateway.openapi.versions.settled_refs import settle_refs

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Json, JsonObject

UNDERSTOOD_EXTENSIONS: Final = frozenset({"x-nullable"})
"""Vendor extensions of Swagger 2.0 that became fields of OpenAPI 3. Pruning must keep them, or the upgrade would lose their
meaning."""

PATCH_VERSIONS: Final = {"3.0": "3.0.3", "3.1": "3.1.0", "3.2": "3.2.0"}

# Formats of 3.0 that are keywords in JSON Schema 2020-12 (OpenAPI 3.1, 4.4.1.2 and its notes on upgrading).
_CONTENT_FORMATS = {
    "binary": ("contentMediaType", "application/octet-stream"),
    "base64": ("contentEncoding", "base64"),
    "byte": ("contentEncoding", "base64"),
}
_BOUNDS = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
# 3.0 ignores fields beside a `$ref` and 3.1 does not: drop constraints, keep explanations.
_KEPT_BESIDE_REF = frozenset({"$ref", "summary", "description"})
_REFERENCES = frozenset(
    {"parameter", "header", "requestBody", "response", "link", "example", "callback", "securityScheme"}
)


def upgrade(document: Document, to: str = "3.1") -> tuple[Document, tuple[Finding, ...]]:
    """Return a copy of `document` in version `to`: `3.0`, `3.1` or `3.2`.

    Constraints that the version cannot express become looser, never tighter, with a warning. References are settled in every
    version.
    """
    root, findings = settle_refs(document), list[Finding]()
    if document.version != to or (to == "3.0" and uses_later_words(root)):
        match document.version:
            case "2.0":
                from plugin_gateway.openapi.versions.swagger import swagger_to_3_0  # noqa: PLC0415  # only 2.0 needs it

                root, findings = swagger_to_3_0(root)
                _to_3_1(root)
            case "3.0":
                _to_3_1(root)
            case "3.2":
                from plugin_gateway.openapi.versions.downgrade import to_3_1  # noqa: PLC0415  # 3.0 and 3.1 do not need it

                findings += to_3_1(root)
            case _:
                pass
        if to == "3.0":
            from plugin_gateway.openapi.versions.downgrade import to_3_0  # noqa: PLC0415  # a start that serves 3.1 does not need it

            root = settle_refs(Document(root=root, name=document.name), whole=True)
            findings += to_3_0(root)
        root["openapi"] = PATCH_VERSIONS[to]
    return Document(root=root, name=document.name), tuple(findings)


def _to_3_1(root: JsonObject) -> None:
    for kind, node in typed_nodes(root):
        if kind is not ObjectKind.PATH_ITEM and is_reference(kind, node):
            keep_only(node, _KEPT_BESIDE_REF - ({"summary"} if kind is ObjectKind.SCHEMA else set()))
        elif kind is ObjectKind.SCHEMA:
            _upgrade_schema(node)


def _upgrade_schema(schema: JsonObject) -> None:
    # 3.0 ignores a schema's identifier and dialect. In 3.1 they would change the meaning of references.
    schema.pop("$id", None)
    schema.pop("$schema", None)
    # `nullable` extends only `type` and does not override `enum` (OpenAPI 3.0.3, 4.7.24.1).
    if schema.pop("nullable", None) is True and "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema["type"] = types if "null" in types else [*types, "null"]
    for exclusive, bound in _BOUNDS:
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    if "example" in schema:
        example = schema.pop("example")
        schema.setdefault("examples", [example])
    if _is_string(schema.get("type")) and (content := _CONTENT_FORMATS.get(str(schema.get("format")))):
        del schema["format"]
        schema.setdefault(*content)
    if isinstance(schema.get("items"), list):
        # A list of schemas by position, which 2.0's schema for schemas allows. `additionalItems` has the schema of the rest.
        schema["prefixItems"] = schema.pop("items")
        if "additionalItems" in schema:
            schema["items"] = schema.pop("additionalItems")


def _is_string(types: Json) -> bool:
    return types == "string" or (isinstance(types, list) and "string" in types)
