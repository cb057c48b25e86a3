from typing import Any

import pytest

from plugin_gateway.callers.consumers import ConsumerRule, Identity, consumer_rules, find_consumer
from plugin_gateway.config.consumer import Consumer

CLAIMS = {"team": "red", "groups": ["a", "b"], "level": 3, "admin": True, "nested": {"x": "y"}, "none": None}
CALLER = Identity(user="alice", scopes=frozenset({"read", "write"}), claims=CLAIMS)


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({"user": "alice"}, True),
        ({"user": "alice2"}, False),
        ({"user": "Alice"}, False),
        ({"scope": "read"}, True),
        ({"scope": "rea"}, False),
        ({"scope": "read write"}, False),
        ({"claims": (("team", "red"),)}, True),
        ({"claims": (("team", "re"),)}, False),
        ({"claims": (("groups", "b"),)}, True),
        ({"claims": (("groups", "c"),)}, False),
        ({"claims": (("level", "3"),)}, True),
        ({"claims": (("admin", "true"),)}, True),
        ({"claims": (("admin", "True"),)}, False),
        ({"claims": (("admin", "1"),)}, False),
        ({"claims": (("nested", "{'x': 'y'}"),)}, False),
        ({"claims": (("none", "None"),)}, False),
        ({"claims": (("absent", ""),)}, False),
        ({"user": "alice", "scope": "read", "claims": (("team", "red"),)}, True),
        ({"user": "alice", "scope": "delete"}, False),
        ({"user": "bob", "scope": "read"}, False),
        ({"token": "ci"}, False),
        ({}, False),
    ],
)
def test_a_rule_fits_if_every_given_condition_holds_and_a_rule_without_conditions_never_fits(
    said: dict[str, Any], fits: bool
) -> None:
    assert ConsumerRule(name="c", **said).fits(CALLER) is fits


def test_the_first_rule_that_fits_decides() -> None:
    rules = (
        ConsumerRule(name="a", user="bob"),
        ConsumerRule(name="b", scope="read"),
        ConsumerRule(name="c", user="alice"),
    )
    assert find_consumer(rules, CALLER) == 1
    assert find_consumer(rules, Identity(user="eve")) is None


def test_rules_are_taken_from_the_config_in_its_order() -> None:
    written = [
        {"name": "a", "match": {"token": "t"}},
        {"name": "b", "match": {"user": "u", "scope": "s", "claims": {"x": "y"}}},
    ]
    assert consumer_rules([Consumer.parse(one) for one in written]) == (
        ConsumerRule(name="a", token="t"),
        ConsumerRule(name="b", user="u", scope="s", claims=(("x", "y"),)),
    )


def test_records_show_only_names_that_the_operator_chose() -> None:
    assert Identity(user="alice@example.com").name == ""
    assert Identity(user="alice", is_listed=True).name == Identity(token="alice", is_listed=True).name == "alice"
    assert "red" not in repr(CALLER)
