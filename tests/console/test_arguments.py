import json
from typing import Any

import pytest

from plugin_gateway.console.arguments import MOST_OPERATIONS, Arguments, BadQuestionError
from plugin_gateway.openapi.document import OperationKey

KEYS = (OperationKey("GET", "/a"), OperationKey("POST", "/a"))


def given(**members: Any) -> Arguments:
    return Arguments(json.dumps(members).encode())


@pytest.mark.parametrize(
    "octets", [b"[]", b"{", b"7", b"\xff", b"[" * 100_000], ids=["list", "cut", "number", "no UTF-8", "deep"]
)
def test_only_a_json_object_is_taken(octets: bytes) -> None:
    with pytest.raises(BadQuestionError):
        Arguments(octets)


def test_absent_members_are_empty() -> None:
    nothing = Arguments(b"")

    assert (nothing.text("q"), nothing.mapping("arguments"), nothing.any("body")) == ("", {}, None)
    assert nothing.operations("add", KEYS) == ()


def test_a_member_of_another_kind_is_refused_by_its_name() -> None:
    with pytest.raises(BadQuestionError, match="`q` is a text"):
        given(q=7).text("q")
    with pytest.raises(BadQuestionError, match="`arguments` is an object"):
        given(arguments=[1]).mapping("arguments")
    with pytest.raises(BadQuestionError, match="`add` is a list"):
        given(add=3).operations("add", KEYS)
    with pytest.raises(BadQuestionError, match="`add` is a list"):
        given(add=[0] * (MOST_OPERATIONS + 1)).operations("add", KEYS)


@pytest.mark.parametrize("number", [1, "1", "01"], ids=repr)
def test_an_operation_is_named_by_its_number(number: object) -> None:
    assert given(n=number).operation("n", KEYS) == KEYS[1]


@pytest.mark.parametrize("number", [2, -1, True, 1.0, None, "", "x", "0x1", "²", "-1", "9" * 20], ids=repr)
def test_another_value_names_no_operation(number: object) -> None:
    with pytest.raises(BadQuestionError, match="a number from 0 to 1"):
        given(n=number).operation("n", KEYS)
    with pytest.raises(BadQuestionError, match="a number from 0 to 1"):
        given(add=[number]).operations("add", KEYS)


def test_an_operation_that_is_listed_twice_counts_once() -> None:
    assert given(add=[1, 0, "1"]).operations("add", KEYS) == (KEYS[1], KEYS[0])
