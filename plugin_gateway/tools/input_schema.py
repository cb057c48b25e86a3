"""The input schema of a tool: one flat object over the parameters and members of the body, and each property's argument."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from plugin_gateway.shape.values.keywords import DIALECT, MCP_HEADER
from plugin_gateway.shape.values.standalone import Definitions, Placed
from plugin_gateway.tools.argument_names import name_arguments
from plugin_gateway.tools.parameters import read_parameters
from plugin_gateway.tools.request_body import NO_BODY, read_body

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plugin_gateway.openapi.document import Document, JsonObject, Operation
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.values.standalone import Copies
    from plugin_gateway.tools.parameters import Property
    from plugin_gateway.tools.tool import Argument, Body


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MIRRORED = ("string", "integer", "boolean")


class Inputs(NamedTuple):
    """The input schema, where each argument goes, and a note on the arguments for the model."""

    schema: JsonObject
    arguments: tuple[Argument, ...]
    body: Body | None
    note: str


def build_inputs(
    document: Document,
    operation: Operation,
    at: Tokens,
    slashes: Collection[str] = (),
    copies: Copies | None = None,
) -> Inputs:
    """Build the input schema of the operation at this place. `slashes` are path parameters whose values may contain a slash."""
    node, definitions = operation.node, Definitions(document, hidden="readOnly", copies=copies)
    properties = read_parameters(document, Placed(node.get("parameters"), (*at, "parameters")), definitions, slashes)
    found = NO_BODY
    if "requestBody" in node:
        placed = Placed(node["requestBody"], (*at, "requestBody"))
        found = read_body(document, placed, definitions, is_alone=not properties)
    properties += found.properties
    arguments = name_arguments([one.argument for one in properties])
    body = found.body
    if body is not None and body.whole:
        body = replace(body, whole=arguments[-1].name)
    are_renamed = any(one.name != one.wire_name for one in arguments[len(arguments) - len(found.properties) :])
    schema = _assemble(arguments, properties, {} if are_renamed else found.rules)
    schema["additionalProperties"] = found.others
    if defs := definitions.finish(schema):
        schema["$defs"] = defs
    return Inputs(schema, tuple(arguments), body, found.note)


def _assemble(arguments: Sequence[Argument], properties: Sequence[Property], rules: JsonObject) -> JsonObject:
    schema: JsonObject = {"$schema": DIALECT} if "$schema" in rules else {}
    schema["type"] = "object"
    schema["properties"] = {one.name: shown.schema for one, shown in zip(arguments, properties, strict=True)}
    if required := [one.name for one in arguments if one.is_required]:
        schema["required"] = required
    _check_headers(schema["properties"].values())
    return schema | rules


def _check_headers(schemas: Collection[JsonObject]) -> None:
    """Keep MCP's header of a property if it is legal.

    Clients leave out a tool with any other (MCP 2026-07-28, server/tools).
    """
    seen: set[str] = set()
    for schema in schemas:
        header = schema.get(MCP_HEADER)
        if not isinstance(header, str):
            continue
        if not _TOKEN.fullmatch(header) or header.lower() in seen or schema.get("type") not in _MIRRORED:
            del schema[MCP_HEADER]
        seen.add(header.lower())
