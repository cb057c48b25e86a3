"""Which forms a secret has, and which octets an escape stands for."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.spelling import EscapeFinder, escapes_at, forms_of, wide_forms_of


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (b"%41", b"A"),
        (b"%2f", b"/"),
        (b"\\u0041", b"A"),
        (b"\\u00e4", "ä".encode()),
        (b"\\uD83D\\uDE00", "😀".encode()),
        (b"\\x41", b"A"),
        (b"\\/", b"/"),
        (b"\\n", b"\n"),
        (b'\\"', b'"'),
        (b"&#65;", b"A"),
        (b"&#0065;", b"A"),
        (b"&#x41;", b"A"),
        (b"&#X00041", b"A"),
        (b"&amp;", b"&"),
        (b"&plus;", b"+"),
        (b"&Aacute;", "Á".encode()),
        (b"%2541", b"A"),
        (b"%252541", b"A"),
        (b"\\\\\\\\u0041", b"A"),
        (b"&amp;amp;#65;", b"A"),
    ],
)
def test_an_escape_stands_for_its_octets(written, octets):
    assert (octets, len(written)) in escapes_at(b"<" + written + b">", 1) or (
        octets,
        len(written) + 1,
    ) in escapes_at(b"<" + written + b">", 1)


@pytest.mark.parametrize(
    "written",
    [b"A", b"%4", b"%zz", b"\\u004", b"\\q", b"&#;", b"&#x;", b"&nosuchname;", b"\\ud800", b"&#1114112;", b""],
)
def test_what_is_no_escape_stands_for_nothing(written):
    assert escapes_at(written, 0) == []


@given(
    st.text(min_size=6, max_size=30).filter(lambda text: "\0" not in text and text.isprintable()), st.binary(max_size=5)
)
def test_base64_of_anything_around_a_secret_holds_one_of_its_forms(secret, around):
    digits = base64.b64encode(around + secret.encode() + around[::-1])
    assert any(form in digits for form in forms_of(secret))


def test_a_secret_of_latin_letters_has_a_narrow_form_too():
    assert "schlüssel".encode("latin-1") in forms_of("schlüssel")
    assert "schlüssel€".encode() in forms_of("schlüssel€")


def test_a_blank_may_be_a_plus_as_forms_write_it():
    assert b"two+words" in forms_of("two words")


def test_wide_forms_have_both_byte_orders():
    assert wide_forms_of("ab") == {b"a\0b\0", b"\0a\0b"}


@pytest.mark.parametrize(
    ("introducer", "text", "is_found"),
    [
        (b"%", b"ab%63d", True),
        (b"%", b"xx%63d", False),
        (b"%", b"ab%63x", False),
        (b"%", b"ab%63%64", True),
        (b"%", b"ab%2563d", True),
        (b"%", b"ab%20d", False),
        (b"\\", b"ab\\u0063d", True),
        (b"\\", b"ab\\nd", False),
        (b"&", b"ab&#99;d", True),
        (b"&", b"ab&#x63;d", True),
        (b"&", b"ab&#999;d", False),
        (b"&", b"ab&amp;d", False),
    ],
)
def test_only_escapes_between_fitting_neighbours_are_looked_into(introducer, text, is_found):
    finder = EscapeFinder(introducer, [b"abcdef"])
    assert (finder.pattern.search(text) is not None) is is_found
