from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.describe.declared import DeclaredParameter
from plugin_gateway.shape.describe.parameter_mentions import find_parameter_mentions
from plugin_gateway.shape.describe.shaping import Shaping
from plugin_gateway.shape.settings import OperationSettings

KEY = OperationKey("GET", "/pets")


def mentions(
    rule: Any, *, replaced_texts: frozenset[str] = frozenset(), other: str = "", **texts: str
) -> list[tuple[str, str]]:
    parameters = [
        DeclaredParameter({}, "query", "debug", ParameterRule.parse(rule), "debug"),
        DeclaredParameter({"description": other}, "query", "limit"),
    ]
    settings = OperationSettings(replaced_texts=replaced_texts)
    shaping = Shaping(key=KEY, node=dict(texts), document=Document(root={}, name="d"), settings=settings)
    return [(one.rule, one.hint) for one in find_parameter_mentions(shaping, parameters)]


@pytest.mark.parametrize("text", ["Set debug.", "`debug`", "With debug=1 more.", "debug"])
def test_a_text_with_the_name_as_a_word_is_found(text: str) -> None:
    assert [rule for rule, _ in mentions("hidden", description=text)] == ["hidden-parameter-named"]
    assert [rule for rule, _ in mentions({"rename": "trace"}, summary=text)] == ["renamed-parameter-named"]


@pytest.mark.parametrize("text", ["Debugging.", "debugger", "non-debug", "debug-level", "Debug"])
def test_a_part_of_another_word_is_not_a_name(text: str) -> None:
    assert mentions("hidden", description=text) == []


def test_the_hint_is_the_key_that_replaces_the_text() -> None:
    [(_, hint)] = mentions("hidden", other="See debug.")
    assert "parameters: {limit: {description" in hint
    [(_, hint)] = mentions("hidden", summary="debug")
    assert "`summary`" in hint


def test_texts_that_clients_do_not_see_are_not_searched() -> None:
    assert mentions("hidden", description="debug", replaced_texts=frozenset({"description"})) == []
    assert mentions({"maximum": 1}, description="debug") == []
