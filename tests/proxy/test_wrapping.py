"""Secrets that are split by zeros, line breaks or soft breaks are found all the same."""

from __future__ import annotations

import base64
import json
import quopri
from urllib.parse import quote

import pytest

from plugin_gateway.proxy.masking import Mask, MaskedBody
from plugin_gateway.proxy.wrapping import is_quoted, is_wrapped, open_end, unwrapped

SECRET = "sk+Live/8Fh2LqZx7VtR4m=="
MAIL = b"The first lines of some mail, as long as they come.\n" * 3 + SECRET.encode() + b"\nand some more after it" * 5


def assert_hidden(written: bytes, *, plain: bytes = SECRET.encode()) -> None:
    """The secret is covered completely, at once and in pieces of any size."""
    mask = Mask([SECRET])
    whole = mask.cover(written)
    assert len(whole) == len(written)
    assert whole != written
    for size in (1, 7, 64, 77, 1000):
        body = MaskedBody(mask)
        pieces = [body.feed(written[at : at + size]) for at in range(0, len(written), size)]
        assert b"".join(pieces) + body.finish() == whole
    digits = bytes(octet for octet in whole if octet not in b"\r\n \t\0")
    assert plain not in digits


def broken(data: bytes, width: int, separator: bytes) -> bytes:
    digits = base64.b64encode(data)
    return separator.join(digits[at : at + width] for at in range(0, len(digits), width))


SEPARATORS = [
    b"\n", b"\r\n", b"\n  ", b"\r\n\t", b"&#13;\n", b"&#10;", b"&#xD;&#xA;", b"\\n", b"\\r\\n", b"\\\\n", b"\\u000a", b"%0A", b"%0d%0a",
]  # fmt: skip


@pytest.mark.parametrize("separator", SEPARATORS, ids=repr)
@pytest.mark.parametrize("width", [60, 64, 76])
@pytest.mark.parametrize("before", range(0, 60, 7))
def test_base64_in_lines_shows_no_secret(separator: bytes, width: int, before: int) -> None:
    data = MAIL[:before] + SECRET.encode() + MAIL
    written = broken(data, width, separator)
    covered = Mask([SECRET]).cover(b"<" + written + b">")[1:-1]
    assert len(covered) == len(written)
    digits, at = bytearray(), 0
    while at < len(written):
        if written.startswith(separator, at):
            at += len(separator)
        else:
            digits += covered[at : at + 1].replace(b"*", b"A")
            at += 1
    found, secret = base64.b64decode(digits), SECRET.encode()
    assert not any(secret[at : at + 6] in found for at in range(len(secret) - 5))


@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\\n"], ids=repr)
def test_base64_in_lines_shows_no_secret_however_it_is_cut_into_pieces(separator: bytes) -> None:
    assert_hidden(b"{" + broken(MAIL, 76, separator) + b"}", plain=base64.b64encode(MAIL)[204:230])


