"""Rules and permits are values."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from plugin_gateway.gate.permit import OperationRule, Permit


def test_a_rule_admits_nothing_unless_told() -> None:
    rule = OperationRule(method="GET", path_template="/a", operation_id="a")

    assert not (rule.query_names | rule.query_prefixes | rule.header_names | rule.cookie_names)
    assert not rule.any_query


def test_a_rule_cannot_be_changed_and_can_be_pickled() -> None:
    rule = OperationRule(method="GET", path_template="/a", operation_id="a", query_names=frozenset({b"q"}))

    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.any_query = True
    assert pickle.loads(pickle.dumps(Permit(rule, b"/a", b""))) == Permit(rule, b"/a", b"")
