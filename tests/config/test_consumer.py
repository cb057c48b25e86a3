from typing import Any

import pytest

from plugin_gateway.config.consumer import Consumer
from plugin_gateway.config.reader import MistakesError


@pytest.mark.parametrize("match", [{}, {"claims": {}}, {"token": ""}, {"tokens": "a"}])
def test_an_empty_match_is_a_mistake(match: dict[str, Any]) -> None:
    with pytest.raises(MistakesError):
        Consumer.parse({"name": "a", "match": match})


def test_a_consumer_without_a_list_may_call_each_allowed_operation() -> None:
    assert Consumer.parse({"name": "a", "match": {"token": "t"}}).allow is None
    [selector] = Consumer.parse({"name": "a", "match": {"user": "u"}, "allow": ["x"]}).allow or ()
    assert selector.operation == "x"
