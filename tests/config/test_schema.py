from typing import Annotated, Any, ClassVar, Literal

import pytest
from msgspec import Meta, field

from plugin_gateway.config.reader import ChosenBy, Parsed, PrepareRaw, RefusesNull, SchemaWords
from plugin_gateway.config.record import Record
from plugin_gateway.config.schema import fields_of, schema_of


class Leaf(Record):
    """A leaf."""

    short_form: ClassVar[dict[str, Any] | None] = {"type": "string"}

    size: int = 1


class Twig(Record):
    """A twig."""

    leaf: Leaf


def of(annotation: Any) -> Any:
    record = type("Made", (Record,), {"__annotations__": {"key": annotation}, "__module__": __name__})
    return schema_of(record)["properties"]["key"]


LEAF, TWIG = {"$ref": "#/$defs/Leaf"}, {"$ref": "#/$defs/Twig"}
PATTERN = Annotated[str, SchemaWords({"pattern": "^/"})]


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (bool, {"type": "boolean"}),
        (Any, {}),
        (Literal["a"], {"const": "a", "type": "string"}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}),
        (str | None, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (Annotated[str | None, RefusesNull()], {"type": "string"}),
        (tuple[int, ...], {"items": {"type": "integer"}, "type": "array"}),
        (dict[str, int], {"additionalProperties": {"type": "integer"}, "type": "object"}),
        (
            dict[PATTERN, int],
            {"additionalProperties": False, "patternProperties": {"^/": {"type": "integer"}}, "type": "object"},
        ),
        (Leaf, LEAF),
        (Annotated[Leaf | Twig, ChosenBy(lambda _: Leaf)], {"oneOf": [LEAF, TWIG]}),
        (Annotated[int, Meta(ge=1, le=5)], {"maximum": 5, "minimum": 1, "type": "integer"}),
        (Annotated[str, Meta(min_length=1, max_length=5)], {"maxLength": 5, "minLength": 1, "type": "string"}),
        (Annotated[tuple[Any, ...], Meta(min_length=1)], {"items": {}, "minItems": 1, "type": "array"}),
        (Annotated[int, Parsed(int, {"type": "string"}), Meta(ge=1)], {"type": "string"}),
        (Annotated[bool, PrepareRaw(bool, {"enum": ["on"]})] | None, {"anyOf": [{"enum": ["on"]}, {"type": "null"}]}),
        (
            Annotated[bool, PrepareRaw(bool, {"anyOf": [{"const": 1}, {"const": 2}]})] | None,
            {"anyOf": [{"const": 1}, {"const": 2}, {"type": "null"}]},
        ),
    ],
)
def test_an_annotation_is_described(annotation: Any, schema: dict[str, Any]) -> None:
    assert of(annotation) == schema


def test_a_record_is_described_once_with_its_short_form_and_those_below_it() -> None:
    class Tree(Record):
        """A tree.

        It is tall.
        """

        twigs: tuple[Twig, ...]
        leaf: Leaf = Leaf()
        kind_: str = field(name="kind", default="oak")

    assert schema_of(Tree) == {
        "$defs": {
            "Leaf": {
                "anyOf": [
                    {"type": "string"},
                    {
                        "additionalProperties": False,
                        "description": "A leaf.",
                        "properties": {"size": {"type": "integer"}},
                        "type": "object",
                    },
                ]
            },
            "Twig": {
                "additionalProperties": False,
                "description": "A twig.",
                "properties": {"leaf": LEAF},
                "required": ["leaf"],
                "type": "object",
            },
        },
        "additionalProperties": False,
        "description": "A tree.\n\nIt is tall.",
        "properties": {"twigs": {"items": TWIG, "type": "array"}, "leaf": LEAF, "kind": {"type": "string"}},
        "required": ["twigs"],
        "type": "object",
    }


def test_the_words_of_a_property_are_in_alphabetical_order() -> None:
    assert list(of(Annotated[str, Meta(max_length=5), SchemaWords({"pattern": "a"})])) == [
        "maxLength",
        "pattern",
        "type",
    ]


def test_only_fields_with_a_key_are_described() -> None:
    assert [one.encode_name for one in fields_of(Leaf)] == ["size"]
