"""Every tool of real documents can be called: the gate takes its requests as calls of its operation, and the arguments are in them."""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.load import load_text
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.template import parse_template
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.tools.request import RequestWriter, ToolRequest
from plugin_gateway.tools.tool import Argument, BodyKind, Place, Tool
from tests.narrow import as_a

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.gate.gate import Gate

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"


def documents() -> list[Any]:
    if not CORPUS.is_dir():
        return [pytest.param("", "", marks=pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}"))]
    real = [(f"open/{path.name[:-4]}", f"allow/{path.name}") for path in sorted((CORPUS / "allow").glob("*.txt"))]
    hard = [(f"hard/{path.name}", f"hard/{path.name}.allow") for path in sorted((CORPUS / "hard").glob("*.[yj]*[ln]"))]
    # 09, 16, 17 and 20 are refused before anything is served.
    return [pytest.param(*pair, id=pair[0]) for pair in real + hard if pair[0][5:7] not in {"09", "16", "17", "20"}]


@cache
def api(name: str, allow: str) -> tuple[Gate, list[tuple[Tool, RequestWriter]]]:
    """The gate and the tools with their writers, of a document and its allow-list."""
    entries = [line for line in (CORPUS / allow).read_text().splitlines() if line.strip()]
    document = read_document(str(CORPUS / name))
    public = {"openapi_version": "3.2" if document.version == "3.2" else "3.1"}
    config = json.dumps({"openapi": "x", "upstream": {"url": "https://h"}, "allow": entries, "public": public})
    revision = compile_revision(load_text(config, path=None, environ={}), document, number=1)
    return revision.gate, [(tool, RequestWriter(tool, revision.gate)) for tool in revision.tools]


WORDS = st.text("abcXYZ019-_~", min_size=1, max_size=6)
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
NUMBERS = st.integers(-(2**70), 2**70)
BASE64 = st.sampled_from(["", "YQ==", "AP8="])


def values(schema: Any, defs: dict[str, Any], texts: Any, depth: int = 0) -> Any:
    """A strategy for the shape of a schema, whatever its limits: the writer knows none of them."""
    for _ in range(20):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        schema = defs.get(schema["$ref"].removeprefix("#/$defs/"), {})
    if not isinstance(schema, dict) or depth > 3:
        return texts
    kinds = schema.get("type", "string")
    kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
    match kind:
        case "integer" | "number":
            return NUMBERS
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(values(schema.get("items"), defs, texts, depth + 1), min_size=1, max_size=2)
        case "object":
            properties = list(schema.get("properties", {}).items())[:4]
            members = {key: values(one, defs, texts, depth + 1) for key, one in properties}
            return st.fixed_dictionaries({}, optional=members)
        case _:
            return BASE64 if schema.get("contentEncoding") == "base64" else texts


def values_of(tool: Tool, argument: Argument, schema: dict[str, Any], defs: dict[str, Any], texts: Any) -> Any:
    body = tool.body
    if body is not None and argument.name == body.whole and body.kind in {BodyKind.FORM, BodyKind.MULTIPART}:
        return st.dictionaries(WORDS, texts, max_size=2)
    encoding = body.encodings.get(argument.wire_name) if body is not None and argument.place is Place.BODY else None
    if argument.is_binary or (encoding is not None and encoding.is_binary):
        return BASE64
    return values(schema, defs, texts)


@st.composite
def calls(
    draw: st.DrawFn, tools: list[tuple[Tool, RequestWriter]], texts: Any
) -> tuple[Tool, RequestWriter, dict[Any, Any]]:
    tool, writer = draw(st.sampled_from(tools))
    schema = json.loads(tool.definition)["inputSchema"]
    defs = schema.get("$defs", {})
    chosen = {}
    optional = (
        draw(st.sets(st.sampled_from([one.name for one in tool.arguments]), max_size=4)) if tool.arguments else ()
    )
    for argument in tool.arguments:
        if argument.is_required or argument.name in optional:
            chosen[argument.name] = draw(values_of(tool, argument, schema["properties"][argument.name], defs, texts))
    return tool, writer, chosen


def spelled(value: int | str) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)
    else:
        yield spelled(value)


