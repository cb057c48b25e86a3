"""A memo keeps repeated messages of peers, within bounds that no peer can exceed."""

from __future__ import annotations

import pytest

from plugin_gateway.proxy.memo import Memo


def test_a_key_is_kept_when_it_comes_again() -> None:
    memo = Memo[int]()
    memo.offer(b"a", 1)
    assert memo.entries == {}
    memo.offer(b"a", 2)
    assert memo.entries == {b"a": 2}


def test_keys_that_come_once_push_nothing_out() -> None:
    memo = Memo[int]()
    memo.offer(b"a", 1)
    memo.offer(b"a", 1)
    for number in range(100_000):
        memo.offer(b"%d" % number, number)
    assert b"a" in memo.entries
    # Two keys with the same hash look like one key seen twice; few of the hashes at one index are the same.
    assert len(memo.entries) < 10


@pytest.mark.parametrize(("memo", "most"), [(Memo(), 512), (Memo(16), 16)])
def test_entries_and_keys_are_bounded(memo: Memo[int], most: int) -> None:
    for number in range(3000):
        memo.offer(b"%d" % number, number)
        memo.offer(b"%d" % number, number)
        assert len(memo.entries) <= most
    before = dict(memo.entries)
    for _ in range(3):
        memo.offer(b"x" * 2049, 0)
    assert memo.entries == before