def test_json_in_lines_of_base64_within_json_shows_no_secret() -> None:
    inner = base64.encodebytes(json.dumps({"padding": "x" * 50, "key": SECRET}).encode()).decode()
    covered = Mask([SECRET]).cover(json.dumps({"content": inner}).replace("/", "\\/").encode())
    assert SECRET.encode() not in base64.b64decode(json.loads(covered.replace(b"*", b"A"))["content"])
    assert b"*" in covered


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16"])
@pytest.mark.parametrize(
    "text", [SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/"), base64.b64encode(SECRET.encode()).decode()]
)
def test_wide_text_shows_no_spelling_of_a_secret(encoding: str, text: str) -> None:
    written = f"key: {text}\n".encode(encoding)
    covered = Mask([SECRET]).cover(written)
    assert len(covered) == len(written)
    assert text[1:-3].encode() not in covered.replace(b"\0", b"")
    assert covered.replace(b"\0", b"").count(b"*") >= len(text) - 3


def test_quoted_printable_text_shows_no_secret() -> None:
    for before in range(80):
        written = quopri.encodestring(b"x" * before + b" " + SECRET.encode() + b" and more\n" * 3)
        covered = Mask([SECRET]).cover(written)
        assert SECRET.encode()[:-2] not in quopri.decodestring(covered)


@pytest.mark.parametrize("escape", ["%{:02x}", "&#{};", "\\u{:04x}"])
def test_lines_of_escapes_show_no_secret(escape: str) -> None:
    escapes = [escape.format(octet) for octet in SECRET.encode()]
    lines = "\n".join("".join(escapes[at : at + 12]) for at in range(0, len(escapes), 12)).encode()
    assert Mask([SECRET]).cover(lines) == b"*" * len(lines)


def test_an_encoded_word_of_a_mail_shows_no_secret() -> None:
    for charset in (b"utf-8", b"ISO-8859-1"):
        assert_hidden(b"=?" + charset + b"?Q?" + quopri.encodestring(b"K=E4se " + SECRET.encode(), header=True) + b"?=")
    key = "sk_Live_8Fh2LqZx7VtR4m_key_of_ours"
    word = "".join(one if one.isalnum() else f"={ord(one):02X}" for one in key).encode()
    for before in (b"", b"{x} "):
        written = before + b"=?utf-8?q?" + word + b"?= and ?a=5F"
        covered = before + b"=?utf-8?q?" + b"*" * len(word) + b"?= and ?a=5F"
        assert Mask([key]).cover(written) == covered
        for at in range(len(written)):
            body = MaskedBody(Mask([key]))
            assert body.feed(written[:at]) + body.feed(written[at:]) + body.finish() == covered


def test_the_beginning_of_an_encoded_word_waits_for_the_word() -> None:
    for beginning in (b"=?", b"=?utf-8?", b"=?utf-8?q?"):
        assert open_end(b"x " + beginning, 2 + len(beginning)) == 2
    assert open_end(b"=?utf-8?Q?", 10) == 0
    assert open_end(b"x ?utf-8?q?", 11) == 11
    assert Mask([SECRET]).tail(b"key =?utf-8?q?ab=5F") == 15


def test_a_soft_break_within_a_secret_does_not_let_its_first_half_go() -> None:
    written = SECRET[:10].encode() + b"=\r\n" + SECRET[10:].replace("=", "=3D").encode() + b" end"
    assert_hidden(written)


@pytest.mark.parametrize(
    "text",
    [
        b'{"id": 1,\n "name": "x"}\n',
        b"words of a text\nin lines\n",
        b"data: {}\n\n",
        b"a=41&b=50 and ?page=30\n",
        b'"he said \\"yes\\"\\n"',
        b"50%0A of it",
        b"&#13;\n",
        b"a1b2" * 8 + b" \n",
    ],
)
def test_a_text_of_the_usual_kind_is_not_wrapped(text: bytes) -> None:
    assert not is_wrapped(text)
    assert unwrapped(text, 100) == []


@pytest.mark.parametrize("text", [b"data: one\n\n", b'{"a":1}\n', b"word\n", b"\n", b"a1b2" * 8 + b"\n\n"])
def test_a_break_behind_anything_else_than_a_line_of_digits_is_not_waited_for(text: bytes) -> None:
    assert open_end(text, len(text)) == len(text)


@pytest.mark.parametrize("text", [b"a1b2" * 8 + b"\n", b"a1b2" * 8 + b"\r\n  ", b"soft=\r\n", b"soft=\n"])
def test_a_line_that_goes_on_is_waited_for(text: bytes) -> None:
    assert open_end(text, len(text)) == len(text.rstrip(b"\r\n "))


@pytest.mark.parametrize(
    "break_",
    [b"=\n", b"=\r\n", b"=\\n", b"=\\r\\n", b"=\\\\n", b"=3D", b"=C3=A4", b"=E2=82=AC", b"=D0=90", b"=?utf-8?Q?"],
    ids=repr,
)
def test_text_with_a_quoted_printable_escape_is_quoted_printable(break_: bytes) -> None:
    assert is_quoted(b"a word" + break_ + b"of text")


@pytest.mark.parametrize(
    "text", [b"a=b", b"a = b", b'a="b"', b"?a=C&b=Da", b"a=4D", b"words", b"a=", b"=\\", b"a=?b=?", b"=? ?q?"]
)
def test_text_with_other_equals_signs_is_not_quoted_printable(text: bytes) -> None:
    assert not is_quoted(text)


@pytest.mark.parametrize("words", [1, 1000])
@pytest.mark.parametrize(
    "break_",
    [b"\n", b"\r\n", b"\\n", b"\\r\\n", b"\\u000a", b"\\u000D\\u000A", b"%0A", b"%0d%0a", b"&#10;", b"&#xA;", b"&#XA;"],
    ids=repr,
)
def test_a_line_of_digits_that_ends_in_a_break_may_be_wrapped(break_: bytes, words: int) -> None:
    assert is_wrapped(b"text " * words + b"a1b2" * 8 + break_ + b"a1b2")
    assert not is_wrapped(b"text " * words + b"a1b2" * 5 + break_ + b"a1b2")


@pytest.mark.parametrize("escape", [b"\\t", b"%20", b"&amp;", b"&#65;", b" "], ids=repr)
def test_a_line_of_digits_before_another_escape_is_not_wrapped(escape: bytes) -> None:
    assert not is_wrapped(b"text " + b"a1b2" * 8 + escape + b"a1b2")


@pytest.mark.parametrize("escape", [b"\\u00e4", b"\\u0041", b"\\u20ac"], ids=repr)
def test_a_line_of_digits_before_an_escaped_letter_is_not_wrapped(escape: bytes) -> None:
    pytest.importorskip("ahocorasick_rs", reason="the fast extra is not installed")
    assert not is_wrapped(b"text " * 1000 + b"a1b2" * 8 + escape + b"a1b2")
