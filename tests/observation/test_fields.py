import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.observation.fields import declared_names, fields_of
from plugin_gateway.openapi.document import OperationKey
from tests.observation.world import document

NAMES = frozenset({"id", "name", "a/b", "pets"})


@pytest.mark.parametrize(
    ("body", "media_type", "fields"),
    [
        (b'{"id": 1, "name": null}', "application/json", {"": ("object",), "/id": ("integer",), "/name": ("null",)}),
        (b'[{"id": 1}, {"id": 1.5}, true]', "application/json; charset=utf-8", {"": ("array",), "/*": ("boolean", "object"), "/*/id": ("integer", "number")}),
        (b'{"a/b": ""}', "application/problem+json", {"": ("object",), "/a~1b": ("string",)}),
        (b'{"alice@example.com": {"id": 1}}', "application/json", {"": ("object",), "/*": ("object",), "/*/id": ("integer",)}),
        (b"[]", "application/json", {"": ("array",)}),
        (b"id=1&alice=2&id=3", "application/x-www-form-urlencoded", {"/*": ("string",), "/id": ("string",)}),
        (b'{"id": 1', "application/json", {}),
        (b"[" * 100_000, "application/json", {}),
        (b"\xff", "application/json", {}),
        (b"", "application/json", {}),
        (b'{"id": 1}', "text/plain", {}),
    ],
)  # fmt: skip
def test_fields_are_pointers_with_types(body: bytes, media_type: str, fields: dict[str, tuple[str, ...]]) -> None:
    assert fields_of(body, media_type, NAMES) == fields


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "zzz9"]) | st.text(min_size=1), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(JSON)
def test_fields_have_no_value_and_no_undeclared_name(value: Any) -> None:
    fields = fields_of(json.dumps(value).encode(), "application/json", NAMES)

    for pointer, types in fields.items():
        assert set(pointer.split("/")[1:]) <= {"id", "name", "pets", "a~1b", "*"}
        assert set(types) <= {"null", "boolean", "integer", "number", "string", "array", "object"}


def test_a_deep_or_wide_body_has_a_bounded_number_of_fields() -> None:
    wide = {f"n{number}": 1 for number in range(5_000)}

    assert len(fields_of(json.dumps(wide).encode(), "application/json", frozenset(wide))) == 2_000
    assert len(fields_of(b'{"id":' * 500 + b"1" + b"}" * 500, "application/json", NAMES)) < 40


def test_names_come_from_the_schemas_of_an_operation_and_not_from_its_examples(tmp_path: Path) -> None:
    pets = document(tmp_path)

    assert declared_names(pets.operations[OperationKey("POST", "/pets")], pets) == {
        "id",
        "name",
        "owner",
        "login",
        "mother",
        "tags",
    }
    assert declared_names(pets.operations[OperationKey("GET", "/pets/mine")], pets) == frozenset()
