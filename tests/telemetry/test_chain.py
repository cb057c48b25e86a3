import hashlib
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin_gateway.telemetry.chain import START, ChainEnd, append, breaks_in, read_head

ENTRIES = st.lists(st.dictionaries(st.sampled_from(["a", "b", "reason"]), st.text(max_size=4)), min_size=1, max_size=8)


def chain(entries: list[dict[str, Any]]) -> tuple[list[bytes], ChainEnd]:
    text, head = append(START, entries)
    return text.splitlines(), head


def found(lines: list[bytes], head: ChainEnd | None, first: ChainEnd = START) -> list[int]:
    return [one.line for one in breaks_in(lines, first=first, last=head)]


@given(ENTRIES, ENTRIES)
def test_a_chain_that_two_writers_continue_is_whole(one: list[dict[str, Any]], two: list[dict[str, Any]]) -> None:
    first, head = append(START, one)
    second, head = append(head, two)
    assert found((first + second).splitlines(), head) == []
    assert head.lines == len(one) + len(two)


@given(ENTRIES, st.data())
def test_each_removed_line_is_found_and_no_other_break(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    lines, head = chain(entries)
    at = data.draw(st.integers(0, len(lines) - 1))
    rest = lines[:at] + lines[at + 1 :]
    assert found(rest, head) == [at + 1 if at < len(rest) else 0]


@given(ENTRIES, st.data())
def test_each_changed_octet_is_found(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    lines, head = chain(entries)
    at = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[at]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda octet: octet != 0x0A))
    assume(other != lines[at][place])
    lines[at] = lines[at][:place] + bytes((other,)) + lines[at][place + 1 :]
    assert found(lines, head)


@given(ENTRIES, st.data())
def test_two_lines_in_the_other_order_are_found(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    lines, head = chain(entries)
    assume(len(lines) > 1)
    at = data.draw(st.integers(0, len(lines) - 2))
    lines[at : at + 2] = lines[at + 1], lines[at]
    assert found(lines, head)


@given(ENTRIES, st.integers(1, 9))
def test_lines_behind_the_head_are_found(entries: list[dict[str, Any]], more: int) -> None:
    lines, _ = chain(entries)
    first, head = append(START, entries)
    later, _ = append(head, [{}] * more)
    [one] = breaks_in((first + later).splitlines(), first=START, last=head)
    counted = "1 line follows" if more == 1 else f"{more} lines follow"
    assert (one.line, one.message) == (0, f"{counted} the last one that the head records")
    assert len(lines) == head.lines


def test_a_chain_that_begins_in_an_older_file_needs_its_end() -> None:
    older, middle = chain([{}, {}])
    newer, head = append(middle, [{}])
    [one] = breaks_in(newer.splitlines(), first=START, last=head)
    assert one.message == "lines 1 to 2 are missing before line 3"
    assert "--from" in one.hint
    assert found(newer.splitlines(), head, first=middle) == []
    assert found(older + newer.splitlines(), head) == []


def test_a_line_cannot_set_its_own_place() -> None:
    [line], head = chain([{"seq": 7, "prev": "me"}])
    entry = orjson.loads(line)
    assert (entry["prev"], head.sha256) == (START.sha256, hashlib.sha256(line).hexdigest())
    assert found([line], head) == []


def test_a_file_without_a_known_end_is_checked_to_its_last_line() -> None:
    lines, _ = chain([{}, {}, {}])
    assert found(lines[:2], None) == []
    assert found(lines[1:], None) == [1]


@pytest.mark.parametrize("text", ["", "7", "x:" + "0" * 64, "7:" + "0" * 63, "7:" + "G" * 64])
def test_other_text_is_not_read_as_a_head(text: str) -> None:
    assert read_head(text) is None


@given(st.integers(0, 10**9), st.binary(min_size=32, max_size=32))
def test_a_head_is_read_as_it_was_written(lines: int, digest: bytes) -> None:
    head = ChainEnd(lines, digest.hex())
    assert read_head(f"{head}  \n") == head
