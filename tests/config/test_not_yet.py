from typing import Any

import pytest

from plugin_gateway.config import not_yet
from plugin_gateway.config.not_yet import unsupported

TABLE = frozenset({"validate", "allow.request", "allow.parameters.*.hidden", "allow.response.keep", "auth.type.oauth"})


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_yet, "NOT_YET", TABLE)


def nested(words: list[str]) -> dict[str, Any]:
    first, *rest = words
    value = nested(rest) if rest else "x"
    if len(rest) == 1 and first == "type":
        value = rest[0]
    return {first: [value] if first in ("allow", "consumers", "tokens") else value}


@pytest.mark.parametrize("dotted", sorted(TABLE))
def test_every_key_of_the_table_is_found_where_it_is_written(dotted: str) -> None:
    [(_, mistake)] = unsupported(nested(dotted.replace("*", "limit").split(".")))
    assert mistake.rule == "not-yet"
    assert f"`{dotted.replace('*', 'limit')}`" in mistake.message


def test_a_value_is_found_in_its_short_form() -> None:
    [(pointer, _)] = unsupported({"allow": ["a", {"operation": "b", "parameters": {"debug": "hidden"}}]})
    assert pointer == ("allow", 1, "parameters", "debug")


def test_keys_that_work_are_not_reported() -> None:
    assert (
        unsupported(
            {
                "auth": {"type": "none"},
                "allow": ["consumers", {"parameters": {"path": {"slashes": "allowed"}}}],
                "mcpx": 1,
            }
        )
        == []
    )
