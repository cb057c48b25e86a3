import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.shape.cut import LEFT_OUT, Branch, both, cut_value, dropped, kept, limited
from plugin_gateway.shape.trim import NotJsonError, Trimmer, last_end, trim

NAMES = st.sampled_from(["a", "b", "A", "secret", "é", "a.b", "a/b", "", '"', "\\", "{,}", "\U0001f600"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)
POINTERS = st.lists(st.lists(NAMES | st.just("*"), min_size=1, max_size=4).map(tuple), max_size=4)
LIMITS = st.lists(st.tuples(st.lists(NAMES | st.just("*"), max_size=3).map(tuple), st.integers(0, 3)), max_size=2)


@st.composite
def branches(draw: st.DrawFn) -> Branch:
    keeps = draw(st.booleans())
    branch = kept(draw(POINTERS)) if keeps else dropped(draw(POINTERS))
    if draw(st.booleans()):
        branch = both(branch, dropped(draw(POINTERS)))
    return both(branch, limited(draw(LIMITS)))


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """JSON with or without blanks and escapes."""
    value = draw(JSON)
    indent = draw(st.none() | st.integers(0, 2))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: "), ("\r\n , ", " :")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=indent, separators=separators)
    return draw(st.sampled_from(["", " ", "\ufeff"])).encode() + text.encode() + draw(st.sampled_from([b"", b"\n"]))


def streamed(text: bytes, branch: Branch, piece: int, most_held: int) -> bytes:
    trimmer = Trimmer(branch, most_held)
    parts = [trimmer.feed(text[at : at + piece]) for at in range(0, len(text), piece)]
    return b"".join((*parts, trimmer.finish()))


def expected(text: bytes, branch: Branch) -> Any:
    value = cut_value(json.loads(text.decode("utf-8-sig")), branch)
    return None if value is LEFT_OUT else value


@given(text=texts(), branch=branches())
def test_a_whole_text_is_cut_like_its_value(text: bytes, branch: Branch) -> None:
    assert json.loads(trim(text, branch)) == expected(text, branch)


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


@given(
    text=texts(),
    branch=branches(),
    at=st.integers(0, 200),
    octet=st.sampled_from(list(b'{}[]",:\\0x \xff\x00')),
    piece=st.integers(1, 40),
    most_held=st.integers(1, 60),
)
def test_what_comes_out_is_json_or_ends_in_an_error(
    text: bytes, branch: Branch, at: int, octet: int, piece: int, most_held: int
) -> None:
    changed = text[:at] + bytes([octet]) + text[at + 1 :]
    try:
        written = streamed(changed, branch, piece, most_held)
    except NotJsonError:
        return
    assert json.loads(written) == expected(changed, branch)


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
def test_a_name_is_found_however_it_is_spelt(text: bytes, written: bytes, most_held: int) -> None:
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


@pytest.mark.parametrize("text", [b'"ok"', b"7", b"true"])
def test_a_text_of_which_nothing_is_kept_becomes_null(text: bytes) -> None:
    assert trim(text, kept([("a",)])) == b"null"
    assert trim(text, dropped([("a",)])) == text


def test_a_number_without_end_is_an_error() -> None:
    with pytest.raises(NotJsonError):
        streamed(b"[" + b"1" * 2 * 1024 * 1024, dropped([("a",)]), 64 * 1024, 64)


def test_the_pieces_of_a_long_array_go_on_while_it_streams() -> None:
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


def test_text_that_is_nested_very_deeply_is_not_searched_level_by_level() -> None:
    with pytest.raises(NotJsonError):
        last_end(b"[" * 5000, 0)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (b"1,2,3", 3),
        (b'"a,b",[1,2],{"c":[', 11),
        (b'"k":1,"l":{"m":2},"n', 17),
        (b"1]", 1),
        (b'{"a":[1,2', -1),
        (b'"a,', -1),
        (b"[[[[[[[[[[1]]]]]]]]]],2", 21),
    ],
)
def test_the_last_complete_item_ends_at_a_comma_or_a_bracket(text: bytes, end: int) -> None:
    assert last_end(text, 0) == end
