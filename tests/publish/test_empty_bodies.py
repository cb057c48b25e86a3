"""Empty bodies: a body that can carry nothing is left out, and every other body stays."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.publish.empty_bodies import drop_empty_bodies

NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
OPEN = {"type": "object", "properties": {}}
FORM = "application/x-www-form-urlencoded"


def _is_dropped(method: str, body: Any, **components: Any) -> bool:
    operation = {"requestBody": body, "responses": {}}
    root = {"openapi": "3.1.0", "info": {}, "paths": {"/a": {method: operation}}, "components": components}
    drop_empty_bodies(Document(root=root, name="x"))
    return "requestBody" not in operation


@pytest.mark.parametrize(
    ("method", "schema"),
    [
        ("get", NOTHING),
        ("delete", NOTHING),
        ("post", {**NOTHING, "description": "Nothing."}),
        ("get", OPEN),
        ("head", {"type": "object"}),
        ("get", {"$ref": "#/components/schemas/Nothing"}),
    ],
)
def test_a_body_that_can_carry_nothing_is_left_out(method: str, schema: Any) -> None:
    body = {"required": False, "content": {FORM: {"encoding": {}, "schema": schema}}}
    assert _is_dropped(method, body, schemas={"Nothing": NOTHING})
    assert _is_dropped(
        method, {"$ref": "#/components/requestBodies/B"}, requestBodies={"B": body}, schemas={"Nothing": NOTHING}
    )


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("post", {"content": {FORM: {"schema": OPEN}}}),
        ("get", {"required": True, "content": {FORM: {"schema": NOTHING}}}),
        ("get", {"content": {FORM: {"schema": {**NOTHING, "properties": {"a": {}}}}}}),
        ("get", {"content": {FORM: {"schema": {**OPEN, "additionalProperties": {"type": "string"}}}}}),
        ("get", {"content": {FORM: {"schema": {**OPEN, "allOf": [{"required": ["a"]}]}}}}),
        ("get", {"content": {FORM: {"schema": NOTHING}, "text/plain": {"schema": {"type": "string"}}}}),
        ("get", {"content": {FORM: {"schema": {"$ref": "#/components/schemas/Gone"}}}}),
        ("get", {"content": {FORM: {"schema": {"$ref": "#/components/schemas/Loop"}}}}),
        ("get", {"content": {FORM: {}}}),
        ("get", {"content": {}}),
        ("get", {"content": {FORM: {"schema": True}}}),
    ],
)
def test_every_other_body_is_kept(method: str, body: Any) -> None:
    assert not _is_dropped(method, body, schemas={"Loop": {"$ref": "#/components/schemas/Loop"}})
