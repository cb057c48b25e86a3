"""One mask for all answers: revisions and tokens add secrets to it, and it forgets expired ones."""

from hashlib import sha256
from typing import Any

import pytest

from plugin_gateway.credentials.board import RING_BYTES, Board
from plugin_gateway.proxy import known_secrets as module
from plugin_gateway.proxy.known_secrets import KnownSecrets


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Any]:
    class Clock:
        now_s = 1000.0

    monkeypatch.setattr(module, "monotonic", lambda: Clock.now_s)
    return Clock


def test_the_secrets_of_a_revision_and_of_the_one_before_it_are_masked() -> None:
    known = KnownSecrets("first-secret")
    known.adopt(("second-secret",))
    assert known.mask.cover(b"first-secret second-secret") == b"*" * 12 + b" " + b"*" * 13


def test_the_mask_stays_the_same_object_while_nothing_is_added() -> None:
    known = KnownSecrets("first-secret", board=Board())
    mask = known.mask
    known.adopt(("first-secret",))
    known.look()
    assert known.mask is mask


def test_a_token_is_masked_from_the_moment_it_is_written_to_the_board(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets("first-secret", board=board)
    before = known.mask
    assert before.cover(b"token-1234") == b"token-1234"
    board.write("token-1234", 2000.0)
    known.look()
    assert known.mask is not before
    assert known.mask.cover(b"token-1234 first-secret") == b"*" * 10 + b" " + b"*" * 12


def test_every_token_that_lives_is_masked_however_many_there_are(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets(board=board)
    tokens = [f"token-{sha256(b'%d' % number).hexdigest()}" for number in range(1000)]
    for token in tokens:
        board.write(token, 2000.0)
    known.look()
    assert known.mask.cover(" ".join(tokens).encode()).replace(b"*", b"").strip() == b""


def test_a_token_that_has_expired_is_forgotten_when_another_is_written(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets("first-secret", board=board)
    board.write("token-1234", 1500.0)
    board.write("token-5678", 2500.0)
    known.look()
    clock.now_s = 2000.0
    board.write("token-9999", 2500.0)
    known.look()
    assert known.mask.secrets == {"first-secret", "token-5678", "token-9999"}


def test_a_token_that_is_written_again_lives_as_long_as_is_said_last(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets(board=board)
    board.write("token-1234", 2500.0)
    board.write("token-1234", 1500.0)
    known.look()
    clock.now_s = 2000.0
    board.write("token-5678", 2500.0)
    known.look()
    assert known.mask.secrets == {"token-1234", "token-5678"}


def test_a_token_that_is_written_again_with_a_later_end_lives_until_then(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets(board=board)
    for until_s in (1500.0, 2500.0, 2500.0):
        board.write("token-1234", until_s)
    known.look()
    clock.now_s = 2000.0
    board.write("token-5678", 2100.0)
    known.look()
    assert known.mask.secrets == {"token-1234", "token-5678"}
    clock.now_s = 3000.0
    board.write("token-9999", 3100.0)
    known.look()
    assert known.mask.secrets == {"token-9999"}


def test_a_token_is_forgotten_at_the_moment_it_ends(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets(board=board)
    board.write("token-1234", 1000.0)
    board.write("token-5678", 1500.0)
    known.look()
    assert known.mask.secrets == {"token-5678"}
    clock.now_s = 1500.0
    board.write("token-9999", 2500.0)
    known.look()
    assert known.mask.secrets == {"token-9999"}


def test_a_token_that_is_a_secret_of_a_revision_too_is_not_forgotten_with_the_token(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets("token-1234", board=board)
    board.write("token-1234", 1500.0)
    known.look()
    clock.now_s = 2000.0
    board.write("token-5678", 1500.0)
    known.look()
    assert known.mask.secrets == {"token-1234"}


def test_a_token_that_was_good_no_longer_when_a_worker_began_is_not_masked(clock: type[Any]) -> None:
    board = Board()
    board.write("token-1234", 500.0)
    known = KnownSecrets(board=board)
    known.look()
    assert known.mask.is_idle


def test_no_more_tokens_are_masked_than_the_board_has_room_for(clock: type[Any]) -> None:
    board = Board()
    known = KnownSecrets(board=board)
    board.write("token-1234", 2000.0)
    known.look()
    for number in range(RING_BYTES // 1024):
        board.write("token-5678" if number else "token-9999", 2000.0)
    known.look()
    assert known.mask.secrets == {"token-5678", "token-9999"}


def test_secrets_of_former_revisions_are_forgotten_in_the_end() -> None:
    known = KnownSecrets("old-secret-0")
    for number in range(1, 515):
        known.adopt((f"old-secret-{number}",))
    assert known.mask.secrets == {f"old-secret-{number}" for number in range(2, 515)}


def test_a_secret_that_every_revision_has_stays_masked() -> None:
    known = KnownSecrets()
    for number in range(600):
        known.adopt(("lasting-secret", f"old-secret-{number}"))
    assert len(known.mask.secrets) == 514
    assert "lasting-secret" in known.mask.secrets


def test_without_a_board_a_look_changes_nothing() -> None:
    known = KnownSecrets("first-secret")
    mask = known.mask
    known.look()
    assert known.mask is mask


def test_known_secrets_are_empty_only_without_a_secret_and_without_a_board_of_tokens() -> None:
    assert KnownSecrets().is_none
    assert not KnownSecrets("first-secret").is_none
    assert not KnownSecrets(board=Board()).is_none
