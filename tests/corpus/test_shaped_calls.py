"""What is made from the served description is accepted; broken in one place, it is refused with the pointer to that place.

Random parameters of every style go the whole way: from the served document to a tool, from its arguments to a request, through the
gate and the shape. The parameters of real documents compile, all of them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.config.load import load_text
from plugin_gateway.diagnostics import Severity
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.settings import OperationSettings
from plugin_gateway.tools.request import RequestWriter, ToolRequest

if TYPE_CHECKING:
    from plugin_gateway.revision.model import Revision

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "open"
# A list in a header field cannot hold a value with a blank at its ends.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"), min_size=1, max_size=5
).filter(lambda text: text == text.strip(" "))
NAMES = st.sampled_from(["a", "b", "c-d", "E"])
STYLES = {
    "query": [("form", True), ("form", False), ("spaceDelimited", False), ("pipeDelimited", False), ("deepObject", True), ("content", True)],
    "header": [("simple", False), ("simple", True), ("content", True)],
    "path": [("simple", False), ("simple", True), ("label", True), ("label", False)],
}  # fmt: skip


class Value(NamedTuple):
    """A schema, a value that it admits, and one that it does not with the place that breaks it."""

    schema: dict[str, Any]
    good: Any
    bad: Any
    at: tuple[str, ...] = ()


@st.composite
def scalars(draw: st.DrawFn) -> Value:
    match draw(st.sampled_from(["integer", "enum", "length", "boolean", "number"])):
        case "integer":
            good = draw(st.integers(-(10**6), 10**6))
            return Value({"type": "integer", "maximum": good}, good, good + 1)
        case "number":
            number = draw(st.floats(-1e6, 1e6, allow_nan=False))
            return Value({"type": "number", "exclusiveMinimum": number - 1}, number, number - 2)
        case "boolean":
            return Value({"type": "boolean"}, draw(st.booleans()), "maybe")
        case "enum":
            values = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
            return Value({"type": "string", "enum": values}, values[0], "~bad~")
        case _:
            text = draw(TEXTS)
            return Value({"type": "string", "maxLength": len(text)}, text, "~" * (len(text) + 1))


@st.composite
def arrays(draw: st.DrawFn) -> Value:
    item, count = draw(scalars()), draw(st.integers(1, 3))
    index = draw(st.integers(0, count - 1))
    bad = [item.good] * count
    bad[index] = item.bad
    return Value({"type": "array", "items": item.schema}, [item.good] * count, bad, (str(index),))


@st.composite
def objects(draw: st.DrawFn) -> Value:
    members = draw(st.dictionaries(NAMES, scalars(), min_size=1, max_size=3))
    broken = draw(st.sampled_from(sorted(members)))
    good = {name: one.good for name, one in members.items()}
    schema = {
        "type": "object",
        "properties": {name: one.schema for name, one in members.items()},
        "required": sorted(members),
    }
    return Value(schema | {"additionalProperties": False}, good, good | {broken: members[broken].bad}, (broken,))


@st.composite
def parameters(draw: st.DrawFn, number: int) -> tuple[dict[str, Any], Value]:
    place = draw(st.sampled_from(sorted(STYLES)))
    style, explode = draw(st.sampled_from(STYLES[place]))
    value = draw(objects() if style == "deepObject" else st.one_of(scalars(), arrays(), objects()))
    node: dict[str, Any] = {"name": f"p{number}", "in": place, "required": draw(st.booleans()) or place == "path"}
    if style == "content":
        return node | {"content": {"application/json": {"schema": value.schema}}}, value
    return node | {"style": style, "explode": explode, "schema": value.schema}, value


CALLS = st.integers(1, 3).flatmap(lambda count: st.tuples(*(parameters(number) for number in range(count))))


@given(CALLS, st.integers(0, 2))
def test_a_call_of_a_tool_passes_and_with_one_broken_argument_it_is_refused_at_its_place(
    declared: tuple[tuple[dict[str, Any], Value], ...], index: int
) -> None:
    # Two exploded objects in one query share the names of their members.
    spread = [
        1
        for node, value in declared
        if node.get("style") == "form" and node["explode"] and "properties" in value.schema
    ]
    assume(len(spread) < 2)
    path = "/x" + "".join(f"/{{{node['name']}}}" for node, _ in declared if node["in"] == "path")
    root = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"get": {"operationId": "op", "parameters": [node for node, _ in declared], "responses": {}}}},
    }
    config = {"openapi": "x", "upstream": {"url": "https://h"}, "allow": ["op"], "validate": {"request": "enforce"}}
    loaded = load_text(json.dumps(config), path=None, environ={})
    revision = compile_revision(loaded, Document(root=root, name="d"), number=1)
    [tool] = revision.tools
    writer = RequestWriter(tool, revision.gate)

    def answer(arguments: dict[str, Any]) -> Any:
        request = writer.write(arguments)
        assume(isinstance(request, ToolRequest))
        assert isinstance(request, ToolRequest)
        permit = revision.gate.judge(request.method, request.target)
        assert isinstance(permit, Permit)
        shape = permit.rule.shape
        assert shape is not None
        assert shape.parameters is not None
        return shape.parameters.write(permit.path, permit.query, request.fields)

    good = {node["name"]: value.good for node, value in declared}
    assert not isinstance(answer(good), Refusal)
    node, value = declared[index % len(declared)]
    refused = answer(good | {node["name"]: value.bad})
    assert isinstance(refused, Refusal)
    pointer = "/".join(("", node["in"], node["name"], *value.at))
    assert pointer in [one["pointer"] for one in refused.members["errors"]]


def documents() -> list[Any]:
    if not CORPUS.is_dir():
        return [pytest.param("", marks=pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}"))]
    return [path.name for path in sorted(CORPUS.iterdir()) if path.suffix in {".json", ".yaml", ".yml"}]


@pytest.mark.parametrize("name", documents())
def test_the_parameters_of_real_operations_compile_or_are_reported_by_name(name: str) -> None:
    document = read_document(str(CORPUS / name))
    keys = [*document.operations][:150]
    pruned, _ = mend(prune(document, keys, extensions=frozenset()))
    settings = {OperationKey(*key): OperationSettings(validates_request="enforce") for key in keys}
    shaped = compile_shapes(pruned, settings)
    assert [one for one in shaped.findings if one.severity is Severity.ERROR] == []
    assert [
        one.message
        for one in shaped.findings
        if one.rule == "unusable-schema" and not any(str(key) in one.message for key in keys)
    ] == []
    assert len(shaped.shapes) > len(keys) // 4


GUARDED: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/x": {
            "get": {
                "operationId": "op",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                    {"name": "debug", "in": "query", "schema": {"type": "string"}},
                    {"name": "tenant", "in": "query", "schema": {"type": "string"}},
                    {"name": "old_name", "in": "query", "schema": {"type": "string"}},
                    {"name": "more", "in": "query", "schema": {"type": "object"}},
                ],
                "responses": {},
            }
        }
    },
}
RULES = {"limit": {"maximum": 50}, "debug": "hidden", "tenant": {"fixed": "acme"}, "old_name": {"rename": "newName"}}
SPELLINGS = ["limit", "debug", "tenant", "old_name", "newName", "other"]


@st.composite
def spelt(draw: st.DrawFn) -> str:
    """Spell a name in a way that some server takes for it."""
    name = "".join(
        draw(st.sampled_from([c, c.upper(), f"%{ord(c):02x}", f"%25{ord(c):02X}"])) if c.isalpha() else draw(st.sampled_from("_.+"))
        for c in draw(st.sampled_from(SPELLINGS))
    )  # fmt: skip
    return name + draw(st.sampled_from(["", "", "[]", "[a]", "%5B%5D", "%00", "+", "."]))


PAIRS = st.lists(
    st.tuples(
        spelt() | st.sampled_from(SPELLINGS),
        st.sampled_from(["5", "500", "%35%30%30", "5e2", "0x1F4", "", "1,500", "acme", " 500", "+500"]),
    ),
    max_size=4,
)


def servers_read(query: str) -> list[dict[str, list[str]]]:
    """Return what a few kinds of servers read in a query: plain names, names without case, PHP's, and names decoded twice."""
    pairs = parse_qsl(query, keep_blank_values=True)
    readings: list[dict[str, list[str]]] = []
    for read in (
        lambda name: name,
        lambda name: name.lower(),
        lambda name: re.sub(r"[. ]", "_", name.split("[")[0].lstrip()),
        lambda name: unquote_plus(name).lower().split("\0")[0].strip(),
    ):
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(read(name), []).append(value)
        readings.append(found)
    return readings


