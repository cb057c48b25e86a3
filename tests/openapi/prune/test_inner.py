"""Inner references: only the part of a component that they lead to is kept, unless all of it is kept anyway."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune

ROOT = """
paths:
  /a: {get: {responses: {"200": {description: d, content: {a/b: {schema: SCHEMA}}}}}}
  /denied: {get: {responses: {"200": {description: d, content: {a/b: {schema: {title: X}}}}}}}
components: COMPONENTS
"""


def _schema(
    text: str, components: str, version: str = "3.0.3", **options: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What pruning leaves where GET /a answers with this schema: the schema, and all components."""
    fields = yaml.load(ROOT.replace("SCHEMA", text).replace("COMPONENTS", components), yaml.CSafeLoader)
    document = Document(root={"openapi": version, "info": {"title": "t", "version": "1"}, **fields}, name="api.yaml")
    root = prune(document, [OperationKey("GET", "/a")], **options).root
    return root["paths"]["/a"]["get"]["responses"]["200"]["content"]["a/b"]["schema"], root["components"]


OUTER = """{schemas: {Outer: {properties: {in: {title: I}, x-in: {title: X}, out: {$ref: "#/components/schemas/Deep"}},
    anyOf: [{title: A}]}, Deep: {}}}"""


@pytest.mark.parametrize(
    ("inside", "target"),
    [("properties/in", {"title": "I"}), ("properties/x-in", {"title": "X"}), ("anyOf/0", {"title": "A"})],
)
def test_a_reference_into_a_component_keeps_only_its_target(inside: str, target: dict[str, str]) -> None:
    reference = f"#/components/schemas/Outer/{inside}"
    schema, found = _schema(f'{{items: {{$ref: "{reference}"}}, not: {{$ref: "{reference}"}}}}', components=OUTER)
    assert schema == {key: {"$ref": "#/components/schemas/Hoisted1"} for key in ("items", "not")}
    assert found == {"schemas": {"Hoisted1": target}}


@pytest.mark.parametrize("order", ["{items: IN, not: OUT}", "{items: OUT, not: IN}", "{items: IN, not: DEEP}"])
def test_a_reference_into_a_component_that_is_kept_as_a_whole_stays_unchanged(order: str) -> None:
    into, whole = '{$ref: "#/components/schemas/Outer/properties/in"}', '{$ref: "#/components/schemas/Outer"}'
    components = OUTER.replace("Deep: {}", f"Deep: {{not: {whole}}}")
    deep = '{$ref: "#/components/schemas/Deep"}'
    text = order.replace("IN", into).replace("OUT", whole).replace("DEEP", deep)
    schema, found = _schema(text, components=components)
    assert {"$ref": "#/components/schemas/Outer/properties/in"} in schema.values()
    assert list(found["schemas"]) == ["Outer", "Deep"]


def test_a_reference_into_a_component_with_named_schemas_keeps_all_of_it() -> None:
    components = "{schemas: {Outer: {$id: 'https://x.example.com/o', properties: {in: {}, out: {}}}}}"
    into = '{$ref: "#/components/schemas/Outer/properties/in"}'
    schema, found = _schema(into, components=components, version="3.1.0")
    assert schema == {"$ref": "#/components/schemas/Outer/properties/in"}
    assert list(found["schemas"]["Outer"]["properties"]) == ["in", "out"]


@pytest.mark.parametrize("field", ["x-old: {$anchor: a}", "example: {$id: a}"])
def test_a_name_in_data_names_no_schema(field: str) -> None:
    components = "{schemas: {Outer: {properties: {in: {title: I}, out: {}}, FIELD}}}".replace("FIELD", field)
    schema, found = _schema('{$ref: "#/components/schemas/Outer/properties/in"}', components, version="3.1.0")
    assert schema == {"$ref": "#/components/schemas/Hoisted1"}
    assert found == {"schemas": {"Hoisted1": {"title": "I"}}}


@pytest.mark.parametrize(
    ("version", "beside", "is_named"),
    [
        ("3.0.3", "$anchor: {$ref: null}", False),
        ("3.0.3", "properties: {a: {$anchor: n}}", False),
        ("3.0.3", "$anchor: n", True),
        ("3.1.0", "properties: {a: {$anchor: n}}", True),
        ("3.1.0", "properties: {a: {$anchor: [n]}}", False),
    ],
)
def test_a_name_beside_a_reference_counts_only_if_pruning_keeps_it(version: str, beside: str, is_named: bool) -> None:
    components = (
        "{schemas: {Outer: {properties: {in: {title: I}, out: {$ref: '#/components/schemas/Deep', BESIDE}}}, Deep: {}}}"
    )
    into = '{$ref: "#/components/schemas/Outer/properties/in"}'
    schema, found = _schema(into, components.replace("BESIDE", beside), version=version)
    again = _schema(str(schema), str(found), version=version)

    assert ("Outer" in found["schemas"]) is is_named
    assert again == (schema, found)


def test_a_callback_that_has_nothing_but_the_target_is_kept_so_that_pruning_again_changes_nothing() -> None:
    key = OperationKey("GET", "/a")
    callbacks = {"on": {"{$url}": {"$ref": "#/paths/~1denied"}}}
    operation = {"callbacks": callbacks, "responses": {"200": {"description": "d"}}}
    info = {"title": "t", "version": "1"}
    paths = {"/a": {"get": operation}, "/denied": {"summary": "s"}}
    document = Document(root={"openapi": "3.0.3", "info": info, "paths": paths}, name="api.yaml")

    once = prune(document, [key]).root
    again = prune(Document(root=once, name="api.yaml"), [key]).root

    assert list(once["components"]["callbacks"]) == ["Hoisted1"]
    assert again == once
