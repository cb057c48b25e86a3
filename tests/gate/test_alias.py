"""Aliases: the names that origins may read a segment as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.alias import MAX_DECODINGS, Unsafe, examine, fold, fold_plain, is_alias, readings

UNSAFE = {
    "dot": b".",
    "two dots": b"..",
    "three dots, cut by Windows": b"...",
    "encoded dot": b"%2e",
    "encoded dots": b"%2E%2e",
    "double-encoded dots": b"%252e%252e",
    "triple-encoded dots": b"%25252e%25252e",
    "mixed dots": b".%2e",
    "dots before an encoded semicolon": b"..%3bfoo",
    "dots before an encoded question mark": b"..%3fx",
    "dots before an encoded fragment": b"..%23",
    "dots and a blank": b"..%20",
    "overlong dot": b"%c0%ae%c0%ae",
    "overlong slash": b"a%c0%afb",
    "three-octet overlong slash": b"a%e0%80%afb",
    "overlong backslash": b"a%c1%9cb",
    "surrogate": b"%ed%a0%80",
    "lone octet": b"%ff",
    "fullwidth dots": b"%ef%bc%8e%ef%bc%8e",
    "fullwidth slash": b"a%ef%bc%8fb",
    "fullwidth backslash": b"a%ef%bc%bcb",
    "division slash": b"a%e2%88%95b",
    "fraction slash": b"a%e2%81%84b",
    "two dot leader": b"%e2%80%a5",
    "account of, a/c under NFKC": b"%e2%84%80",
    "encoded slash": b"a%2fb",
    "double-encoded slash": b"a%252Fb",
    "encoded backslash": b"a%5cb",
    "NUL": b"a%00",
    "double-encoded NUL": b"a%2500",
    "CRLF": b"a%0d%0ab",
    "tab": b"a%09",
    "DEL": b"a%7f",
    "C1 control": b"a%c2%85b",
    "encoded %u escape": b"a%25u002fb",
    "blank": b"%20",
    "plus, a blank in forms": b"+",
    "pluses and dots": b"+.+.",
    "blank before any format": b"%20.pdf",
    "plus before any format": b"+.pdf",
    "encoded dot before any format": b"%2e.pdf",
    "encoded dot before two formats": b"%2e.tar.gz",
    "a format before any format": b".json.x",
    "a format and a dot": b".json.",
    "a format and a fullwidth dot": b".json%ef%bc%8e",
    "no-break space": b"%c2%a0",
    "nothing but a format": b".json",
    "nothing but a format in capitals": b".JSON",
    "nothing but two formats": b".xml.html",
    "dots and a format": b"..json",
    "nothing before a semicolon": b"%3bx",
    "nothing before a question mark": b"%3fx",
    "encoded over and over": b"%25252525252e",
    "yen sign, a backslash in code page 932": b"a%c2%a5b",
    "won sign, a backslash in code page 949": b"a%e2%82%a9b",
    "acute accent, a slash in code page 1253": b"a%c2%b4b",
    "Arabic percent sign before hex": b"%d9%aa2e",
    "fullwidth percent sign before fullwidth hex": b"a%ef%bc%85%ef%bc%92%ef%bd%86b",
    "dots and an accent": b".%cc%87.",
    "dots around a zero-width space": b".%e2%80%8b.",
    "nothing but an accent": b"%cc%87",
    "nothing but a zero-width joiner": b"%e2%80%8d",
    "nothing but a byte order mark before a format": b"%ef%bb%bf.json",
}

SAFE = (
    b"42", b"a%20b", b"%E2%9C%93.txt", b"v1.2.3", b"..foo", b"a..b", b"100%25", b"a%2Bb", b"a+b", b"a:b@c", b"%7Euser",
    b"(a)'b!*", b"a,b=c", b"C%23", b"what%3F", b"a%3Bb", b"caf%C3%A9", b"%E6%97%A5%E6%9C%AC", b".gitignore", b"%F0%9F%90%B6",
    b"100%25user", b"50%EF%BC%85", b"I%CC%87", b"%D9%85%E2%80%8C%D8%A7", b"%C2%BD", b"foo...", b"@me", b"~", b"report.json",
)  # fmt: skip


@pytest.mark.parametrize("segment", UNSAFE.values(), ids=UNSAFE)
def test_a_segment_with_two_meanings_is_unsafe(segment: bytes) -> None:
    assert isinstance(examine(segment), Unsafe)


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (b"%ff", "percent-encoded octets that are not UTF-8"),
        (b"a%00", "a control character"),
        (b"a%2fb", "an encoded slash or backslash, or a character that turns into one"),
        (b"a%25u002fb", "a %u escape"),
        (b"%d9%aa2e", "a character that turns into a percent sign"),
        (b".json.", "a segment that some servers read as empty, `.` or `..`"),
        (b"%2e.pdf", "a segment that some servers read as empty, `.` or `..`"),
    ],
)
def test_the_reason_says_what_has_two_meanings(segment: bytes, reason: str) -> None:
    assert examine(segment) == Unsafe(reason)


def test_only_the_last_segment_may_hold_an_encoded_question_mark() -> None:
    assert examine(b"what%3F", is_last=False) == Unsafe("an encoded `?` or `#` before its end")
    assert examine(b"what%3F", is_last=True) is None


@pytest.mark.parametrize("segment", SAFE)
def test_a_plain_value_is_safe(segment: bytes) -> None:
    assert examine(segment) is None


@pytest.mark.parametrize(
    "segment",
    [
        b"export", b"EXPORT", b"%65xport", b"%65%78%70%6f%72%74", b"%2565xport", b"%252565xport", b"export.json", b"export.",
        b"export%20", b"%20export", b"export%3Bx", b"export%3fx", b"export%23", b"export:x", b"export+", b"export%2ejson",
        b"export.JSON", b"ex%EF%BD%90ort", b"export.csv.json", b"export%c2%a0", b"%c3%a9xport", b"e%cc%81xport",
        b"exp%c3%b8rt", b"EXP%c3%98RT", b"ex%cf%80ort", b"ex%ce%a0ort", b"ex%e2%80%8bport", b"%ef%bb%bfexport",
        b"export%cc%87", b"%25c3%25a9xport", b"export%d6%89x",
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_its_alias(segment: bytes) -> None:
    names = readings(segment)

    assert not isinstance(names, Unsafe)
    assert any(is_alias(name, "export") for name in names)


@pytest.mark.parametrize(
    "segment",
    [b"exports", b"exporter", b"my-export", b"export-1", b"export_2", b"xport", b"expo", b"exp%c3%a9rt", b"%c3%a9"],
)
def test_another_name_is_no_alias(segment: bytes) -> None:
    names = readings(segment)

    assert not isinstance(names, Unsafe)
    assert not any(is_alias(name, "export") for name in names)


def test_the_kelvin_sign_and_the_long_s_are_letters() -> None:
    assert fold("\u212aeys") == fold("KEYS") == fold("key\u017f") == "keys"


def test_decoding_stops_after_a_few_rounds() -> None:
    nested = b"%" + b"25" * 4000 + b"2e"

    assert examine(nested) == Unsafe("characters that are percent-encoded too many times")
    assert MAX_DECODINGS < 10
    assert examine(b"a%" + b"25" * (MAX_DECODINGS + 1)) == Unsafe("characters that are percent-encoded too many times")
    assert examine(b"a%" + b"25" * MAX_DECODINGS) is None


@given(st.text(alphabet="ABCXYZabcxyz019-_~.!$&'()*+,=:@", max_size=12))
def test_folding_plain_ascii_agrees_with_folding_any_text(text: str) -> None:
    assert fold_plain(text) == fold(text)


@given(st.binary(max_size=40))
def test_a_reading_of_percent_encoded_bytes_never_raises(octets: bytes) -> None:
    segment = b"".join(b"%%%02x" % octet for octet in octets)

    examine(segment)
    readings(segment)
