"""The tools of real documents: one for each served operation, valid for every client, and taking what the operation takes."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import meta, validator_for

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.versions.upgrade import UNDERSTOOD_EXTENSIONS
from plugin_gateway.publish.document import Presentation, PublishedOperation, build_served_document
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.publish.own_problems import ALWAYS
from plugin_gateway.shape.values.standalone import Placed
from plugin_gateway.tools.argument_names import ARGUMENT_NAME
from plugin_gateway.tools.compact import CUTS, compact
from plugin_gateway.tools.formats import Format, write_tool
from plugin_gateway.tools.input_schema import build_inputs
from plugin_gateway.tools.media import choose_media_type
from plugin_gateway.tools.parameters import follow
from plugin_gateway.tools.sharing import share
from plugin_gateway.tools.tool import BodyKind, Place
from plugin_gateway.tools.tool_set import build_tool_set
from tests.narrow import present

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Operation
    from plugin_gateway.tools.tool import Tool

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
EXAMPLE = ROOT / "examples" / "legacy_api" / "openapi.yaml"
FIVE = ["github.json", "stripe.yaml", "slack_v2.json", "zoom.json", "twilio_api.yaml"]
LARGEST_BYTES = 1_500_000  # larger documents take too long for each example

read = cache(read_document)


def _documents(largest: int) -> list[str]:
    files = [path for path in sorted((CORPUS / "open").glob("*.*")) if path.name != "INDEX.tsv"]
    return [str(path) for path in [EXAMPLE, *files] if path.stat().st_size <= largest]


def _served(location: str, keys: Iterable[OperationKey]) -> Document:
    pruned, _ = mend(prune(read(location), list(keys), extensions=UNDERSTOOD_EXTENSIONS))
    ids = assign_operation_ids(pruned, {})
    operations = {key: PublishedOperation(operation_id=one) for key, one in ids.items()}
    return build_served_document(
        pruned, operations, Presentation(public_url="https://gw.example.com", statuses=ALWAYS)
    )[0]


@st.composite
def choices(draw: st.DrawFn) -> tuple[str, list[OperationKey]]:
    """Choose a document and some of its operations."""
    location = draw(st.sampled_from(_documents(LARGEST_BYTES)))
    keys = list(read(location).operations)
    return location, draw(st.lists(st.sampled_from(keys), min_size=1, max_size=8, unique=True))


def _place_of(operation: Operation) -> tuple[str, ...]:
    return "paths", operation.key.path, operation.field


def _definition(tool: Tool) -> Any:
    return orjson.loads(tool.definition)


@given(choices())
def test_each_served_operation_is_one_tool_that_every_client_accepts(choice: Any) -> None:
    served = _served(*choice)
    tools = build_tool_set(served, {}).tools

    assert [tool.name for tool in tools] == [one.operation_id for one in served.operations.values()]
    assert [(tool.method, tool.path_template) for tool in tools] == [*served.operations]
    for tool in tools:
        shown = _definition(tool)
        assert shown["name"] == tool.name
        assert 0 < len(shown["title"]) <= 64
        assert shown["description"]
        assert all(isinstance(hint, bool) for hint in shown["annotations"].values())
        names = [argument.name for argument in tool.arguments]
        assert [*shown["inputSchema"]["properties"]] == names
        assert all(ARGUMENT_NAME.fullmatch(name) for name in names)
        assert len({*names}) == len(names)
        assert all(len(text) <= 64 for text in shown.get("_meta", {}).values())
        for schema in filter(None, (shown["inputSchema"], shown.get("outputSchema"))):
            assert schema["type"] == "object"
            meta.validate(schema)
            assert {*_refs(schema)} == {f"#/$defs/{name}" for name in schema.get("$defs", {})}


def _refs(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = [*node.values()]
    for child in node if isinstance(node, list) else ():
        yield from _refs(child)


@given(choices())
def test_the_same_document_gives_the_same_bytes(choice: Any) -> None:
    served = _served(*choice)
    again = Document(root=orjson.loads(orjson.dumps(served.root)), name="again")

    assert build_tool_set(served, {}) == build_tool_set(again, {})


@given(choices(), st.sampled_from(CUTS))
def test_no_parameter_and_no_property_is_lost_in_any_form(choice: Any, cut: Any) -> None:
    served = _served(*choice)
    for tool, operation in zip(build_tool_set(served, {}), served.operations.values(), strict=True):
        told = {(argument.place, argument.wire_name) for argument in tool.arguments}
        declared = {(one["in"], one["name"]) for one in operation.node.get("parameters", ())}
        assert declared <= told
        whole = build_inputs(served, operation, _place_of(operation)).schema
        wanted = {*_settable(served, operation.node)}
        for schema in (whole, compact(whole, cut), share(compact(whole, cut))):
            assert wanted <= {*_names_in(schema)} | {argument.wire_name for argument in tool.arguments}
            meta.validate(schema)


def _settable(served: Document, operation: Any) -> Iterator[str]:
    """Yield the names of the properties at any depth of the body that is sent, and of the parameters."""
    schemas = [one.get("schema", {}) for one in operation.get("parameters", ())]
    request, _ = follow(served, ObjectKind.REQUEST_BODY, Placed(operation.get("requestBody", {})))
    if content := request.get("content"):
        chosen = choose_media_type(content)
        if not re.search("xml|text|octet|image", chosen):
            schemas.append(content[chosen].get("schema", {}))
    seen: set[int] = set()
    while schemas:
        schema = schemas.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        if "$ref" in schema:
            schemas.append(served.resolve(schema["$ref"]).value)
        for name, one in schema.get("properties", {}).items():
            target = one
            while isinstance(target, dict) and "$ref" in target:
                target = served.resolve(target["$ref"]).value
            if not (isinstance(target, dict) and (target.get("readOnly") or one.get("readOnly"))):
                yield name
                schemas.append(one)
        schemas += [schema[key] for key in ("items", "additionalProperties") if key in schema]
        schemas += [one for key in ("allOf", "anyOf", "oneOf", "prefixItems") for one in schema.get(key, ())]


def _names_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value
            yield from _names_in(value)
    elif isinstance(schema, list):
        for one in schema:
            yield from _names_in(one)


# Values that the document allows are values that the tool allows.


class Author:
    """Writes values of a schema. They need not satisfy every keyword; the caller checks that."""

    def __init__(self, document: Document, seed: int) -> None:
        self._document, self._random = document, random.Random(seed)

    def write(self, schema: Any, depth: int = 0) -> Any:
        if not isinstance(schema, dict) or depth > 8:
            return "x"
        choose_media_type = self._random.choice
        if "$ref" in schema:
            return self.write(self._document.resolve(schema["$ref"]).value, depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return choose_media_type(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if schema.get(key) and "properties" not in schema:
                return self.write(choose_media_type(schema[key]), depth + 1)
        if schema.get("allOf"):
            parts = [self.write(one, depth + 1) for one in schema["allOf"]]
            own = [self._object(schema, depth)] if "properties" in schema else []
            objects = [one for one in (*parts, *own) if isinstance(one, dict)]
            return {name: value for one in objects for name, value in one.items()} if objects else parts[0]
        kind = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else "string")
        match choose_media_type(kind) if isinstance(kind, list) else kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                count = max(schema.get("minItems", 0), self._random.randint(0, 2))
                return [self.write(schema.get("items", {}), depth + 1) for _ in range(min(count, 5))]
            case "integer" | "number":
                return max(schema.get("minimum", 1), 1) if schema.get("maximum", 1) >= 1 else schema["maximum"]
            case "boolean":
                return choose_media_type([True, False])
            case "null":
                return None
            case _:
                examples = [one for one in (*schema.get("examples", ()), schema.get("default")) if isinstance(one, str)]
                return choose_media_type(examples) if examples else "x" * max(1, min(schema.get("minLength", 1), 200))

    def _object(self, schema: Any, depth: int) -> Any:
        required = schema.get("required", ())
        return {
            name: self.write(one, depth + 1)
            for name, one in schema.get("properties", {}).items()
            if (name in required or self._random.random() < 0.3) and not self._is_read_only(one)
        }

    def _is_read_only(self, schema: Any) -> bool:
        """Whether only answers have the property, so that no tool offers it."""
        if not isinstance(schema, dict):
            return False
        return bool(
            schema.get("readOnly")
            or ("$ref" in schema and self._is_read_only(self._document.resolve(schema["$ref"]).value))
        )


@given(choices(), st.integers(), st.sampled_from(CUTS))
def test_a_tool_allows_every_value_that_the_document_allows(choice: Any, seed: Any, cut: Any) -> None:
    served = _served(*choice)
    author = Author(served, seed)
    for tool, operation in zip(build_tool_set(served, {}), served.operations.values(), strict=True):
        whole = build_inputs(served, operation, _place_of(operation)).schema
        arguments = {}
        schemas = {(one["in"], one["name"]): _schema_of(one) for one in operation.node.get("parameters", ())}
        body: Any = None
        if tool.body is not None:
            request, _ = follow(served, ObjectKind.REQUEST_BODY, Placed(operation.node["requestBody"]))
            schema = request["content"][choose_media_type(request["content"])].get("schema", {})
            body = author.write(schema)
            if not _accepts(served, schema, body):
                continue
        for argument in tool.arguments:
            if argument.place is not Place.BODY:
                schema = schemas[argument.place, argument.wire_name]
                value = author.write(schema)
                if _accepts(served, schema, value):
                    arguments[argument.name] = value
                elif argument.is_required:
                    break
            elif present(tool.body).whole:
                arguments[argument.name] = (
                    "eA==" if present(tool.body).kind in (BodyKind.BINARY, BodyKind.TEXT) else body
                )
            elif argument.wire_name in body:
                value = body[argument.wire_name]
                arguments[argument.name] = (
                    (["eA=="] if isinstance(value, list) else "eA==") if argument.is_binary else value
                )
        else:
            for form in (whole, compact(whole, cut), share(compact(whole, cut))):
                assert validator_for(form).is_valid(arguments), (tool.name, arguments)


def _schema_of(parameter: Any) -> Any:
    content = parameter.get("content")
    return next(iter(content.values())).get("schema", {}) if content else parameter.get("schema", {})


def _accepts(served: Document, schema: Any, value: Any) -> bool:
    """Whether the document's own schema accepts a value."""
    return bool(validator_for({"components": served.root.get("components", {}), "allOf": [schema]}).is_valid(value))


