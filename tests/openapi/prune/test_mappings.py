"""Mappings of discriminators, trimmed to the schemas that are reached without them."""

from __future__ import annotations

from typing import Any

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
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What pruning leaves where GET /a answers with this schema: the schema, and all components."""
    fields = yaml.safe_load(ROOT.replace("SCHEMA", text).replace("COMPONENTS", components))
    document = Document(root={"openapi": version, "info": {"title": "t", "version": "1"}, **fields}, name="api.yaml")
    root = prune(document, [OperationKey("GET", "/a")], **options).root
    return root["paths"]["/a"]["get"]["responses"]["200"]["content"]["a/b"]["schema"], root["components"]


DENIED = "#/paths/~1denied/get/responses/200/content/a~1b/schema"


def test_trim_keeps_only_mappings_to_schemas_that_are_reached_otherwise() -> None:
    text = f'{{oneOf: [{{$ref: "{DENIED}"}}, {{$ref: "#/components/schemas/A"}}], discriminator: {{propertyName: k, mapping: {{x: "{DENIED}", a: "#/components/schemas/A", b: B, n: Nowhere, p: "#/paths/~1a/get/responses/200/content/a~1b/schema"}}}}}}'
    schema, components = _schema(text, discriminator="trim", components="{schemas: {A: {}, B: {}}}")
    assert schema["discriminator"]["mapping"] == {
        "x": "#/components/schemas/Hoisted1",
        "a": "#/components/schemas/A",
        "p": "#/paths/~1a/get/responses/200/content/a~1b/schema",
    }
    assert list(components["schemas"]) == ["A", "Hoisted1"]
