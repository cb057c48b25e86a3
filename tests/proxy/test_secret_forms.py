"""The forms of a secret."""

from __future__ import annotations

import base64
import html
import json
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.secret_forms import forms_of, wide_forms_of

if TYPE_CHECKING:
    from collections.abc import Callable


@given(
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=6, max_size=30),
    st.binary(max_size=5),
)
def test_base64_of_anything_around_a_secret_holds_one_of_its_forms(secret: str, around: bytes) -> None:
    digits = base64.b64encode(around + secret.encode() + around[::-1])
    assert any(form in digits for form in forms_of(secret))


def test_a_secret_of_latin_letters_has_a_narrow_form_too() -> None:
    assert "schlüssel".encode("latin-1") in forms_of("schlüssel")
    assert "schlüssel€".encode() in forms_of("schlüssel€")


def test_a_blank_may_be_a_plus_as_forms_write_it() -> None:
    assert b"two+words" in forms_of("two words")


def test_hexadecimal_digits_may_have_either_case() -> None:
    assert {b"6a6f6b65722d6b6579", b"6A6F6B65722D6B6579"} <= {*forms_of("joker-key")}


def in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def in_json_of_a_script(text: str) -> str:
    return in_json(text).replace("/", "\\/")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize(
    "escape", [str, quote, partial(quote, safe=""), quote_plus, html.escape, in_json, in_json_of_a_script]
)
def test_every_digit_of_base64_that_is_certain_is_in_a_form(
    escape: Callable[[str], str], encode: Callable[[bytes], bytes]
) -> None:
    # A token endpoint is sent base64 of a client secret that was escaped for a form (RFC 6749, 2.3.1).
    secret = 'cLnt s3Cr"0f/5a+&==~~~~~'
    for around in ("", "x", "xy"):
        digits = encode(f"{around}{escape(secret)}{around}".encode())
        # The octets around the secret take part in its first and last digits.
        first, last = -(-8 * len(around) // 6), 8 * len(around + escape(secret)) // 6
        assert digits[first:last] in forms_of(secret)


def test_wide_forms_have_both_sizes_and_byte_orders() -> None:
    assert wide_forms_of("ab") == (b"a\0b\0", b"\0a\0b", b"a\0\0\0b\0\0\0", b"\0\0\0a\0\0\0b")
