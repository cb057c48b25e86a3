"""The board of tokens: what one process writes, the others read."""

import os
import subprocess
import sys

import pytest

from plugin_gateway.credentials.board import MOST_TOKENS, Board, open_board


@pytest.fixture
def shared():
    descriptor = open_board()
    yield descriptor
    os.close(descriptor)


def test_what_is_written_is_read_with_another_version():
    board = Board()
    before, tokens = board.read()
    assert tokens == []
    board.write("one")
    board.write("two")
    assert board.version != before
    assert board.read() == (board.version, ["one", "two"])


def test_a_token_written_by_another_process_is_read(shared):
    board = Board(shared)
    code = f"from plugin_gateway.credentials.board import Board; Board({shared}).write('theirs')"
    subprocess.run([sys.executable, "-c", code], pass_fds=(shared,), check=True, timeout=20)
    assert board.read()[1] == ["theirs"]
    board.close()


def test_the_oldest_token_makes_room():
    board = Board()
    for number in range(MOST_TOKENS + 1):
        board.write(f"token-{number}")
    tokens = board.read()[1]
    assert len(tokens) == MOST_TOKENS
    assert "token-0" not in tokens
    assert f"token-{MOST_TOKENS}" in tokens


def test_a_writer_that_died_half_way_is_not_waited_for():
    board = Board()
    board.write("one")
    board._memory[0] |= 1
    assert board.read()[1] == ["one"]
    board.write("two")
    assert board.read() == (board.version, ["one", "two"])
    assert board.version % 2 == 0
