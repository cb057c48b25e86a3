"""A body that fits the served schema is accepted; broken in one place, it is refused with the pointer to that place.

Random schemas with random trims go through the compiler: REST and MCP calls meet the shape that it makes. The bodies of real documents
compile, all of them.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.config.trims import RequestTrim
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.mend.mended import mend
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.prune.pruned import prune
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.compile import compile_shapes
from plugin_gateway.shape.media_type import FORM, declared_media_types, is_json
from plugin_gateway.shape.request.bodies import Bodies
from plugin_gateway.shape.settings import OperationSettings

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "open"
KEY = OperationKey("POST", "/things")
NAMES = st.sampled_from(["a", "b", "secret", "d/e", "é", "~"])


class Described(NamedTuple):
    """A schema, a value that fits it, and the places in the value that a value of another type breaks."""

    schema: Any
    value: Any
    leaves: tuple[tuple[str | int, ...], ...]


SCALARS = [
    ({"type": "string"}, st.text(max_size=5)),
    ({"type": "string", "minLength": 1, "nullable": True}, st.text(min_size=1, max_size=5) | st.none()),
    ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, st.integers(min_value=4)),
    ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": "string", "enum": ["x", "y"]}, st.sampled_from(["x", "y"])),
]


@st.composite
def described(draw: st.DrawFn, depth: int = 0) -> Described:
    kind = draw(st.sampled_from(["scalar", "array", "object", "allOf"] if depth < 3 else ["scalar"]))
    if kind == "scalar" and depth:
        schema, values = draw(st.sampled_from(SCALARS))
        return Described(schema, draw(values), ((),))
    if kind == "array" and depth:
        item = draw(described(depth + 1))
        count = draw(st.integers(0, 2))
        leaves = tuple((index, *leaf) for index in range(count) for leaf in item.leaves)
        return Described({"type": "array", "items": item.schema}, [item.value] * count, ((), *leaves))
    members = draw(st.dictionaries(NAMES, described(depth + 1), max_size=3))
    present = {name: one for name, one in members.items() if draw(st.booleans())}
    whole: dict[str, Any] = {"type": "object", "properties": {name: one.schema for name, one in members.items()}}
    if present:
        whole["required"] = sorted(present)
    if kind == "allOf":
        whole = {"allOf": [whole]}
    elif draw(st.booleans()):
        whole["additionalProperties"] = False
    leaves = tuple((name, *leaf) for name, one in present.items() for leaf in one.leaves)
    return Described(whole, {name: one.value for name, one in present.items()}, ((), *leaves))


def compiled(one: Described, request: dict[str, Any]) -> Any:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/T"}}}
    root = {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1"},
        "paths": {"/things": {"post": {"requestBody": {"required": True, "content": content}, "responses": {}}}},
        "components": {"schemas": {"T": deepcopy(one.schema)}},
    }
    settings = OperationSettings(request=RequestTrim.parse(request), validates_request="enforce")
    return compile_shapes(Document(root=root, name="t"), {KEY: settings})


def answer(found: Any, value: Any) -> Any:
    return found.shapes[KEY].body.write(b"application/json", json.dumps(value).encode())


@given(described())
def test_a_body_that_fits_its_schema_goes_up_byte_for_byte(one: Described) -> None:
    assert answer(compiled(one, {}), one.value) == (json.dumps(one.value).encode(), ())


@given(described(), st.data())
def test_a_body_that_is_broken_in_one_place_is_refused_with_that_place(one: Described, data: st.DataObject) -> None:
    leaf = data.draw(st.sampled_from(one.leaves))
    value = deepcopy(one.value)
    node, held = one.value, value
    for token in leaf[:-1]:
        node, held = node[token], held[token]
    now = node[leaf[-1]] if leaf else one.value
    wrong = {"wrong": []} if isinstance(now, list) else [[]]
    if leaf:
        held[leaf[-1]] = wrong
    else:
        value = wrong
    refused = answer(compiled(one, {}), value)
    assert isinstance(refused, Refusal)
    assert join_pointer(leaf) in [error["pointer"] for error in refused.members["errors"]]


@given(described(), st.sampled_from(["drop", "keep"]), st.data())
def test_clients_see_the_trimmed_body(one: Described, setting: str, data: st.DataObject) -> None:
    members = one.schema.get("properties") or one.schema.get("allOf", [{}])[0].get("properties", {})
    assume(members)
    chosen = data.draw(st.sampled_from(sorted(members)))
    found = compiled(one, {setting: [join_pointer((chosen,))]})
    shown = found.document.operations[KEY].node["requestBody"]["content"]["application/json"]["schema"]
    schema = found.document.resolve(shown["$ref"]).value if "$ref" in shown else shown
    properties = schema["allOf"][0]["properties"] if "allOf" in schema else schema["properties"]
    assert {*properties} == ({chosen} if setting == "keep" else {*members} - {chosen})
    written = answer(found, one.value)
    assert not isinstance(written, Refusal)
    assert json.loads(written.body) == {
        name: value for name, value in one.value.items() if (name == chosen) is (setting == "keep")
    }


def documents() -> list[Any]:
    if not CORPUS.is_dir():
        return [pytest.param("", marks=pytest.mark.skip(reason=f"no corpus of documents at {CORPUS}"))]
    return [path.name for path in sorted(CORPUS.iterdir()) if path.suffix in {".json", ".yaml", ".yml"}]


@pytest.mark.parametrize("name", documents())
def test_the_bodies_of_real_operations_compile_or_are_reported_by_name(name: str) -> None:
    document = read_document(str(CORPUS / name))
    keys = [key for key, operation in document.operations.items() if "requestBody" in operation.node][:100]
    pruned, _ = mend(prune(document, keys))
    found = compile_shapes(pruned, {key: OperationSettings(validates_request="enforce") for key in keys})
    reported = " ".join(finding.message for finding in found.findings)
    for key in keys:
        body = follow(pruned.operations[key].node["requestBody"], pruned)
        assert body is not None
        types = declared_media_types(body.get("content", {}))
        shape = found.shapes.get(key)
        judged = (
            {one.range for one in shape.body.declared if one.form}
            if shape and isinstance(shape.body, Bodies)
            else set()
        )
        assert {one for one in types if is_json(one) or one == FORM} <= judged or str(key) in reported
