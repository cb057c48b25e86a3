from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from plugin_gateway.config.fields import OverrideText
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import (
    ChangeValue,
    ChosenBy,
    FieldSite,
    MistakesError,
    Parsed,
    ParsedAt,
    PrepareRaw,
    read_as,
)
from plugin_gateway.config.record import Record
from plugin_gateway.config.surroundings import Surroundings


class Cat(Record):
    name: str
    lives: int = 9


class Dog(Record):
    name: str


def never(value: object) -> object:
    raise Mistake("never", "never right", got=value)


def doubled(value: Any) -> Any:
    return value * 2


CAT_OR_DOG = Annotated[Cat | Dog, ChosenBy(lambda value: Cat if "lives" in value else Dog)]


def mistakes(annotation: Any, value: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(MistakesError) as caught:
        read_as(annotation, value)
    return [(pointer, mistake.rule) for pointer, mistake in caught.value.found]


@pytest.mark.parametrize(
    ("annotation", "value", "read"),
    [
        (str, "a", "a"),
        (int, 5, 5),
        (bool, True, True),
        (Any, [None], [None]),
        (int | None, None, None),
        (int | None, 5, 5),
        (Literal["a", "b"], "b", "b"),
        (tuple[int, ...], (1, 2), (1, 2)),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Cat, {"name": "Tom"}, Cat.of(name="Tom")),
        (Cat, Cat(name="Tom"), Cat(name="Tom")),
        (CAT_OR_DOG, {"name": "Tom", "lives": 7}, Cat.of(name="Tom", lives=7)),
        (CAT_OR_DOG, {"name": "Rex"}, Dog.of(name="Rex")),
        (Annotated[int, PrepareRaw(doubled)], 2, 4),
        (Annotated[int, ChangeValue(doubled)], 3, 6),
        (Annotated[int, Parsed(str, {})], 2, "2"),
        (Annotated[str, ParsedAt(lambda value, site: f"{site.around.folder}{value}", {})], 2, ".2"),
    ],
)
def test_a_value_is_read_as_its_annotation_says(annotation: Any, value: Any, read: Any) -> None:
    assert read_as(annotation, value) == read


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (str, 5),
        (str, None),
        (int, True),
        (int, 5.0),
        (int, "5"),
        (bool, 1),
        (bool, None),
        (tuple[int, ...], [1]),
        (dict[str, int], []),
        (Cat, "Tom"),
        (Cat, Dog(name="Rex")),
    ],
)
def test_a_value_of_another_type_is_refused_and_not_converted(annotation: Any, value: Any) -> None:
    assert mistakes(annotation, value) == [((), "wrong-type")]


def test_a_word_outside_the_list_is_refused() -> None:
    assert mistakes(Literal["a", "b"], "c") == [((), "bad-value")]
    assert mistakes(Literal["a", "b"], ["a"]) == [((), "bad-value")]


def test_every_mistake_is_found_with_its_pointer() -> None:
    value = {"a": (1, "x", None), 5: (True,), "b": "y"}
    assert mistakes(dict[str, tuple[int, ...] | None], value) == [
        (("a", 1), "wrong-type"),
        (("a", 2), "wrong-type"),
        ((5,), "wrong-type"),
        ((5, 0), "wrong-type"),
        (("b",), "wrong-type"),
    ]


def test_a_mistake_in_one_step_of_reading_ends_the_reading() -> None:
    assert mistakes(Annotated[int, PrepareRaw(never)], "x") == [((), "never")]
    assert mistakes(Annotated[int, ChangeValue(never)], "x") == [((), "wrong-type")]
    assert mistakes(Annotated[int, ChangeValue(never)], 1) == [((), "never")]


def test_a_bound_holds_for_the_value_and_not_for_its_text() -> None:
    assert read_as(Annotated[int, Parsed(len, {}), Meta(ge=2)], "xx") == 2
    assert mistakes(Annotated[int, Parsed(len, {}), Meta(ge=2)], "x") == [((), "bad-value")]


def test_text_of_an_override_becomes_ordinary_text() -> None:
    assert type(read_as(str, OverrideText("a"))) is str


def test_a_value_knows_its_surroundings_its_field_and_the_earlier_values() -> None:
    sites: list[FieldSite] = []

    class Seen(Record):
        first: str
        second: Annotated[str, ParsedAt(lambda _, site: sites.append(site), {})]

    around = Surroundings(environ={"A": "b"})
    read_as(Seen, {"second": 1, "first": "x"}, around)
    assert (sites[0].around, sites[0].name, sites[0].earlier["first"]) == (around, "second", "x")


def test_the_text_of_the_error_has_no_value() -> None:
    with pytest.raises(MistakesError, match=r"^wrong-type, wrong-type$") as caught:
        read_as(tuple[int, ...], ("hunter2", "hunter2"))
    assert "hunter2" not in repr(caught.value)
