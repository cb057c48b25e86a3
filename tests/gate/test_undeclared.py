"""The refusal of an undeclared query names each place, and keeps the rest of the call for further judges."""

from __future__ import annotations

import pytest

from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.gate.query import rebuild_query
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.shape.values.problem import MOST_PROBLEMS

RULE = OperationRule(
    method="GET", path_template="/p", operation_id="read", query_names=frozenset({b"limit"}), query_prefixes=frozenset({b"filter"})
)  # fmt: skip


def refused(query: bytes) -> UndeclaredQuery:
    found = rebuild_query(query, RULE, {b"key"})
    assert isinstance(found, UndeclaredQuery)
    return found


def test_each_name_has_its_place_once_and_the_rest_is_kept_byte_for_byte() -> None:
    found = refused(b"limit=%35&a%2Fb=1&filter%5Bx%5D=2&&a/b=3&key=4&limit=6")
    assert found.members["errors"] == [
        {"pointer": "/query/a~1b", "detail": "is not declared"},
        {"pointer": "/query/key", "detail": "is not declared"},
    ]
    assert found.members["declared"] == ["filter[…]", "limit"]
    assert found.rest == b"limit=%35&filter%5Bx%5D=2&limit=6"
    assert found.detail == "read has no query parameter a/b, key."


def test_a_value_with_an_equals_sign_goes_with_its_name() -> None:
    assert refused(b"x=1=2&limit=3=4").rest == b"limit=3=4"


def test_a_character_that_cannot_be_printed_is_replaced() -> None:
    assert refused(b"a%0Ab=1").detail == "read has no query parameter a\ufffdb."


@pytest.mark.parametrize(("beyond", "members"), [(0, {}), (1, {"more_errors": 1}), (3, {"more_errors": 3})])
def test_names_beyond_a_hundred_are_counted(beyond: int, members: dict[str, int]) -> None:
    found = refused(b"&".join(b"x%d=" % number for number in range(MOST_PROBLEMS + beyond)))
    assert len(found.members["errors"]) == MOST_PROBLEMS
    assert {name: found.members[name] for name in found.members if name == "more_errors"} == members


def test_the_permit_for_the_rest_leaves_the_refusal_as_it_is() -> None:
    found = refused(b"limit=1&x=2")
    beside = found.with_permit(Permit(RULE, b"/p", found.rest))
    assert beside.permit == (RULE, b"/p", b"limit=1")
    assert (beside.status, beside.code, beside.members) == (found.status, found.code, found.members)
