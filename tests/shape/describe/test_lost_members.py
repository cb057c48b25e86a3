from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.describe.lost_members import lost_members
from plugin_gateway.shape.pointer import pointers_of, tokens_of

ORDER: dict[str, Any] = {
    "allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["title"]}],
    "oneOf": [{"required": ["card"]}, {"required": ["iban"]}],
    "properties": {
        "title": {"type": "string"},
        "card": {},
        "iban": {},
        "id": {"type": "integer", "readOnly": True},
        "user": {"type": "object", "required": ["name", "role"], "properties": {"name": {}, "role": {}}},
        "lines": {"type": "array", "items": {"required": ["sku", "cost"], "properties": {"sku": {}, "cost": {}}}},
    },
}
BASE = {"required": ["id", "kind"], "properties": {"kind": {"type": "string"}}}
DOCUMENT = Document(root={"openapi": "3.1.0", "components": {"schemas": {"Base": BASE}}}, name="shop")


@pytest.mark.parametrize(
    ("keep", "drop", "fixed", "lost"),
    [
        (None, ["/title"], [], ["/title"]),
        (None, ["/title", "/kind"], ["/title"], ["/kind"]),
        (None, ["/card", "/iban", "/id"], [], []),
        (None, ["/user/role"], [], ["/user/role"]),
        (None, ["/user/role"], ["/user/role"], []),
        (None, ["/user", "/user/role"], [], []),
        (None, ["/lines/*/cost"], [], ["/lines/*/cost"]),
        (None, ["/lines/*/cost"], ["/lines/*/cost"], []),
        (["/title"], [], [], ["/kind"]),
        (["/title", "/kind", "/user/name"], [], [], ["/user/role"]),
        (["/title", "/kind", "/user"], [], [], []),
        (["/kind"], [], ["/title"], []),
        (["/kind"], ["/user/x"], ["/title"], []),
    ],
)
def test_a_required_member_that_nothing_sends_is_lost(
    keep: list[str] | None, drop: list[str], fixed: list[str], lost: list[str]
) -> None:
    kept = None if keep is None else pointers_of(keep)
    found = lost_members(DOCUMENT, ORDER, kept, pointers_of(drop), map(tokens_of, fixed))
    assert [*found] == [tokens_of(pointer) for pointer in lost]


def test_a_schema_that_contains_itself_ends() -> None:
    base: dict[str, Any] = {"required": ["a"], "allOf": [{"$ref": "#/components/schemas/Loop"}]}
    loop = Document(root={"openapi": "3.1.0", "components": {"schemas": {"Loop": base}}}, name="loop")
    assert [*lost_members(loop, base, None, pointers_of(["/a"]), ())] == [("a",)]
