"""A made document, and what pruning leaves of it."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune


def document_of(text: str, version: str = "3.0.3") -> Document:
    """A document of these fields of the root."""
    fields = yaml.load(text, yaml.CSafeLoader)
    return Document(root={"openapi": version, "info": {"title": "t", "version": "1"}, **fields}, name="api.yaml")


def left_of(text: str, *operations: str, version: str = "3.0.3", **options: Any) -> dict[str, Any]:
    """What pruning leaves of these fields."""
    document = document_of(text, version)
    before = copy.deepcopy(document.root)
    root = prune(document, [OperationKey(*name.split(" ", 1)) for name in operations], **options).root
    assert document.root == before
    assert root.pop("openapi") == version
    assert root.pop("info") == {"title": "t", "version": "1"}
    return root


def schema_left(
    text: str, *, version: str = "3.0.3", components: str = "{}", rest: str = "", **options: str
) -> tuple[Any, Any]:
    """What pruning leaves where GET /a answers with this schema: the schema, and all components."""
    root = left_of(
        f"""
        paths:
          /a: {{get: {{responses: {{"200": {{description: d, content: {{a/b: {{schema: {text}}}}}}}}}}}}}
          /denied/x: {{get: {{operationId: getDeniedX, responses: {{"200": {{description: d, content: {{a/b: {{schema: {{type: string, title: X}}}}}}}}}}}}}}
        components: {components}
        {rest}
        """,
        "GET /a",
        version=version,
        **options,
    )
    assert list(root["paths"]) == ["/a"]
    return root["paths"]["/a"]["get"]["responses"]["200"]["content"]["a/b"]["schema"], root.get("components")
