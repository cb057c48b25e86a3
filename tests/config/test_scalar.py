import re
from collections.abc import Iterator
from typing import Any

import pytest

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reference import schema as schema_of_the_config
from plugin_gateway.config.scalar import SWITCHES, plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("true", True), ("FALSE", False), ("0", 0), ("-7", -7), ("0o17", 15), ("0x1F", 31),
        ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("y", "y"), ("n", "n"), ("nope", "nope"), ("1.2.3", "1.2.3"), ("9" * 30, "9" * 30),
        (".inf", ".inf"), (".nan", ".nan"), (":8080", ":8080"), ("127.0.0.1:8080", "127.0.0.1:8080"), ("3s", "3s"), ("2026", 2026),
    ],
    ids=repr,
)  # fmt: skip
def test_an_unquoted_scalar_has_its_yaml_1_2_meaning(text: str, value: float | str | None) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "No",
        "ON",
        "off",
        "010",
        "1:30",
        "190:20:30.15",
        "2026-11-23",
        "2026-11-23 10:00:00",
        "1_000",
        "-07",
        "08",
    ],
)
def test_an_ambiguous_scalar_is_a_mistake_with_a_hint_to_quote_it(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        plain_scalar(text)
    assert caught.value.rule == "ambiguous-yaml"
    assert f'write "{text}" if it is text' in caught.value.hint
    assert text not in caught.value.message


def test_the_switches_are_the_places_where_the_config_has_the_value_off() -> None:
    schema = schema_of_the_config()
    found = {
        (section, key)
        for section, name in _sections(schema)
        for key, place in _properties(schema["$defs"][name])
        if "off" in str(place)
    }
    assert found == SWITCHES


def _sections(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each section of the config with the name of its definition."""
    for section, place in schema["properties"].items():
        for name in re.findall(r"#/\$defs/(\w+)", str(place)):
            yield section, name


def _properties(definition: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each key of a section with its values: the members of each `enum`."""
    for form in (definition, *definition.get("anyOf", ())):
        for key, place in form.get("properties", {}).items():
            yield key, [one["enum"] for one in (place, *place.get("anyOf", ())) if "enum" in one]
