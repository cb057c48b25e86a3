from typing import Any

import pytest

from plugin_gateway.config.consumer import Consumer
from plugin_gateway.config.reader import MistakesError


@pytest.mark.parametrize("match", [{}, {"claims": {}}, {"token": ""}, {"tokens": "a"}])
def test_a_match_that_says_nothing_is_a_mistake_and_not_everybody(match: dict[str, Any]) -> None:
    with pytest.raises(MistakesError):
        Consumer.parse({"name": "a", "match": match})


def test_a_consumer_may_call_everything_unless_it_says_what() -> None:
    assert Consumer.parse({"name": "a", "match": {"token": "t"}}).allow is None
    assert Consumer.parse({"name": "a", "match": {"user": "u"}, "allow": ["x"]}).allow[0].operation == "x"
