"""A downgrade: translating fields outside of schemas from 3.2 to 3.1 and from 3.1 to 3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.grammar import ObjectKind, is_reference
from plugin_gateway.openapi.nodes import keep_only, places_of, typed_nodes
from plugin_gateway.openapi.versions.downgrade_schema import schemas_to_3_0

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.document import JsonObject

_NEW_IN_3_2: Mapping[ObjectKind, tuple[str, ...]] = {
    ObjectKind.DISCRIMINATOR: ("defaultMapping",),
    ObjectKind.ENCODING: ("encoding", "itemEncoding", "prefixEncoding"),
    ObjectKind.MEDIA_TYPE: ("description", "itemSchema", "itemEncoding", "prefixEncoding"),
    ObjectKind.OAUTH_FLOWS: ("deviceAuthorization",),
    ObjectKind.RESPONSE: ("summary",),
    ObjectKind.SECURITY_SCHEME: ("deprecated", "oauth2MetadataUrl"),
    ObjectKind.SERVER: ("name",),
    ObjectKind.TAG: ("summary", "parent", "kind"),
}
_CONSTRAINTS = frozenset({"itemSchema", "itemEncoding", "prefixEncoding", "encoding", "defaultMapping"})


def to_3_1(root: JsonObject) -> list[Finding]:
    """Translate `root` from 3.2 to 3.1, in place."""
    root.pop("$self", None)
    findings = list(_drop_operations(root))
    lost: list[tuple[JsonObject, Finding]] = []
    for kind, node in typed_nodes(root):
        if kind is ObjectKind.RESPONSE and not is_reference(kind, node):
            node.setdefault("description", node.get("summary", ""))
        dropped = [key for key in _NEW_IN_3_2.get(kind, ()) if node.pop(key, None) is not None]
        lost += [
            (node, _loosened(f"OpenAPI 3.1 cannot express {key!r} of a {kind}"))
            for key in dropped
            if key in _CONSTRAINTS
        ]
        match kind:
            case ObjectKind.OPERATION | ObjectKind.PATH_ITEM:
                lost += ((node, finding) for finding in _drop_querystring(root, node))
            case ObjectKind.PARAMETER:
                _strip_parameter(node)
            case ObjectKind.EXAMPLE:
                _strip_example(node)
            case ObjectKind.SCHEMA:
                _strip_xml(node)
            case _:
                pass
    places = places_of([node for node, _ in lost], root)
    return findings + [replace(finding, pointer=place) for (_, finding), place in zip(lost, places, strict=True)]


def to_3_0(root: JsonObject) -> list[Finding]:
    """Translate `root` from 3.1 to 3.0, in place. All its references must be pointers to whole components."""
    for key in ("webhooks", "jsonSchemaDialect"):
        root.pop(key, None)
    root.setdefault("paths", {})
    findings = [*_drop_shared_path_items(root), *schemas_to_3_0(root)]
    for kind, node in typed_nodes(root):
        match kind:
            case ObjectKind.INFO:
                node.pop("summary", None)
            case ObjectKind.LICENSE:
                node.pop("identifier", None)
            case ObjectKind.OPERATION if not node.get("responses"):
                node["responses"] = {"default": {"description": ""}}
            case _:
                if is_reference(kind, node):
                    keep_only(node, ("$ref",))
    return findings


def _drop_operations(root: JsonObject) -> Iterator[Finding]:
    paths = root.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if not isinstance(item, dict):
            continue
        methods = {"QUERY": ("query",)} if item.pop("query", None) else {}
        methods |= {method: ("additionalOperations", method) for method in item.pop("additionalOperations", None) or ()}
        for method, place in methods.items():
            yield Finding(
                rule="upgrade-no-method",
                message=f"{method} {path} cannot be described before OpenAPI 3.2: the operation is allowed, but missing from the served document",
                hint='set public.openapi_version to "3.2"',
                severity=Severity.WARNING,
                pointer=("paths", path, *place),
            )


def _drop_shared_path_items(root: JsonObject) -> Iterator[Finding]:
    components = root.get("components")
    if isinstance(components, dict):
        components.pop("pathItems", None)
    for kind, node in typed_nodes(root):
        for expression, item in list(node.items()) if kind is ObjectKind.CALLBACK else ():
            if is_reference(ObjectKind.PATH_ITEM, item):
                del node[expression]
                yield _loosened(f"OpenAPI 3.0 cannot express the callback {expression!r}, which is a reference")


def _drop_querystring(root: JsonObject, node: JsonObject) -> Iterator[Finding]:
    parameters = node.get("parameters")
    if not isinstance(parameters, list):
        return
    shared = (root.get("components") or {}).get("parameters") or {}
    for entry in parameters.copy():
        if isinstance(entry, dict):
            parameter = shared.get(str(entry.get("$ref")).removeprefix("#/components/parameters/"), entry)
            if parameter.get("in") != "querystring":
                continue
            if (spread := _spread_form(parameter)) is not None:
                parameters[parameters.index(entry)] = spread
            else:
                parameters.remove(entry)
                name = parameter.get("name")
                yield Finding(
                    rule="upgrade-loosened",
                    message=f"OpenAPI 3.1 cannot express `{name}`, which describes the whole query: clients are not shown it",
                    hint='set public.openapi_version to "3.2"',
                    severity=Severity.WARNING,
                )


def _spread_form(parameter: JsonObject) -> JsonObject | None:
    """Return the query parameter of 3.1 that writes the same queries: an object whose members are separate pairs."""
    content = parameter.get("content")
    form = content.get("application/x-www-form-urlencoded") if isinstance(content, dict) and len(content) == 1 else None
    if not isinstance(form, dict) or "encoding" in form or not isinstance(form.get("schema"), dict):
        return None
    spread = {
        key: value for key, value in parameter.items() if key in ("name", "description", "required", "deprecated")
    }
    return {**spread, "in": "query", "style": "form", "explode": True, "schema": form["schema"]}


def _strip_parameter(parameter: JsonObject) -> None:
    if parameter.get("style") == "cookie":
        del parameter["style"]
    if parameter.get("in") != "query":
        parameter.pop("allowReserved", None)


def _strip_example(example: JsonObject) -> None:
    values = [example.pop(key) for key in ("dataValue", "serializedValue") if key in example]
    if values:
        example.setdefault("value", values[0])


def _strip_xml(schema: JsonObject) -> None:
    xml = schema.get("xml")
    node_type = xml.pop("nodeType", None) if isinstance(xml, dict) else None
    if node_type == "attribute":
        schema["xml"]["attribute"] = True
    elif node_type == "element" and schema.get("type") == "array":
        schema["xml"]["wrapped"] = True


def _loosened(message: str) -> Finding:
    return Finding(rule="upgrade-loosened", message=message, severity=Severity.WARNING)
