"""Schemas with words of another version; the rest of the rules is tried with whole documents in `test_mend.py`."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.mend.schema import mend_schema, settle_positions
from plugin_gateway.openapi.mend.value_check import ValueCheck

DOCUMENT = Document(root={"openapi": "3.1.0", "paths": {}}, name="x")


@pytest.mark.parametrize(
    ("version", "schema", "mended", "told"),
    [
        ("3.0", {"type": "null"}, {"type": "string", "enum": [None], "nullable": True}, ["type"]),
        ("3.1", {"type": "null"}, {"type": "null"}, []),
        ("3.0", {"type": "file"}, {"type": "string", "format": "binary"}, ["type"]),
        ("2.0", {"type": "file"}, {"type": "file"}, []),
        ("3.1", {"nullable": True}, {}, ["nullable"]),
        ("3.0", {"$anchor": "two words", "type": "string"}, {"type": "string"}, ["$anchor"]),
        ("3.1", {"$anchor": "two words", "$dynamicAnchor": "one"}, {"$dynamicAnchor": "one"}, ["$anchor"]),
        ("3.0", {"nullable": True}, {"nullable": True}, []),
        ("3.0", {"multipleOf": 0}, {}, ["multipleOf"]),
        (
            "3.1",
            {"dependentRequired": {"a": "b", "c": ["d"]}},
            {"dependentRequired": {"c": ["d"]}},
            ["dependentRequired"],
        ),
        ("3.1", {"dependencies": {"a": {}, "c": ["d"]}}, {"dependencies": {"a": {}, "c": ["d"]}}, []),
    ],
)
def test_a_schema_gets_the_keywords_of_its_version(
    version: str, schema: dict[str, Any], mended: dict[str, Any], told: list[str]
) -> None:
    names = []
    mend_schema(ValueCheck(DOCUMENT), schema, version, lambda name, _: names.append(name))
    assert (schema, names) == (mended, told)


@pytest.mark.parametrize(
    ("version", "schema", "mended"),
    [
        ("3.1", {"items": [{"type": "string"}]}, {"prefixItems": [{"type": "string"}]}),
        ("3.1", {"items": [{}], "additionalItems": False}, {"prefixItems": [{}], "items": False}),
        ("3.1", {"items": [], "additionalItems": {"type": "string"}}, {"items": {"type": "string"}}),
        ("3.1", {"items": [{}], "prefixItems": [{"type": "string"}]}, {"prefixItems": [{"type": "string"}]}),
        ("3.1", {"items": {"type": "string"}}, {"items": {"type": "string"}}),
        ("3.0", {"items": []}, {}),
        ("2.0", {"items": [{}]}, {"items": [{}]}),
    ],
)
def test_a_list_of_items_gets_the_keyword_of_its_version(
    version: str, schema: dict[str, Any], mended: dict[str, Any]
) -> None:
    settle_positions(schema, version, lambda *_: None)
    assert schema == mended
