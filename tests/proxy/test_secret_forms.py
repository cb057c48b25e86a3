"""The forms of a secret."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
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


@pytest.mark.parametrize(
    "escape", [quote, quote_plus, json.dumps, html.escape, lambda text: json.dumps(text).replace("/", "\\/")]
)
def test_base64_of_what_was_escaped_holds_one_of_the_forms(escape: Callable[..., Any]) -> None:
    # A token endpoint is sent base64 of a client secret that was escaped for a form (RFC 6749, 2.3.1).
    secret = 'cLnt s3Cr"0f/5a+&=='
    for around in ("", "x", "xy"):
        digits = base64.b64encode(f"{around}{escape(secret)}{around}".encode())
        assert any(form in digits for form in forms_of(secret))


def test_wide_forms_have_both_sizes_and_byte_orders() -> None:
    assert wide_forms_of("ab") == (b"a\0b\0", b"\0a\0b", b"a\0\0\0b\0\0\0", b"\0\0\0a\0\0\0b")
