import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.json_reading import MOST_LEVELS, UnreadableBodyError, read_json_body


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 1.5, true, null, "x"]}', {"a": [1, 1.5, True, None, "x"]}),
        (b" 7 ", 7),
        (b"1e400", Decimal("1e400")),
        (b"123456789012345678901234567890", 1.2345678901234568e29),
        ('"é"'.encode(), "é"),
        (rb'{"a\u003a": ":\"", "b": "\\"}', {"a:": ':"', "b": "\\"}),
        (b"[" * MOST_LEVELS + b"]" * MOST_LEVELS, ...),
        (b'"' + b"[" * 1000 + b'"', "[" * 1000),
    ],
)
def test_text_that_every_parser_reads_alike_is_read(text: bytes, value: Any) -> None:
    assert value in (..., read_json_body(text))


@pytest.mark.parametrize(
    ("text", "pointer", "detail"),
    [
        (b"", "", "is empty; expected JSON"),
        (b" \n", "", "is empty; expected JSON"),
        (b"\xef\xbb\xbf{}", "", "must not begin with a byte order mark"),
        (b'{"a":"\xff"}', "", "must be UTF-8; byte 7 is not"),
        (b'"\\ud800"', "", "must be Unicode text; it has half of a surrogate pair, such as \\ud800"),
        (b'{"a":1,"a":2}', "/a", "must be given only once in its object"),
        (rb'{"admin":1,"\u0061dmin":2}', "/admin", "must be given only once in its object"),
        (b'{"x":[{"k":1, "k" :2}]}', "/x/0/k", "must be given only once in its object"),
        (b'{"n":1e400,"n":1}', "/n", "must be given only once in its object"),
        (
            b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1),
            "",
            f"must not be nested deeper than {MOST_LEVELS} levels",
        ),
        (b'{"n":' + b"1" * 5000 + b"}", "", "must not have a number of more than 4,300 digits"),
        (b"[" * 1_000_000, "", f"must not be nested deeper than {MOST_LEVELS} levels"),
    ],
)
def test_text_that_parsers_read_differently_is_refused(text: bytes, pointer: str, detail: str) -> None:
    with pytest.raises(UnreadableBodyError) as raised:
        read_json_body(text)
    assert raised.value.problems == ((pointer, detail),)


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"{} x",
        b"{'a':1}",
        b"NaN",
        b"[Infinity]",
        b"01",
        b"[1,]",
        b'{"a":1,}',
        b'"\x00"',
        b"// c\n1",
        b"1e",
        b"nul",
    ],
)
def test_text_that_is_not_json_is_refused_with_the_place(text: bytes) -> None:
    with pytest.raises(UnreadableBodyError) as raised:
        read_json_body(text)
    (problem,) = raised.value.problems
    assert problem.detail.startswith("is not JSON: ")
    assert " at line 1, column " in problem.detail or " at line 2" in problem.detail


def test_no_message_repeats_the_text() -> None:
    with pytest.raises(UnreadableBodyError) as raised:
        read_json_body(b'{"key": hunter2}')
    assert "hunter2" not in str(raised.value.problems)


def test_other_charsets_are_refused_unless_the_text_is_ascii() -> None:
    assert read_json_body(b'{"a":1}', b"iso-8859-1") == {"a": 1}
    with pytest.raises(UnreadableBodyError):
        read_json_body('"é"'.encode(), b"iso-8859-1")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_json_with_distinct_names_is_read(value: Any, is_ascii: bool, indent: Any) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode()
    assert read_json_body(text) == json.loads(text, parse_int=_as_orjson)


def _as_orjson(text: str) -> float:
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 64 else float(text)
