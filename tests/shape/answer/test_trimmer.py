import json
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.shape.answer.cut import Branch, dropped
from plugin_gateway.shape.answer.trim import NotJsonError, trim
from plugin_gateway.shape.answer.trimmer import Trimmer
from tests.shape.json_texts import JSON, branches, expected, texts


def streamed(text: bytes, branch: Branch, piece: int, most_held: int) -> bytes:
    trimmer = Trimmer(branch, most_held)
    parts = [trimmer.feed(text[at : at + piece]) for at in range(0, len(text), piece)]
    return b"".join((*parts, trimmer.finish()))


@given(text=texts(), branch=branches(), piece=st.integers(1, 40), most_held=st.integers(1, 60))
@example(text=b'{"a":["' + b"x" * 99 + b'"],"b":1}', branch=dropped([("b",)]), piece=7, most_held=8)
def test_a_text_is_cut_alike_in_any_pieces(text: bytes, branch: Branch, piece: int, most_held: int) -> None:
    assert json.loads(streamed(text, branch, piece, most_held)) == expected(text, branch)


@given(text=texts(), branch=branches(), end=st.integers(0, 200), piece=st.integers(1, 40), most_held=st.integers(1, 60))
def test_a_text_that_ends_too_early_is_an_error(
    text: bytes, branch: Branch, end: int, piece: int, most_held: int
) -> None:
    part = text[:end]
    try:
        json.loads(part.decode("utf-8-sig"))
    except ValueError:
        with pytest.raises(NotJsonError):
            streamed(part, branch, piece, most_held)


@example(text=rb'["00\ud800\udc00"]', branch=True, at=10, octet=0x7B, piece=1, most_held=17)
@given(
    text=texts(),
    branch=branches(),
    at=st.integers(0, 200),
    octet=st.sampled_from(list(b'{}[]",:\\0x \xff\x00')),
    piece=st.integers(1, 40),
    most_held=st.integers(1, 60),
)
def test_the_output_is_json_or_ends_in_an_error(
    text: bytes, branch: Branch, at: int, octet: int, piece: int, most_held: int
) -> None:
    changed = text[:at] + bytes([octet]) + text[at + 1 :]
    try:
        written = streamed(changed, branch, piece, most_held)
    except NotJsonError:
        return
    assert whole(json.loads(written)) == whole(expected(changed, branch))


def whole(value: Any) -> Any:
    """Return a value with U+FFFD for each half of a surrogate pair: a cut may replace it, and a long string passes as it is."""
    return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(value, ensure_ascii=False)))


@given(value=JSON, piece=st.integers(1, 40), most_held=st.integers(1, 60))
def test_a_dropped_value_never_comes_out(value: Any, piece: int, most_held: int) -> None:
    text = json.dumps([{"secret": [value, "CANARY"], "a": {"secret": "CANARY"}}, [{"secret": {"x": "CANARY"}}]] * 3)
    written = streamed(text.encode(), dropped([("*", "secret"), ("*", "a", "secret")]), piece, most_held)
    assert b"CANARY" not in written


@pytest.mark.parametrize(
    "number", ["1.50", "-0.0", "1e400", "12345678901234567890123", "1E+2", "0.10000000000000000001"]
)
@pytest.mark.parametrize("most_held", [4, 1000])
def test_kept_numbers_keep_their_digits(number: str, most_held: int) -> None:
    text = f'[{{"a":{number},"secret":1}},{{"a":{number}}}]'.encode()
    assert streamed(text, dropped([("*", "secret")]), 3, most_held) == text.replace(b',"secret":1', b"")