def check(gate: Gate, tool: Tool, arguments: dict[str, Any], request: ToolRequest) -> None:
    verdict = gate.judge(request.method, request.target)
    assert isinstance(verdict, Permit)
    assert verdict.rule.operation_id == tool.name
    assert request.target == verdict.path + (b"?" + verdict.query if verdict.query else b"")
    path, _, query = request.target.decode().partition("?")
    template = parse_template(tool.path_template)
    read = dict(zip(range(len(template.segments)), map(unquote, path[1:].split("/")), strict=True))
    for index, segment in enumerate(template.segments):
        for name in segment.names if segment.is_parameter else ():
            (argument,) = (one for one in tool.arguments if one.place is Place.PATH and one.wire_name == name)
            if argument.style == "simple" and not isinstance(arguments[argument.name], dict | list):
                assert read[index] == spelled(arguments[argument.name])
    pairs = parse_qsl(query, keep_blank_values=True)
    for argument in tool.arguments:
        if argument.place is not Place.QUERY or argument.name not in arguments:
            continue
        value = arguments[argument.name]
        if not isinstance(value, dict | list):
            sent = json.dumps(value) if "json" in argument.media_type else spelled(value)
            assert (argument.wire_name, sent) in pairs
        elif argument.style in {"form", "deepObject"} and not argument.media_type:
            text = unquote(query)
            assert all(leaf in text for leaf in leaves(value) if leaf.isalnum())
    check_body(tool, arguments, request)


def check_body(tool: Tool, arguments: dict[str, Any], request: ToolRequest) -> None:
    types = [value for name, value in request.fields if name == b"content-type"]
    assert bool(types) == bool(request.body or (tool.body and tool.body.is_required)) or request.body == b""
    if tool.body is None or not request.body:
        return
    if tool.body.whole and tool.body.kind in {BodyKind.FORM, BodyKind.MULTIPART}:
        return
    given = {
        one.wire_name: arguments[one.name]
        for one in tool.arguments
        if one.place is Place.BODY and one.name in arguments
    }
    match tool.body.kind:
        case BodyKind.JSON:
            assert json.loads(request.body) == (arguments[tool.body.whole] if tool.body.whole else given)
        case BodyKind.FORM:
            pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
            assert all(
                (name, spelled(value)) in pairs for name, value in given.items() if not isinstance(value, dict | list)
            )
        case BodyKind.MULTIPART:
            message = BytesParser().parsebytes(b"Content-Type: " + types[0] + b"\r\n\r\n" + request.body)
            names = {part.get_param("name", header="content-disposition") for part in as_a(list, message.get_payload())}
            assert {re.sub(r"\[.*", "", name) for name in names} <= {re.sub(r"\[.*", "", name) for name in given}
        case _:
            assert request.body


@pytest.mark.parametrize(("name", "allow"), documents())
def test_plain_arguments_always_make_a_request_of_the_operation(name: str, allow: str) -> None:
    gate, tools = api(name, allow)

    @given(call=calls(tools, WORDS))
    def law(call: tuple[Tool, RequestWriter, dict[Any, Any]]) -> None:
        tool, writer, arguments = call
        request = writer.write(arguments)
        assert isinstance(request, ToolRequest), (tool.name, arguments, request)
        check(gate, tool, arguments, request)

    law()


@pytest.mark.parametrize(("name", "allow"), documents())
def test_any_arguments_make_a_request_of_the_operation_or_none(name: str, allow: str) -> None:
    gate, tools = api(name, allow)

    @given(call=calls(tools, TEXTS))
    def law(call: tuple[Tool, RequestWriter, dict[Any, Any]]) -> None:
        tool, writer, arguments = call
        request = writer.write(arguments)
        if isinstance(request, ToolRequest):
            check(gate, tool, arguments, request)
        else:
            assert all(problem.detail for problem in request)

    law()
