from typing import Any

import pytest

from plugin_gateway.config.introspection import Introspection
from plugin_gateway.config.reader import MistakesError


def test_an_answer_must_name_its_audience_and_type_by_default_and_is_cached_for_a_minute() -> None:
    found = Introspection.parse({"introspection": "https://login.example.com/introspect"})

    assert (found.audience_optional, found.token_type_optional, found.cache) == (False, False, 60.0)


@pytest.mark.parametrize(("written", "audiences"), [("a", ("a",)), (["a", "b"], ("a", "b"))])
def test_one_audience_or_several_are_named(written: Any, audiences: tuple[str, ...]) -> None:
    found = Introspection.parse({"introspection": "https://h", "audience": written})

    assert found.audience == audiences


@pytest.mark.parametrize("written", [{}, {"introspection": "login"}, {"introspection": "https://h", "cache": "long"}])
def test_a_server_needs_a_url_and_legal_settings(written: dict[str, Any]) -> None:
    with pytest.raises(MistakesError):
        Introspection.parse(written)