@pytest.mark.parametrize("most_held", [4, 1000])
@pytest.mark.parametrize(
    ("text", "written"),
    [
        (rb'{"\u0073ecret":1,"b":2}', b'{"b":2}'),
        (rb'{"secret":1,"b":2,"secret":3}', b'{"b":2}'),
        (rb'{"secre\u0074":{"secret":[1,2]},"b":[1,2]}', b'{"b":[1,2]}'),
        (rb'{"SECRET":1}', b'{"SECRET":1}'),
        (rb'{"a":"\\ud83d","secret":1}', rb'{"a":"\\ud83d"}'),
        (rb'{"a":"\ud83d\ude00","secret":1}', rb'{"a":"\ud83d\ude00"}'),
        (b"\xef\xbb\xbf" + rb'{"secret":1}', b"{}"),
    ],
)  # fmt: skip
def test_a_name_is_found_with_or_without_escapes(text: bytes, written: bytes, most_held: int) -> None:
    shown = streamed(text, dropped([("secret",)]), 3, most_held)
    assert json.loads(shown) == json.loads(written)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (rb'{"a":"x\ud83d","secret":1}', rb'{"a":"x\ufffd"}'),
        (rb'{"a":"\ude00\ud83d\ude00\ud83d","secret":1}', rb'{"a":"\ufffd\ud83d\ude00\ufffd"}'),
        (rb'{"\ud83d":"\n\\ud83d","secret":1}', rb'{"\ufffd":"\n\\ud83d"}'),
    ],
)
def test_half_of_a_surrogate_pair_becomes_the_replacement_character(text: bytes, written: bytes) -> None:
    assert json.loads(trim(text, dropped([("secret",)]))) == json.loads(written)
    long = b"[" + text + b"," + text + b"]"
    shown = streamed(long, dropped([("*", "secret")]), 5, len(text) + 3)
    assert json.loads(shown) == [json.loads(written)] * 2


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{}{}",
        b"[1] 2",
        b"[1,]",
        b"[,1]",
        b'{"a":1,}',
        b"[1}",
        b"[1],[2]",
        b'{"a":1},{"b":2}',
        b"{'a':1}",
        b"/* */{}",
        b"[NaN]",
        b"[01]",
        b'["\x01"]',
        b'["\\x"]',
        b'["\xff"]',
        b'{"\xff":1}',
        b")]}',\n{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
@pytest.mark.parametrize("most_held", [3, 1_000_000])
def test_text_that_is_not_strict_json_never_passes(text: bytes, most_held: int) -> None:
    with pytest.raises(NotJsonError):
        streamed(text, dropped([("secret",)]), 4096, most_held)


def test_a_number_without_end_is_an_error() -> None:
    with pytest.raises(NotJsonError):
        streamed(b"[" + b"1" * 2 * 1024 * 1024, dropped([("a",)]), 64 * 1024, 64)


def test_the_items_of_a_long_array_are_sent_while_it_streams() -> None:
    trimmer = Trimmer(dropped([("items", "*", "secret")]), 4096)
    row = b'{"id":1,"labels":[{"id":2},{"id":3}],"secret":"CANARY"},'
    written = trimmer.feed(b'{"items":[')
    for _ in range(1000):
        written += trimmer.feed(row)
    assert len(written) > 30_000
    written += trimmer.feed(row[:-1] + b"]}") + trimmer.finish()
    assert json.loads(written) == {"items": [{"id": 1, "labels": [{"id": 2}, {"id": 3}]}] * 1001}


@pytest.mark.parametrize("row", [b'{"id":1,"secret":"xx"},', b'[[{"secret":1}]],', b"1234,", b'"text",'])
def test_memory_does_not_grow_with_an_array(row: bytes) -> None:
    trimmer = Trimmer(dropped([("*", "secret")]), 4096)
    piece = row * (2048 // len(row))
    trimmer.feed(b"[" + piece)
    tracemalloc.start()
    try:
        for _ in range(20):
            trimmer.feed(piece)
        before = tracemalloc.get_traced_memory()[1]
        for _ in range(60):
            trimmer.feed(piece)
        assert tracemalloc.get_traced_memory()[1] < 2 * before
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_one_string() -> None:
    trimmer = Trimmer(dropped([("secret",)]), 16 * 1024)
    trimmer.feed(b'{"a":"' + b"x" * 16 * 1024)
    tracemalloc.start()
    try:
        assert sum(len(trimmer.feed(b"x" * 8192)) for _ in range(200)) == 200 * 8192
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()