@given(PAIRS)
def test_no_spelling_gets_a_guarded_parameter_past_its_rule(pairs: list[tuple[str, str]]) -> None:
    config = {
        "openapi": "x",
        "upstream": {"url": "https://h"},
        "allow": [{"operation": "op", "parameters": RULES}],
        "validate": {"request": "off"},
    }
    revision = guarded(json.dumps(config))
    query = "&".join(f"{name}={value.replace(' ', '%20')}" for name, value in pairs)
    permit = revision.gate.judge(b"GET", b"/x?" + query.encode())
    if isinstance(permit, Refusal):
        return
    assert permit.rule.shape is not None
    assert permit.rule.shape.parameters is not None
    written = permit.rule.shape.parameters.write(permit.path, permit.query, ())
    if isinstance(written, Refusal):
        return
    for seen in servers_read(written.query.decode()):
        assert seen.get("tenant") == ["acme"]
        assert "debug" not in seen
        assert all(value.isdigit() and int(value) <= 50 for value in seen.get("limit", []))
        assert len(seen.get("limit", [])) <= 1
        assert len(seen.get("old_name", [])) == sum(unquote_plus(name) == "newName" for name, _ in pairs)


@cache
def guarded(config: str) -> Revision:
    return compile_revision(load_text(config, path=None, environ={}), Document(root=GUARDED, name="d"), number=1)


