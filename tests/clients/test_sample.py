from typing import Any

import pytest

from clients.sample import accepts, sample, whole
from plugin_gateway.openapi.document import Document

PET = {"type": "object", "required": ["name", "kind"], "properties": {"name": {"type": "string"}}}
DOCUMENT = Document(root={"components": {"schemas": {"Pet": PET}}}, name="")
REF = {"$ref": "#/components/schemas/Pet"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (True, "x"),
        ({"type": "object"}, {}),
        (REF, {"name": "x", "kind": "x"}),
        ({"allOf": [REF, {"required": ["age"], "properties": {"age": {"minimum": 3}}}]}, {"name": "x", "kind": "x", "age": "x"}),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [True, True]),
        ({"enum": [None, "a"]}, "a"),
        ({"const": 5}, 5),
        ({"type": ["null", "integer"], "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "integer", "exclusiveMinimum": 0}, 1),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "null"}, None),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "string", "format": "date"}, "2020-01-02"),
        ({"type": "string", "pattern": "^a{2}$"}, "aa"),
        ({"oneOf": [{"type": "object", "required": ["a"]}, {"type": "string"}], "type": "string"}, "x"),
    ],
)  # fmt: skip
def test_the_sample_is_small_and_fits(schema: Any, value: Any) -> None:
    assert sample(schema, DOCUMENT) == value


@pytest.mark.parametrize("schema", [False, {"type": "string", "pattern": "a", "maxLength": 0}])
def test_a_schema_without_a_sample_is_reported(schema: Any) -> None:
    with pytest.raises(ValueError, match="no sample"):
        sample(schema, DOCUMENT)


def test_a_schema_comes_with_what_it_refers_to_and_nothing_else() -> None:
    pets = {"List": {"items": [REF]}, "Pet": {"properties": {"parent": REF}}, "Other": {}}
    document = Document(root={"components": {"schemas": pets}}, name="")
    schema = {"$ref": "#/components/schemas/List"}
    assert whole(schema, document) == {
        "allOf": [schema],
        "components": {"schemas": {"List": pets["List"], "Pet": pets["Pet"]}},
    }
    assert whole({"$ref": 5}, document)["components"] == {}


def test_a_value_is_judged_with_its_format_and_the_components() -> None:
    assert accepts(REF, {"name": "a", "kind": "b"}, DOCUMENT)
    assert not accepts(REF, {"name": 5, "kind": "b"}, DOCUMENT)
    assert not accepts({"format": "date"}, "x", DOCUMENT)
