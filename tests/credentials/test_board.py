"""The board of tokens: each process reads the tokens that the others write."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.credentials import board as module
from plugin_gateway.credentials.board import RING_BYTES, UNIT_BYTES, Board, open_board
from tests.bounds import BOUND_S

ROOM = RING_BYTES // UNIT_BYTES


@pytest.fixture
def shared() -> Iterator[int]:
    descriptor = open_board()
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make the ring small; return how many short tokens it has room for."""
    monkeypatch.setattr(module, "RING_BYTES", 96 * UNIT_BYTES)
    return 96


def texts(found: tuple[int, list[Any]]) -> list[str]:
    return [written.text for written in found[1]]


def test_a_written_entry_is_read_with_its_expiry_time() -> None:
    board = Board()
    assert board.read() == (0, [])
    before = board.end
    board.write("one", 7.5)
    place = board.write("two", 8.5)
    assert board.end != before
    end, (one, two) = board.read()
    assert end == board.end
    assert (one.text, one.until_s) == ("one", 7.5)
    assert two == (place, "two", 8.5)


def test_a_read_from_a_position_returns_only_newer_entries() -> None:
    board = Board()
    board.write("one", 1.0)
    end, _ = board.read()
    board.write("two", 1.0)
    assert texts(board.read(end)) == ["two"]
    assert texts(board.read(board.end)) == []


def test_a_token_written_by_another_process_is_read(shared: int) -> None:
    board = Board(shared)
    code = f"from plugin_gateway.credentials.board import Board; Board({shared}).write('theirs', 1.0)"
    subprocess.run([sys.executable, "-c", code], pass_fds=(shared,), check=True, timeout=BOUND_S)
    assert texts(board.read()) == ["theirs"]
    board.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process in /proc")
def test_on_linux_the_tokens_are_on_no_disk_and_no_program_that_is_started_gets_them(shared: int) -> None:
    assert str(Path(f"/proc/self/fd/{shared}").readlink()).startswith("/memfd:plugin-gateway-tokens")
    assert not os.get_inheritable(shared)


def test_where_memory_has_no_descriptor_an_unnamed_file_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", "darwin")
        descriptor = open_board()
    writer, reader = Board(descriptor), Board(descriptor)
    writer.write("one", 1.0)
    assert texts(reader.read()) == ["one"]
    writer.close()
    reader.close()
    os.close(descriptor)


def test_as_many_tokens_as_issuers_of_several_workers_hold_are_on_the_board() -> None:
    board = Board()
    places = [board.write(f"token-{number}", 1.0) for number in range(ROOM)]
    assert len(texts(board.read())) == ROOM >= 8 * 4096
    assert board.holds(places[0])


@pytest.mark.parametrize("size", [1, 500, UNIT_BYTES, 3000, 16 * 1024])
def test_the_oldest_tokens_make_room_and_the_newest_are_whole(size: int, small: int) -> None:
    board = Board()
    end, seen, last = 0, 0, ""
    for number in range(5 * small * UNIT_BYTES // max(size, UNIT_BYTES)):
        last = f"{number:x}".rjust(size, "x")[-size:]
        board.write(last, float(number))
        if number % 3 == 0:
            end, found = board.read(end)
            seen += len(found)
    assert seen == number // 3 * 3 + 1
    found = board.read()[1]
    assert [written.until_s for written in found] == [
        float(each) for each in range(number - len(found) + 1, number + 1)
    ]
    assert found[-1].text == last
    assert len(found) * max(size, UNIT_BYTES) > small * UNIT_BYTES // 3
    assert not board.holds(0)
    assert all(board.holds(written.place) for written in found)


def test_a_reader_that_was_left_behind_goes_on_at_the_oldest_token(small: int) -> None:
    board = Board()
    board.write("first", 1.0)
    end, _ = board.read()
    for number in range(small + 5):
        board.write(f"token-{number}", 1.0)
    assert texts(board.read(end)) == texts(board.read())


def test_a_reader_that_writers_always_overtake_returns_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_TRIES", 3)
    board = Board()
    passes: list[int] = []

    def overtaken(at: int, end: int) -> list[Any]:
        passes.append(at)
        assert len(passes) < 9
        board._head[0] += UNIT_BYTES
        return []

    monkeypatch.setattr(board, "_between", overtaken)
    assert board.read() == (0, [])
    assert len(passes) == 3


def test_a_token_that_a_writer_is_overwriting_is_read_without_an_error() -> None:
    board = Board()
    place = board.write("one", 1.0)
    board._put(place, 3, 1.0, b"\xff\xfe\xfd")
    assert texts(board.read()) == ["\ufffd" * 3]


def test_an_entry_that_a_dead_writer_left_unfinished_is_not_read() -> None:
    board = Board()
    board.write("one", 1.0)
    board._put(board.end, 3, 1.0, b"two")
    assert texts(board.read()) == ["one"]
    board.write("three", 1.0)
    assert texts(board.read()) == ["one", "three"]
