from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import pytest

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import MistakesError, PrepareRaw
from plugin_gateway.config.record import Record, exactly_one


def _never(value: int) -> None:
    raise Mistake("bad-inner", "never right", got=value)


class Inner(Record):
    number: int
    wrong: Annotated[str, PrepareRaw(_never)] = ""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from exactly_one(written, ("left", "right"), "this")


class Outer(Record):
    short_form: ClassVar[dict[str, str]] = {"type": "integer"}

    inner: Inner | None = None
    name: str = ""

    @classmethod
    def expand(cls, value: dict[str, Any] | int) -> dict[str, Any]:
        return {"name": str(value)} if isinstance(value, int) else value


def rules(value: dict[str, Any], record: type[Any] = Outer) -> list[Any]:
    with pytest.raises(MistakesError) as caught:
        record.parse(value)
    return [(pointer, mistake.rule) for pointer, mistake in caught.value.found]


def test_unknown_keys_rules_between_keys_and_fields_are_judged_together() -> None:
    assert sorted(rules({"inner": {"number": "x", "wrong": 1, "nubmer": 2}, "nmae": 1, "name": 5})) == [
        (("inner",), "exactly-one"),
        (("inner", "nubmer"), "unknown-key"),
        (("inner", "number"), "wrong-type"),
        (("inner", "wrong"), "bad-inner"),
        (("name",), "wrong-type"),
        (("nmae",), "unknown-key"),
    ]


class Flat(Record):
    short_keys: ClassVar[tuple[str, ...]] = ("first", "second")

    name: str = ""
    inner: dict[str, int]

    @classmethod
    def expand(cls, value: dict[str, Any]) -> dict[str, Any]:
        return {"name": value.get("name", ""), "inner": {"n": value["first"]}} if "first" in value else value


def test_a_misspelt_key_of_a_short_form_is_one_mistake() -> None:
    assert rules({"name": "a", "frist": 1}, Flat) == [(("frist",), "unknown-key")]
    assert sorted(rules({"name": "a", "other": 1}, Flat)) == [(("inner",), "missing-key"), (("other",), "unknown-key")]
    with pytest.raises(MistakesError) as caught:
        Flat.parse({"frist": 1})
    assert caught.value.found[0][1].hint == "did you mean `first`? valid here: name, inner, first, second"


def test_a_record_is_frozen() -> None:
    record: Any = Outer(name="a")
    with pytest.raises(AttributeError):
        record.name = "b"


def test_a_short_form_stands_for_its_mapping() -> None:
    assert Outer.parse(5) == Outer.of(name="5")


def test_a_missing_key_is_named() -> None:
    assert (("inner", "number"), "missing-key") in rules({"inner": {}})


def test_of_two_exclusive_keys_the_second_is_the_mistake() -> None:
    [mistake] = exactly_one({"b": 1, "a": 1}, ("a", "b"), "this")
    assert mistake.at == ("a",)
    assert list(exactly_one({"a": 1}, ("a", "b"), "this")) == []


def test_the_offending_value_is_not_in_the_text_of_the_error() -> None:
    with pytest.raises(MistakesError) as caught:
        Outer.parse({"name": ["hunter2"], "inner": {"number": "hunter2"}})
    assert "hunter2" not in str(caught.value)
