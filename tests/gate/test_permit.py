"""Rules and permits are values."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule, Permit


def test_a_rule_admits_nothing_by_default() -> None:
    rule = OperationRule(method="GET", path_template="/a", operation_id="a")

    assert not (rule.query_names | rule.query_prefixes | rule.header_names | rule.cookie_names)
    assert not rule.any_query


@pytest.mark.parametrize(
    ("place", "name", "takes"),
    [
        ("query", "q", True),
        ("query", "filter", True),
        ("query", "Q", False),
        ("query", "X-Trace", False),
        ("header", "X-Trace", True),
        ("header", "x-trace", True),
        ("header", "q", False),
        ("cookie", "sid", True),
        ("cookie", "SID", False),
        ("cookie", "q", False),
        ("path", "anything", True),
    ],
)
def test_a_caller_may_send_a_parameter_in_its_place_only(place: str, name: str, takes: bool) -> None:
    rule = OperationRule(
        method="GET",
        path_template="/a",
        operation_id="a",
        query_names=frozenset({b"q"}),
        query_prefixes=frozenset({b"filter"}),
        header_names=frozenset({b"x-trace"}),
        cookie_names=frozenset({b"sid"}),
    )
    assert rule.takes(place, name) is takes


def test_a_rule_cannot_be_changed_and_can_be_pickled() -> None:
    rule: Any = OperationRule(method="GET", path_template="/a", operation_id="a", query_names=frozenset({b"q"}))

    with pytest.raises(AttributeError, match="immutable"):
        rule.any_query = True
    assert pickle.loads(pickle.dumps(Permit(rule, b"/a", b""))) == Permit(rule, b"/a", b"")