@pytest.mark.parametrize("name", FIVE)
def test_ten_operations_fit_the_list_of_chatgpt(name: Any) -> None:
    if not (location := CORPUS / "open" / name).exists():
        pytest.skip(f"no corpus of documents at {CORPUS}")
    lines = (CORPUS / "allow" / f"{name}.txt").read_text().split("\n")
    everything = _served(str(location), read(str(location)).operations)
    sizes = {
        operation.key: len(orjson.dumps(build_inputs(everything, operation, _place_of(operation)).schema))
        for operation in everything.operations.values()
    }
    largest = sorted(sizes, key=lambda key: -sizes[key])[:10]
    for keys in ([OperationKey(*line.split(" ", 1)) for line in lines if line], largest):
        tools = build_tool_set(_served(str(location), keys), {}).tools
        assert len(tools) == 10
        assert max(tool.tokens for tool in tools) <= 5_000
        assert sum(tool.tokens for tool in tools) <= 16_000


# The formats of other programs.

GEMINI = {
    *("type", "format", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required", "minimum"),
    *("minProperties", "maxProperties", "minLength", "maxLength", "pattern", "anyOf", "items", "maximum"),
}


def _assert_for_gemini(schema: Any) -> None:
    assert schema.keys() <= GEMINI
    if "anyOf" in schema:
        assert schema.keys() == {"anyOf"}
        assert len(schema["anyOf"]) > 1
        for one in schema["anyOf"]:
            _assert_for_gemini(one)
        return
    assert isinstance(schema["type"], str)
    assert all(isinstance(one, str) and one for one in schema.get("enum", ()))
    assert {*schema.get("required", ())} <= schema.get("properties", {}).keys()
    for one in schema.get("properties", {}).values():
        _assert_for_gemini(one)
    if schema["type"] == "array":
        _assert_for_gemini(schema["items"])


def _assert_strict(schema: Any) -> None:
    assert not schema.keys() & {"allOf", "oneOf", "not", "if", "default", "examples", "patternProperties"}
    if "properties" in schema:
        assert schema["additionalProperties"] is False
        assert [*schema["properties"]] == schema["required"]
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    for one in [*inner, *([schema["items"]] if "items" in schema else [])]:
        _assert_strict(one)


@given(choices())
def test_each_format_has_the_tools_with_their_arguments(choice: Any) -> None:
    for tool in build_tool_set(_served(*choice), {}):
        names = [argument.name for argument in tool.arguments]
        function = write_tool(tool, Format.OPENAI)["function"]
        assert [*function["parameters"]["properties"]] == names
        meta.validate(function["parameters"])
        if function["strict"]:
            _assert_strict(function["parameters"])
        schema = write_tool(tool, Format.ANTHROPIC)["input_schema"]
        assert not schema.keys() & {"allOf", "anyOf", "oneOf"}
        assert [*schema["properties"]] == names
        parameters = write_tool(tool, Format.GEMINI).get("parameters", {"type": "object", "properties": {}})
        _assert_for_gemini(parameters)
        assert [*parameters["properties"]] == names