@pytest.mark.parametrize("profile", ["", "?profile=3.0", "?profile=gpt-actions", "?profile=plugin", "?profile=lean"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_a_hidden_parameter_and_a_fixed_value_are_on_no_face(version: str, profile: str) -> None:
    schema = {"$ref": "#/components/schemas/Zzhidden"}
    hidden = [
        {"$ref": "#/components/parameters/zzhiddenQuery"},
        {"name": "X-Zzhidden", "in": "header", "required": True, "schema": schema},
        {"name": "zzhiddenCookie", "in": "cookie", "schema": schema},
    ]
    link = {"operationId": "op", "parameters": {"zzhiddenQuery": "$request.query.zzhiddenQuery"}}
    responses = {"200": {"description": "ok", "links": {"next": link}}}
    root = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"parameters": hidden, "get": {"operationId": "op", "summary": "s", "responses": responses}}},
        "components": {
            "schemas": {"Zzhidden": {"type": "string"}},
            "parameters": {
                "zzhiddenQuery": {"name": "zzhiddenQuery", "in": "query", "schema": schema, "example": "zzhidden"}
            },
        },
    }
    rules = {
        "zzhiddenQuery": "hidden",
        "X-Zzhidden": {"fixed": "zzhidden-value"},
        "zzhiddenCookie": {"fixed": "zzhidden-value"},
    }
    config = {"openapi": "x", "upstream": {"url": "https://h"}, "allow": [{"operation": "op", "parameters": rules}]}
    revision = compile_revision(
        load_text(json.dumps(config), path=None, environ={}), Document(root=root, name="d"), number=1
    )
    assert b"zzhidden" not in revision.faces["/openapi.json" + profile].body.lower()
    assert not any(b"zzhidden" in face.body.lower() for face in revision.faces.values())
    assert all("zzhidden" not in str(tool.definition).lower() for tool in revision.tools)
