"""Swagger: translating Swagger 2.0 to OpenAPI 3.0. Schemas change only where they use keywords that only 2.0 has.

The translation is exact rather than short. A body, form or response depends on the `consumes` and `produces` of the operation
that uses it. So a shared one becomes a component for operations that inherit the document's lists, and is written out for the
others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from msgspec.structs import replace

from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.nodes import copy_json, places_of, typed_nodes
from plugin_gateway.openapi.refs import RefError, resolve, split_pointer, to_ref
from plugin_gateway.openapi.versions.swagger_parameters import upgrade_form, upgrade_header, upgrade_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.openapi.versions.swagger_parameters import Loosened

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_ROOT_KEPT = ("info", "tags", "externalDocs", "security")
_SECTIONS = {"definitions": "schemas", "parameters": "parameters", "responses": "responses"}
_PARAMETER_SECTIONS = ("parameters", "requestBodies")
_IN_REQUEST_BODY = ("body", "formData")
# 2.0 leaves a body without `consumes` or `produces` undefined; its tools have always assumed JSON.
_UNSTATED = ("application/json",)
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}


class _Swagger(NamedTuple):
    """The document and the findings of its translation, each with the node that it is about."""

    root: JsonObject
    findings: list[Loosened]

    def follow(self, node: Json) -> JsonObject:
        """Return the object that `node` is or refers to, or an empty one if the reference is broken."""
        for _ in range(100):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                break
            try:
                node = resolve(self.root, node["$ref"]).value
            except RefError:
                return {}
        return node if isinstance(node, dict) and "$ref" not in node else {}


def swagger_to_3_0(root: JsonObject) -> tuple[JsonObject, list[Finding]]:
    """Return `root`, which is 2.0 with settled references, translated to 3.0.

    Constraints that 3.0 cannot express become looser, with a finding.
    """
    swagger = _Swagger(root, [])
    upgraded: JsonObject = {"openapi": "3.0.3"}
    upgraded |= {key: root[key] for key in _ROOT_KEPT if key in root}
    upgraded |= {key: value for key, value in root.items() if key.startswith("x-")}
    upgraded["servers"] = _servers(root, root.get("schemes"))
    paths = root.get("paths")
    upgraded["paths"] = {
        path: _path_item(swagger, item, path) if isinstance(item, dict) and path.startswith("/") else item
        for path, item in (paths if isinstance(paths, dict) else {}).items()
    }
    components = _components(swagger)
    if components:
        upgraded["components"] = components
    upgraded = copy_json(upgraded)
    _rewrite_schemas(upgraded)
    places = places_of([node for node, _ in swagger.findings], root)
    return upgraded, [
        replace(finding, pointer=place) for (_, finding), place in zip(swagger.findings, places, strict=True)
    ]


def _components(swagger: _Swagger) -> JsonObject:
    root = swagger.root
    consumes, produces = _media_types(root, "consumes"), _media_types(root, "produces")
    parameters = {name: swagger.follow(node) for name, node in _members(root, "parameters")}
    components: JsonObject = {
        "schemas": dict(_members(root, "definitions")),
        "responses": {name: _response(swagger, node, produces, name) for name, node in _members(root, "responses")},
        "parameters": {
            name: upgrade_parameter(node, name, swagger.findings)
            for name, node in parameters.items()
            if node.get("in") not in _IN_REQUEST_BODY
        },
        "requestBodies": {name: _body(node, consumes) for name, node in parameters.items() if node.get("in") == "body"},
        "securitySchemes": {name: _security_scheme(node) for name, node in _members(root, "securityDefinitions")},
    }
    return {section: members for section, members in components.items() if members}


def _members(root: JsonObject, section: str) -> Iterable[tuple[str, Json]]:
    members = root.get(section)
    return members.items() if isinstance(members, dict) else ()


def _servers(root: JsonObject, schemes: Json) -> list[JsonObject]:
    base = root.get("basePath") if isinstance(root.get("basePath"), str) else ""
    host = root.get("host")
    if not isinstance(host, str) or not host:
        return [{"url": base or "/"}]
    names = [scheme for scheme in schemes if isinstance(scheme, str)] if isinstance(schemes, list) else []
    # Without schemes the document's scheme applies, which is the meaning of `//host` (RFC 3986, 4.2).
    return [{"url": f"{scheme}://{host}{base}"} for scheme in names] or [{"url": f"//{host}{base}"}]


def _path_item(swagger: _Swagger, item: JsonObject, path: str) -> JsonObject:
    shared = item.get("parameters")
    shared = shared if isinstance(shared, list) else []
    in_body = [node for node in shared if swagger.follow(node).get("in") in _IN_REQUEST_BODY]
    upgraded: JsonObject = {}
    for key, value in item.items():
        if key in _METHODS and isinstance(value, dict):
            upgraded[key] = _operation(swagger, value, in_body, f"{key.upper()} {path}")
        elif key == "parameters":
            upgraded[key] = [
                _parameter_or_ref(swagger, node, path)
                for node in shared
                if swagger.follow(node).get("in") not in _IN_REQUEST_BODY
            ]
        elif key == "$ref" or key.startswith("x-"):
            upgraded[key] = value
    return upgraded


def _operation(swagger: _Swagger, operation: JsonObject, shared_in_body: Sequence[Json], where: str) -> JsonObject:
    upgraded = {key: value for key, value in operation.items() if key not in ("consumes", "produces", "schemes")}
    own = operation.get("parameters")
    own = own if isinstance(own, list) else []
    parameters = [node for node in own if swagger.follow(node).get("in") not in _IN_REQUEST_BODY]
    if "parameters" in upgraded:
        upgraded["parameters"] = [_parameter_or_ref(swagger, node, where) for node in parameters]
        if not parameters:
            del upgraded["parameters"]
    # The operation's parameters win over the path item's. There is one body; form fields are identified by their names.
    in_body = {
        (parameter.get("in"), str(parameter.get("name")) if parameter.get("in") == "formData" else ""): node
        for node in (*shared_in_body, *own)
        if (parameter := swagger.follow(node)).get("in") in _IN_REQUEST_BODY
    }
    if in_body:
        upgraded["requestBody"] = _request_body(swagger, list(in_body.values()), operation, where)
    responses = operation.get("responses")
    if isinstance(responses, dict):
        is_own = "produces" in operation and operation["produces"] != swagger.root.get("produces")
        produces = _media_types(operation if "produces" in operation else swagger.root, "produces")
        upgraded["responses"] = {
            status: response
            if status.startswith("x-")
            else _response(swagger, swagger.follow(response) if is_own else response, produces, where)
            for status, response in responses.items()
        }
    if isinstance(operation.get("schemes"), list) and swagger.root.get("host"):
        upgraded["servers"] = _servers(swagger.root, operation["schemes"])
    return upgraded


def _media_types(node: JsonObject, key: str) -> tuple[str, ...]:
    values = node.get(key)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _request_body(swagger: _Swagger, nodes: Sequence[Json], operation: JsonObject, where: str) -> JsonObject:
    is_own = "consumes" in operation and operation["consumes"] != swagger.root.get("consumes")
    consumes = _media_types(operation if "consumes" in operation else swagger.root, "consumes")
    for node in nodes:
        parameter = swagger.follow(node)
        if parameter.get("in") == "body":
            ref = node.get("$ref")
            if isinstance(ref, str) and not is_own and (moved := _moved(ref, "requestBodies")):
                return {"$ref": moved}
            return _body(parameter, consumes)
    return upgrade_form([swagger.follow(node) for node in nodes], consumes, where, swagger.findings)


def _body(parameter: JsonObject, consumes: Sequence[str]) -> JsonObject:
    body = {key: value for key, value in parameter.items() if key in ("description", "required") or key[:2] == "x-"}
    media_type = {"schema": parameter["schema"]} if "schema" in parameter else {}
    return {**body, "content": {name: dict(media_type) for name in consumes or _UNSTATED}}


def _parameter_or_ref(swagger: _Swagger, node: Json, where: str) -> Json:
    if not isinstance(node, dict):
        return node
    if isinstance(ref := node.get("$ref"), str):
        moved = _moved(ref, "parameters")
        return {"$ref": moved} if moved else upgrade_parameter(swagger.follow(node), where, swagger.findings)
    return upgrade_parameter(node, where, swagger.findings)


def _response(swagger: _Swagger, response: Json, produces: Sequence[str], where: str) -> Json:
    if not isinstance(response, dict):
        return response
    if isinstance(ref := response.get("$ref"), str):
        moved = _moved(ref, "responses")
        return {"$ref": moved} if moved else _response(swagger, swagger.follow(response), produces, where)
    upgraded: JsonObject = {"description": response.get("description", "")}
    headers = response.get("headers")
    if isinstance(headers, dict):
        upgraded["headers"] = {
            name: upgrade_header(header, where, swagger.findings) for name, header in headers.items()
        }
    examples = response.get("examples")
    examples = examples if isinstance(examples, dict) else {}
    if "schema" in response:
        schema = response["schema"]
        is_file = isinstance(response["schema"], dict) and response["schema"].get("type") == "file"
        names = produces or (("application/octet-stream",) if is_file else tuple(examples) or _UNSTATED)
        upgraded["content"] = {name: {"schema": schema} for name in names}
    for name, example in examples.items():
        if not name.startswith("x-"):
            # A response's schema applies to each of its media types, even if only an example names it.
            described = {"schema": response["schema"]} if "schema" in response else {}
            upgraded.setdefault("content", {}).setdefault(name, described)["example"] = example
    return upgraded | {key: value for key, value in response.items() if key.startswith("x-")}


def _security_scheme(scheme: Json) -> Json:
    if not isinstance(scheme, dict):
        return scheme
    upgraded = {key: value for key, value in scheme.items() if key == "description" or key.startswith("x-")}
    if scheme.get("type") == "basic":
        return {"type": "http", "scheme": "basic", **upgraded}
    if scheme.get("type") == "oauth2":
        urls = {key: scheme[key] for key in ("authorizationUrl", "tokenUrl") if key in scheme}
        flow = _FLOWS.get(str(scheme.get("flow")), "implicit")
        return {"type": "oauth2", **upgraded, "flows": {flow: {**urls, "scopes": scheme.get("scopes") or {}}}}
    return scheme


def _moved(ref: str, section: str) -> str | None:
    """Return the new `$ref` of a whole component of 2.0, or None for other references."""
    if not ref.startswith("#/"):
        return None
    tokens = split_pointer(unquote(ref[1:]))
    if len(tokens) != 2 or (own := _SECTIONS.get(tokens[0])) is None:
        return None
    return to_ref(("components", section if own == "parameters" else own, tokens[1]))


def _is_there(root: JsonObject, ref: str) -> bool:
    try:
        resolve(root, ref)
    except RefError:
        return False
    return True


def _rewrite_schemas(upgraded: JsonObject) -> None:
    """Translate the schemas of `upgraded` in place, and correct the targets of their references."""
    for kind, schema in typed_nodes(upgraded):
        if kind is not ObjectKind.SCHEMA:
            continue
        if isinstance(ref := schema.get("$ref"), str):
            if ref.startswith("#/definitions/"):
                schema["$ref"] = ref.replace("#/definitions/", "#/components/schemas/", 1)
            else:
                # The target is not a schema, but the reference must not become broken.
                places = (_moved(ref, section) for section in _PARAMETER_SECTIONS)
                schema["$ref"] = next((place for place in places if place and _is_there(upgraded, place)), ref)
            continue
        if isinstance(schema.get("discriminator"), str):
            schema["discriminator"] = {"propertyName": schema["discriminator"]}
        if (is_nullable := schema.pop("x-nullable", None)) is not None:
            schema.setdefault("nullable", is_nullable)
        if schema.get("type") == "file":
            schema |= {"type": "string", "format": "binary"}
