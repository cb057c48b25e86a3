"""Illegal octets: the client learns which one, where it stands, and what to write instead."""

import re
import string

import pytest

from plugin_gateway.gate.illegal import find_illegal

LETTERS = re.compile(rb"[a-z]*+")
PERCENT_ENCODE = "Percent-encode UTF-8 octets."


@pytest.mark.parametrize("character", sorted({*string.punctuation} - {*"%#"}))
def test_a_printable_character_is_shown_with_its_escape(character: str) -> None:
    escape = "%" + character.encode().hex().upper()
    assert find_illegal(LETTERS, b"ab" + character.encode(), {}) == (
        f"`{character}` at offset 2",
        f"Write it as {escape}.",
    )


@pytest.mark.parametrize("octet", [b" ", b"\x00", b"\n", b"\x7f", b"\x80", b"\xff"])
def test_an_octet_that_cannot_be_shown_is_described(octet: bytes) -> None:
    what = "a blank, a control character or a byte outside ASCII at offset 0"
    assert find_illegal(LETTERS, octet + b"a" + octet, {}) == (what, PERCENT_ENCODE)


@pytest.mark.parametrize(
    ("octet", "what", "hint"),
    [
        (b"%", "a `%` that does not begin an escape", "Write a percent sign as %25."),
        (b"#", "a fragment", "Leave the fragment out, or write a literal `#` as %23."),
    ],
)
def test_an_octet_with_a_meaning_is_called_by_it(octet: bytes, what: str, hint: str) -> None:
    assert find_illegal(LETTERS, b"a" + octet, {}) == (f"{what} at offset 1", hint)


def test_a_hint_of_the_place_goes_before_the_general_one() -> None:
    own = {ord(";"): ("a separator", "Leave it out.")}
    assert find_illegal(LETTERS, b"a;b", own) == ("a separator at offset 1", "Leave it out.")
    assert find_illegal(LETTERS, b"a!b;", own) == ("`!` at offset 1", "Write it as %21.")
