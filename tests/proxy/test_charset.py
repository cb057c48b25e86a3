"""Charsets in which the mask cannot search."""

from __future__ import annotations

import codecs
from contextlib import suppress
from encodings.aliases import aliases
from typing import TYPE_CHECKING

import pytest

from plugin_gateway.proxy.charset import hides_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

PRINTABLE = bytes(range(0x20, 0x7F)).decode()
# The mask searches for the octets of these, and no server but one in Python sends the others.
KNOWN = ("utf-16", "utf-32")
ONLY_PYTHONS = {"idna", "undefined", "unicode-escape", "utf-8-sig"}


def writes_as_ascii(name: str) -> bool:
    try:
        return PRINTABLE.encode(name) == PRINTABLE.encode()
    except UnicodeError:
        return False


def text_encodings() -> Iterator[str]:
    for name in sorted({*aliases, *aliases.values(), "cp875", "cp273", "mac_farsi", "mac_arabic", "utf_7"}):
        # Some aliases name an encoding of another system, or none.
        with suppress(LookupError):
            if codecs.lookup(name)._is_text_encoding:
                yield name


@pytest.mark.parametrize("name", [*text_encodings()])
def test_a_charset_of_python_hides_secrets_exactly_if_it_writes_ascii_in_other_octets(name: str) -> None:
    codec = codecs.lookup(name).name
    if codec in ONLY_PYTHONS:
        return
    hides = not writes_as_ascii(name) and not codec.startswith(KNOWN)
    assert hides_secrets(b"text/plain; charset=" + name.encode()) is hides


@pytest.mark.parametrize(
    "content_type",
    [
        b"text/plain;charset=UTF-7",
        b'text/plain; a=b; Charset = "utf-7"',
        b"text/plain; charset=utf-8; charset=unicode-1-1-utf-7",
        b"text/html; charset=csUnicode11UTF7",
        b"application/json; charset=IBM037",
        b"text/plain; charset=cp01140",
        b"text/plain; charset=x-IBM1047",
        b"text/plain; charset=EBCDIC-US",
    ],
)
def test_each_spelling_of_a_name_is_found(content_type: bytes) -> None:
    assert hides_secrets(content_type)


@pytest.mark.parametrize(
    "content_type", [b"", b"charset", b"text/utf-7", b"text/plain; charset=", b"a/b; charset=utf8mb4"]
)
def test_an_answer_without_such_a_charset_is_searched(content_type: bytes) -> None:
    assert not hides_secrets(content_type)
