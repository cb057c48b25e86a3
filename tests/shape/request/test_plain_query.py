"""A plain query is found in any order of its parameters, and no other query is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.request.plain_query import PlainQuery
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator


def part(name: str, schema: Any, *, added: bytes = b"", **more: Any) -> Part:
    kind = kind_of(schema, Document(root={}, name="d"))
    return Part(
        "query", name, Reader("query", name, Style("form", True, name), kind, Validator(schema), **more), added=added
    )


LIMIT = part("limit", {"type": "integer", "minimum": 1, "maximum": 100})
STATUS = part("status", {"type": "string", "enum": ["open", "closed"]})
SEARCH = part("q", {"type": "string", "maxLength": 5})
PLAIN = PlainQuery([LIMIT, STATUS, Part("query", "free"), SEARCH])


@given(st.permutations(["limit=100", "status=open", "free=%41=b", "q=abcdefgh"]), st.integers(0, 4))
def test_parameters_are_found_in_any_order(pairs: list[str], count: int) -> None:
    sent = sorted(pairs[:count], key=pairs.index)
    match = PLAIN.read("".join("&" + pair for pair in sent).encode())
    assert match is not None
    names = ["limit", "status", "free", "q"]
    found = {name: text.decode() for name, text in zip(names, match.groups(), strict=True) if text is not None}
    assert found == dict(pair.split("=", 1) for pair in sent)


def test_only_the_texts_that_no_expression_tells_are_left_to_their_readers() -> None:
    assert [number for number, _ in PLAIN.judged] == [4]


@pytest.mark.parametrize(
    "query",
    [
        b"limit=100",
        b"&limit=101",
        b"&limit=0",
        b"&limit=1&limit=2",
        b"&limit=1&status=open&limit=2",
        b"&limit=1&",
        b"&limit",
        b"&limit=1&&status=open",
        b"&status=opened",
        b"&Limit=1",
        b"&%6Cimit=1",
        b"&more=1",
        b"&limit=1\n",
    ],
)
def test_other_queries_are_not_plain(query: bytes) -> None:
    assert PLAIN.read(query) is None


def test_a_query_without_a_required_parameter_is_not_plain() -> None:
    required = PlainQuery([LIMIT, part("status", {"type": "string"}, is_required=True)])
    assert [required.read(query) is not None for query in (b"", b"&limit=1", b"&status=x&limit=1")] == [
        False,
        False,
        True,
    ]


def test_the_gateway_sends_a_required_parameter_that_has_a_default() -> None:
    assert PlainQuery([part("a", {"type": "string"}, added=b"a=1", is_required=True)]).read(b"") is not None


@pytest.mark.parametrize("name", ["a=b", "a&b", "a%62", "a+b", "a b", "ä", ""])
def test_a_name_that_needs_decoding_is_in_no_plain_query(name: str) -> None:
    assert PlainQuery([Part("query", name)]).read(b"&" + name.encode() + b"=1") is None


def test_two_parameters_of_one_name_are_in_no_plain_query() -> None:
    assert PlainQuery([LIMIT, LIMIT]).read(b"&limit=1") is None


def test_signs_of_expressions_in_a_name_stand_for_themselves() -> None:
    plain = PlainQuery([Part("query", "a[x].*")])
    assert [plain.read(query) is not None for query in (b"&a[x].*=1", b"&ax.=1")] == [True, False]
