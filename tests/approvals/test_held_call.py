import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.approvals.held_call import (
    MOST_SHOWN_BODY,
    HeldCall,
    fingerprint_of,
    from_json,
    shown_body,
    shown_text,
    to_json,
)

parts = st.lists(st.binary(max_size=4), max_size=4)


@given(parts, parts)
def test_calls_of_different_parts_have_different_fingerprints(one: list[bytes], other: list[bytes]) -> None:
    assert (fingerprint_of(one) == fingerprint_of(other)) == (one == other)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("grün".encode(), "grün"),
        (b"\x1b[2J", "\\u{1b}[2J"),
        ("a\u202eb".encode(), "a\\u{202e}b"),
        ("a\u2066b\u200b".encode(), "a\\u{2066}b\\u{200b}"),
        (b"\xff", "\\xff"),
        (b"a\nb", "a\\u{a}b"),
    ],
)
def test_a_character_that_could_hide_or_reorder_others_is_escaped(octets: bytes, text: str) -> None:
    assert shown_text(octets) == text


@given(st.binary())
def test_a_shown_text_drives_no_terminal(octets: bytes) -> None:
    assert shown_text(octets).isprintable()
    assert shown_text(octets, line_ends=True).replace("\n", "").replace("\t", "").isprintable()


def test_a_long_text_says_that_it_is_cut() -> None:
    assert shown_text(b"a" * 10, 3) == "aaa… (10 bytes)"
    members = shown_body(b"a" * (MOST_SHOWN_BODY + 5))
    assert (members["body"], members["body_left_out"]) == ("a" * MOST_SHOWN_BODY, 5)


def test_a_call_passes_the_channel_unchanged() -> None:
    held = HeldCall(fingerprint="f", caller="ada", operation="op", method="POST", path="/p", fields=(("a", "b"),))
    assert from_json(to_json(held)) == held


@pytest.mark.parametrize("text", [b"[]", b"{}", b"x", b'{"x":1}', json.dumps({"fields": [1]}).encode()])
def test_a_text_that_is_not_a_held_call_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each text fails in another way
        from_json(text)
