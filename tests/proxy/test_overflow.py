"""Answers that are too large are refused, cut visibly, or truncated to valid JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.overflow import Cap, CappedAnswer, truncated
from plugin_gateway.refusal import Refusal

JSON_TYPE = b"Content-Type: application/json\r\n"
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.text(r'",:[]{}\/ a1é😀', max_size=30)
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=12
)  # fmt: skip


class Members(list[Any]):
    """The members of an object as pairs, so that a duplicate member appears twice."""


def answer(block: bytes = JSON_TYPE, length: int = -1, *, status: int = 200) -> Answer:
    return Answer(status, block, length, is_chunked=length < 0, keeps_alive=True)


def is_beginning(part: Any, whole: Any) -> bool:
    """Whether `part` is `whole` without some items and without members after the last kept ones."""
    if isinstance(whole, list) and isinstance(part, list) and len(part) <= len(whole):
        return all(is_beginning(one, other) for one, other in zip(part, whole, strict=False))
    if isinstance(whole, tuple) and isinstance(part, tuple):
        return part[0] == whole[0] and is_beginning(part[1], whole[1])
    return type(part) is type(whole) and part == whole


def decoded(text: bytes) -> Any:
    return json.loads(text, object_pairs_hook=Members)


def spelt(draw: Callable[..., Any], value: Any) -> str:
    """Write a value in one of many ways: spaces between tokens, escapes in strings, a duplicate member."""
    space = draw(st.sampled_from(["", "", " ", "\n\t", "  \r\n"]))
    if isinstance(value, list):
        items = f"{space},{space}".join(spelt(draw, item) for item in value)
        return f"[{space}{items}{space}]"
    if isinstance(value, dict):
        members = [(name, item) for name, item in value.items() for _ in range(draw(st.sampled_from([1, 1, 1, 2])))]
        inner = f",{space}".join(f"{spelt(draw, name)}{space}:{space}{spelt(draw, item)}" for name, item in members)
        return f"{{{space}{inner}{space}}}"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=draw(st.booleans()))
        return text.replace("/", "\\/") if draw(st.booleans()) else text
    return json.dumps(value)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    whole = draw(values | st.lists(values, min_size=2, max_size=8))
    if draw(st.booleans()):
        whole = {"page": draw(values), "items": whole, "next": "x"}
    return spelt(draw, whole).encode("utf-8", "surrogatepass")


@given(texts(), st.data())
def test_truncated_json_is_json_that_fits_and_begins_like_the_whole_or_a_refusal(
    text: bytes, data: st.DataObject
) -> None:
    limit = data.draw(st.integers(1, len(text) + 3))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4).map(sorted))
    has_length = data.draw(st.booleans())
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    outcome = play(CappedAnswer(Cap(limit, truncates=True), answer(length=len(text) if has_length else -1)), *pieces)[
        -1
    ]
    if isinstance(outcome, Refusal):
        assert len(text) > limit
        return
    assert len(outcome.data) <= limit
    assert is_beginning(decoded(outcome.data), decoded(text))
    if len(text) <= limit:
        assert outcome.data == text


@given(st.lists(st.text(r'",:[]{}\ ab1', max_size=12), min_size=2, max_size=8), st.integers(2, 120))
def test_as_many_whole_items_as_fit_are_kept(items: list[str], limit: int) -> None:
    text = json.dumps(items).encode()
    assume(len(text) > limit)
    most = next(count for count in range(len(items), -1, -1) if len(json.dumps(items[:count])) <= limit)
    assert truncated(text[: limit + 1], limit) == (json.dumps(items[:most]).encode() if most else None)


@given(st.binary(max_size=60), st.integers(1, 60))
def test_text_that_is_not_json_is_never_truncated_to_json(text: bytes, limit: int) -> None:
    for whole in (text, b"[" + text, b'{"a":[' + text, b'["' + text):
        if (cut := truncated(whole, limit)) is not None:
            assert len(cut) <= limit
            json.loads(cut)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        (b'[{"a":1},{"a":2},{"a":3}]', 20, b'[{"a":1},{"a":2}]'),
        (b'{"items":[{"t":["x","y"]},{"t":["z"]}],"n":2}', 40, b'{"items":[{"t":["x","y"]},{"t":["z"]}]}'),
        (b'{"items":[{"t":["x","y"]},{"t":["z"]}],"n":2}', 35, b'{"items":[{"t":["x","y"]}]}'),
        (b'{"items":[{"t":["x","yyyyyyyyyyyyyyyyyyyyy"]}]}', 30, b'{"items":[{"t":["x"]}]}'),
        (b'["a,]","b\\"]","cccccc"]', 16, b'["a,]","b\\"]"]'),
        (b"[ 1 , 2 , 3333 ]", 9, b"[ 1 , 2]"),
        (b'"just a long text, no array"', 10, None),
        (b'{"a":1,"b":2,"c":3}', 10, None),
        (b'["an item that is too large"]', 10, None),
        (b"[" * 40 + b"1,1,1,1,1,1", 48, None),
        (b"[1,2}", 5, None),
        (b'["a","b,c],d"]', 9, b'["a"]'),
        (b'["a","b\\",\\"c"]', 12, b'["a"]'),
        (b'["a","b\\\\","cc"]', 14, b'["a","b\\\\"]'),
        (b"[1,22,333333]", 9, b"[1,22]"),
        (b"[1 2,3,4,5,6]", 9, None),
        (b"[1,,2,3,4,5]", 9, None),
        (b'{"a" 1,"b":[1,2,3]}', 16, None),
        (b'{"a":[1,2,3],}', 13, b'{"a":[1,2,3]}'),
        (b"[1,NaN,2,3,4]", 9, b"[1]"),
        (b'["a\x00","b","c"]', 9, None),
        (b'["a\xff","b","c"]', 10, None),
        (b"\xef\xbb\xbf[1,2,3,4]", 9, None),
        (b"[[1,2],[3,4]] x", 13, b"[[1,2],[3,4]]"),
        (b"]", 1, None),
        (b"", 5, None),
    ],
)  # fmt: skip
def test_the_outermost_array_is_cut_after_a_whole_item(text: bytes, limit: int, cut: bytes | None) -> None:
    assert truncated(text, limit) == cut


def play(capped: CappedAnswer, *pieces: bytes, ends: bool = True) -> list[Any]:
    outcomes = []
    for index, piece in enumerate(pieces):
        outcome = capped.feed(piece, is_complete=ends and index == len(pieces) - 1)
        outcomes.append(outcome)
        if isinstance(outcome, Refusal):
            break
    return outcomes


def test_a_length_that_is_known_to_be_too_large_is_refused_at_once() -> None:
    [refusal] = play(CappedAnswer(Cap(10), answer(length=11)), b"x", ends=False)
    assert (refusal.status, refusal.code) == (413, "response-too-large")
    assert refusal.members == {"limit_bytes": 10}


def test_json_of_unknown_length_is_held_until_it_is_known_to_fit() -> None:
    outcomes = play(CappedAnswer(Cap(10), answer()), b"[1,", b"2]")
    assert outcomes[0] is None
    assert (outcomes[1].data, outcomes[1].is_last) == (b"[1,2]", True)


def test_json_of_unknown_length_is_refused_before_any_of_it_is_sent() -> None:
    outcomes = play(CappedAnswer(Cap(4), answer()), b"[1,", b"2,3]")
    assert outcomes[0] is None
    assert outcomes[1].code == "response-too-large"


@pytest.mark.parametrize("block", [b"Content-Type: text/event-stream\r\n", b"", b"Content-Type: application/jsonx\r\n"])
@pytest.mark.parametrize("truncates", [True, False])
def test_a_body_that_is_not_json_streams_and_is_cut_at_the_limit(block: bytes, truncates: bool) -> None:
    outcomes = play(CappedAnswer(Cap(6, truncates), answer(block)), b"abc", b"def", b"g")
    assert [(one.data, one.is_last) for one in outcomes[:2]] == [(b"abc", False), (b"def", False)]
    assert outcomes[0].answer is not None
    assert outcomes[1].answer is None
    assert outcomes[2].code == "response-too-large"


@pytest.mark.parametrize("block", [JSON_TYPE, b"content-type: application/vnd.api+json; charset=utf-8\r\n"])
@pytest.mark.parametrize("length", [-1, 30])
def test_json_is_truncated_where_it_is_asked_for_and_says_so(block: bytes, length: int) -> None:
    block = b'ETag: "1"\r\n' + block + (b"Content-Length: 30\r\n" if length > 0 else b"") + b"X-Kept: 1\r\n"
    outcomes = play(
        CappedAnswer(Cap(12, truncates=True), answer(block, length)), b'["aaaa","bb', b'bb","cccc"]', ends=False
    )
    piece = outcomes[1]
    assert (piece.data, piece.is_last) == (b'["aaaa"]', True)
    assert piece.answer.length == 8
    assert b"X-Response-Truncated: true\r\n" in piece.answer.block
    assert b"Content-Length: 8\r\n" in piece.answer.block
    assert b"X-Kept: 1\r\n" in piece.answer.block
    assert b"ETag" not in piece.answer.block
    assert b"Content-Length: 30" not in piece.answer.block


@pytest.mark.parametrize("given", [{"block": JSON_TYPE + b"Content-Encoding: gzip\r\n"}, {"status": 206}])
def test_a_body_that_cannot_be_truncated_is_refused(given: dict[str, Any]) -> None:
    [refusal] = play(
        CappedAnswer(Cap(5, truncates=True), answer(**({"length": 30} | given))), b"[1,2,3,4,5", ends=False
    )
    assert refusal.code == "response-too-large"


def test_json_without_a_place_to_cut_is_refused() -> None:
    [refusal] = play(CappedAnswer(Cap(5, truncates=True), answer()), b'"a long text"')
    assert refusal.code == "response-too-large"
