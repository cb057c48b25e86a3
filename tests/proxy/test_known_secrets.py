"""One mask for all answers: what revisions and tokens add to it, and when it forgets."""

from plugin_gateway.credentials.board import Board
from plugin_gateway.proxy import known_secrets as module
from plugin_gateway.proxy.known_secrets import KnownSecrets


def test_the_secrets_of_a_revision_and_of_the_one_before_it_are_masked():
    known = KnownSecrets("first-secret")
    known.adopt(("second-secret",))
    assert known.mask.cover(b"first-secret second-secret") == b"*" * 12 + b" " + b"*" * 13


def test_the_mask_stays_the_same_object_while_nothing_is_added():
    known = KnownSecrets("first-secret", board=Board())
    mask = known.mask
    known.adopt(("first-secret",))
    assert known.mask is mask


def test_a_token_is_masked_from_the_moment_it_is_written_to_the_board():
    board = Board()
    known = KnownSecrets("first-secret", board=board)
    assert known.mask.cover(b"token-1234") == b"token-1234"
    board.write("token-1234")
    known.look()
    assert known.mask.cover(b"token-1234 first-secret") == b"*" * 10 + b" " + b"*" * 12


def test_what_nothing_has_any_more_is_forgotten_in_the_end(monkeypatch):
    monkeypatch.setattr(module, "_MOST_FORGOTTEN", 2)
    board = Board()
    known = KnownSecrets("old-secret-0", board=board)
    for number in range(1, 5):
        known.adopt((f"old-secret-{number}",))
    board.write("token-1234")
    known.look()
    text = b"old-secret-0 old-secret-4 token-1234"
    assert known.mask.cover(text) == b"old-secret-0 " + b"*" * 12 + b" " + b"*" * 10
