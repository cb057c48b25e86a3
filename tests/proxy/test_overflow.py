"""What becomes of answers that are too large: refused, cut visibly, or cut so that they are JSON still."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plugin_gateway.policy.refusal import Refusal
from plugin_gateway.proxy.downlink import Answer
from plugin_gateway.proxy.overflow import Cap, CappedAnswer, truncated

JSON_TYPE = b"Content-Type: application/json\r\n"
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=12
)  # fmt: skip


def answer(block=JSON_TYPE, length=-1, *, status=200, coding=b""):
    return Answer(status, block, length, is_chunked=length < 0, keeps_alive=True, coding=coding)


def is_beginning(part, whole):
    """Whether `part` is `whole` with items, and members after the last ones kept, left out."""
    if isinstance(whole, list) and isinstance(part, list) and len(part) <= len(whole):
        return all(is_beginning(one, other) for one, other in zip(part, whole, strict=False))
    if isinstance(whole, dict) and isinstance(part, dict):
        return list(part) == list(whole)[: len(part)] and all(is_beginning(part[key], whole[key]) for key in part)
    return part == whole


@settings(max_examples=300)
@given(st.lists(values, min_size=1, max_size=8), st.booleans(), st.integers(0, 200), st.booleans())
def test_what_is_cut_is_json_that_fits_and_begins_like_the_whole(items, is_wrapped, limit, is_spaced):
    whole = {"page": 1, "items": items, "next": "x"} if is_wrapped else items
    text = json.dumps(whole, indent=1 if is_spaced else None, ensure_ascii=False).encode()
    assume(len(text) > limit)
    cut = truncated(text[: limit + 1], limit)
    if cut is not None:
        assert len(cut) <= limit
        assert is_beginning(json.loads(cut), whole)


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
        (b"", 5, None),
    ],
)  # fmt: skip
def test_the_outermost_array_is_cut_after_a_whole_item(text, limit, cut):
    assert truncated(text, limit) == cut


def play(capped, *pieces, ends=True):
    outcomes = []
    for index, piece in enumerate(pieces):
        outcome = capped.feed(piece, is_complete=ends and index == len(pieces) - 1)
        outcomes.append(outcome)
        if isinstance(outcome, Refusal):
            break
    return outcomes


def test_a_length_that_is_known_to_be_too_large_is_refused_at_once():
    [refusal] = play(CappedAnswer(Cap(10), answer(length=11)), b"x", ends=False)
    assert (refusal.status, refusal.code) == (413, "response-too-large")
    assert refusal.members == {"limit_bytes": 10}


def test_json_of_unknown_length_is_held_until_it_is_known_to_fit():
    outcomes = play(CappedAnswer(Cap(10), answer()), b"[1,", b"2]")
    assert outcomes[0] is None
    assert (outcomes[1].data, outcomes[1].is_last) == (b"[1,2]", True)


def test_json_of_unknown_length_is_refused_before_any_of_it_is_sent():
    outcomes = play(CappedAnswer(Cap(4), answer()), b"[1,", b"2,3]")
    assert outcomes[0] is None
    assert outcomes[1].code == "response-too-large"


@pytest.mark.parametrize("block", [b"Content-Type: text/event-stream\r\n", b"", b"Content-Type: application/jsonx\r\n"])
@pytest.mark.parametrize("truncates", [True, False])
def test_what_is_no_json_streams_and_is_cut_where_it_grows_too_large(block, truncates):
    outcomes = play(CappedAnswer(Cap(6, truncates), answer(block)), b"abc", b"def", b"g")
    assert [(one.data, one.is_last) for one in outcomes[:2]] == [(b"abc", False), (b"def", False)]
    assert outcomes[0].answer is not None
    assert outcomes[1].answer is None
    assert outcomes[2].code == "response-too-large"


@pytest.mark.parametrize("block", [JSON_TYPE, b"content-type: application/vnd.api+json; charset=utf-8\r\n"])
@pytest.mark.parametrize("length", [-1, 30])
def test_json_is_truncated_where_it_is_asked_for_and_says_so(block, length):
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


@pytest.mark.parametrize("given", [{"coding": b"gzip"}, {"status": 206}])
def test_what_cannot_be_cut_is_refused(given):
    [refusal] = play(CappedAnswer(Cap(5, truncates=True), answer(length=30, **given)), b"[1,2,3,4,5", ends=False)
    assert refusal.code == "response-too-large"


def test_json_without_a_place_to_cut_is_refused():
    [refusal] = play(CappedAnswer(Cap(5, truncates=True), answer()), b'"a long text"')
    assert refusal.code == "response-too-large"
