from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.compile import Shaping
from plugin_gateway.shape.declared import Declared
from plugin_gateway.shape.told_parameters import find_told
from plugin_gateway.shape.wanted import Wanted

KEY = OperationKey("GET", "/pets")


def told(rule: Any, *, retold: frozenset[str] = frozenset(), other: str = "", **texts: str) -> list[tuple[str, str]]:
    parameters = [
        Declared({}, "query", "debug", ParameterRule.parse(rule), "debug"),
        Declared({"description": other}, "query", "limit"),
    ]
    wanted = Wanted(retold=retold)
    shaping = Shaping(key=KEY, node=dict(texts), document=Document(root={}, name="d"), wanted=wanted)
    return [(one.rule, one.hint) for one in find_told(shaping, parameters)]


@pytest.mark.parametrize("text", ["Set debug.", "`debug`", "With debug=1 more.", "debug"])
def test_a_text_with_the_name_as_a_word_is_found(text: str) -> None:
    assert [rule for rule, _ in told("hidden", description=text)] == ["hidden-parameter-named"]
    assert [rule for rule, _ in told({"rename": "trace"}, summary=text)] == ["renamed-parameter-named"]


@pytest.mark.parametrize("text", ["Debugging.", "debugger", "non-debug", "debug-level", "Debug"])
def test_a_part_of_another_word_is_not_a_name(text: str) -> None:
    assert told("hidden", description=text) == []


def test_the_hint_is_the_key_that_replaces_the_text() -> None:
    [(_, hint)] = told("hidden", other="See debug.")
    assert "parameters: {limit: {description" in hint
    [(_, hint)] = told("hidden", summary="debug")
    assert "`summary`" in hint


def test_texts_that_clients_do_not_see_are_not_searched() -> None:
    assert told("hidden", description="debug", retold=frozenset({"description"})) == []
    assert told({"maximum": 1}, description="debug") == []
