from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.overrides import Override, from_environment, from_mapping, lay_over


def laid(value: dict[str, Any] | None, pointer: tuple[int | str, ...], new: int | str) -> Any:
    return lay_over(value, Override(pointer=pointer, value=new, name="env X"))


@pytest.mark.parametrize(
    ("value", "pointer", "result"),
    [
        (None, ("log", "level"), {"log": {"level": "new"}}),
        ({"log": {"level": "old", "format": "text"}}, ("log", "level"), {"log": {"level": "new", "format": "text"}}),
        ({"openapi": "x"}, ("openapi", "refresh"), {"openapi": {"source": "x", "refresh": "new"}}),
        ({"openapi": "x"}, ("openapi",), {"openapi": "new"}),
        ({"allow": ["a", "b"]}, ("allow", 1), {"allow": ["a", "new"]}),
        ({"allow": ["a"]}, ("allow", 1), {"allow": ["a", "new"]}),
        ({"allow": ["a"]}, ("allow", 1, "operation"), {"allow": ["a", {"operation": "new"}]}),
        (
            {"openapi": {"headers": {"X-Docs": {"env": "A"}}}},
            ("openapi", "headers", "x-docs", "env"),
            {"openapi": {"headers": {"X-Docs": {"env": "new"}}}},
        ),
    ],
)
def test_an_override_is_laid_over_one_value_only(
    value: dict[str, Any] | None, pointer: tuple[int | str, ...], result: dict[str, Any]
) -> None:
    assert laid(value, pointer, "new")[0] == result


def test_the_pointer_comes_back_as_the_file_spells_it() -> None:
    assert laid({"headers": {"X-Docs": 1}}, ("headers", "x-docs"), 2)[1] == ("headers", "X-Docs")


@pytest.mark.parametrize("pointer", [("allow", 3), ("allow", "first"), ("allow", 5, "operation")])
def test_an_override_sets_an_entry_of_a_list_or_appends_the_next(pointer: tuple[int | str, ...]) -> None:
    with pytest.raises(Mistake):
        laid({"allow": ["a"]}, pointer, "new")


def test_only_variables_with_our_prefix_are_read_in_any_case() -> None:
    [override] = from_environment({"plugin_gateway__a__0": "x", "PLUGIN_GATEWAY_CONFIG": "y", "PATH": "z"})
    assert isinstance(override, Override)
    assert (override.pointer, override.value, override.name) == (("a", 0), "x", "env plugin_gateway__a__0")


def test_a_flow_value_is_yaml() -> None:
    [override] = from_environment({"PLUGIN_GATEWAY__A": "{b: [1, x]}"})
    assert isinstance(override, Override)
    assert override.value == {"b": [1, "x"]}


def test_dotted_names_of_options_become_pointers() -> None:
    [override] = from_mapping({"log.level": "debug"})
    assert (override.pointer, override.name) == (("log", "level"), "option log.level")


def test_an_override_does_not_show_its_value() -> None:
    assert "hunter2" not in repr(Override(pointer=("a",), value="hunter2", name="env A"))


@given(st.dictionaries(st.text().map(lambda text: f"PLUGIN_GATEWAY__{text}"), st.text(), max_size=3))
def test_no_environment_raises_anything_but_a_mistake(environ: dict[str, str]) -> None:
    value = {"allow": ["a"], "openapi": "x"}
    for override in from_environment(environ):
        if isinstance(override, Override):
            try:
                value, _ = lay_over(value, override)
            except Mistake:
                continue
