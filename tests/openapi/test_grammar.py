from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.openapi.grammar import (
    FIELDS,
    METHODS,
    OTHER_FIELDS,
    REFERABLE,
    Holding,
    ObjectKind,
    components_at,
    is_extension,
    is_reference,
    sections,
    siblings_count,
)


def test_every_kind_has_its_row() -> None:
    assert set(FIELDS) == set(ObjectKind)


def test_every_field_holds_a_kind_that_is_reached_from_an_operation_or_the_root() -> None:
    held = {field.kind for fields in FIELDS.values() for field in fields.values()} | set(OTHER_FIELDS.values())
    assert set(ObjectKind) - held == {ObjectKind.INFO, ObjectKind.SECURITY_SCHEME, ObjectKind.TAG}


def test_a_field_has_the_same_holding_in_every_kind_that_knows_it() -> None:
    holdings = {(name, field.holding) for fields in FIELDS.values() for name, field in fields.items()}
    assert len(holdings) == len({name for name, _ in holdings})


def test_data_is_in_no_row() -> None:
    names = {name for fields in FIELDS.values() for name in fields}
    assert not names & {"default", "enum", "const", "example", "value", "mapping", "scopes", "security"}
    assert "examples" not in FIELDS[ObjectKind.SCHEMA]
    assert "parameters" not in FIELDS[ObjectKind.LINK]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("2.0", {"definitions", "parameters", "responses", "securityDefinitions"}),
        ("3.0", {"schemas", "links", "callbacks"}),
        ("3.1", {"schemas", "links", "callbacks", "pathItems"}),
        ("3.2", {"schemas", "links", "callbacks", "pathItems", "mediaTypes"}),
    ],
)
def test_each_version_has_its_components(version: str, names: set[str]) -> None:
    every = {"definitions", "schemas", "links", "callbacks", "pathItems", "mediaTypes"}
    assert names <= set(sections(version))
    assert set(sections(version)) & every == names & every
    assert set(sections(version).values()) <= REFERABLE
    assert components_at(version) == (() if version == "2.0" else ("components",))


@pytest.mark.parametrize(
    ("kind", "node", "claim"),
    [
        (ObjectKind.SCHEMA, {"$ref": "#/a"}, True),
        (ObjectKind.SCHEMA, {"$ref": {"type": "string"}}, False),
        (ObjectKind.SCHEMA, {"$ref": 5}, False),
        (ObjectKind.SCHEMA, True, False),
        (ObjectKind.OPERATION, {"$ref": "#/a"}, False),
    ],
)
def test_a_reference_is_a_string_where_one_may_stand(
    kind: ObjectKind, node: bool | dict[str, Any], claim: bool
) -> None:
    assert is_reference(kind, node) is claim


@pytest.mark.parametrize(
    ("kind", "version", "claim"),
    [
        (ObjectKind.SCHEMA, "2.0", False),
        (ObjectKind.SCHEMA, "3.0", False),
        (ObjectKind.SCHEMA, "3.1", True),
        (ObjectKind.PARAMETER, "3.1", False),
        (ObjectKind.PATH_ITEM, "3.0", True),
    ],
)
def test_fields_beside_a_reference_count_where_the_standards_say_so(
    kind: ObjectKind, version: str, claim: bool
) -> None:
    assert siblings_count(kind, version) is claim


def test_extensions_begin_in_lower_case() -> None:
    assert is_extension("x-a")
    assert not is_extension("X-Rate-Limit")
    assert not is_extension("xml")


def test_methods_are_operations_of_a_path_item() -> None:
    assert all(FIELDS[ObjectKind.PATH_ITEM][method] == (ObjectKind.OPERATION, Holding.ONE) for method in METHODS)
