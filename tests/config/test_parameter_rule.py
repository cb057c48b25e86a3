from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule, merged
from plugin_gateway.config.reader import MistakesError


def test_a_parameter_may_be_hidden_in_one_word() -> None:
    assert ParameterRule.parse("hidden").hidden is True


@pytest.mark.parametrize(
    "written", [{"hidden": True, "fixed": 1}, {"fixed": 1, "default": 2}, {"slashes": "yes"}, "hiden"]
)
def test_a_parameter_rule_that_contradicts_itself_is_a_mistake(written: dict[str, Any] | str) -> None:
    with pytest.raises(MistakesError):
        ParameterRule.parse(written)


def test_a_slash_in_a_parameter_is_refused_unless_allowed() -> None:
    assert ParameterRule.parse({}).slashes == "refused"
    assert ParameterRule.parse({"slashes": "allowed"}).slashes == "allowed"


def test_the_first_rule_that_says_something_wins_and_the_exclusive_three_count_as_one() -> None:
    first, second = (
        ParameterRule.parse({"maximum": 5, "fixed": 1}),
        ParameterRule.parse({"default": 2, "maximum": 9, "rename": "n"}),
    )

    found = merged([first, second])

    assert (found.maximum, found.fixed, found.default, found.rename) == (5, 1, None, "n")
    assert merged([second, first]).written_values == {"default": 2, "maximum": 9, "rename": "n"}
