"""The text of a secret, without the white space that editors and shells add, and with only characters that its place can carry.

Messages never repeat the secret. They name an invisible character by its code point and position.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final

from plugin_gateway.config.mistake import Mistake

_BYTE_ORDER_MARK: Final = "\ufeff"
_BLANK: Final = " \t\r\n"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Zl", "Zp", "Zs"})
"""Categories of control, format and private-use characters, and of separators; of these only a space is allowed."""
_COOKIE_OCTETS: Final = re.compile(r"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+")  # RFC 6265, 4.1.1
_SCHEME: Final = re.compile(r"(bearer|basic|token)[ \t]", re.IGNORECASE)


class SecretPlace(Enum):
    """Where the gateway sends a secret, which decides the characters that it can have."""

    ANYWHERE = "anywhere"
    """In base64, in a form or percent-encoded."""
    FIELD = "field"
    """The value of a header field (RFC 9110, 5.5)."""
    BEARER = "bearer"
    """After `Bearer` in Authorization (RFC 6750, 2.1)."""
    COOKIE = "cookie"
    """A cookie's value."""


def decode(content: bytes, name: str) -> str:
    """Return the text of the file called `name`.

    Raises:
        Mistake: the content is not UTF-8.

    """
    hint = "save it as UTF-8, for example with `Set-Content -Encoding ascii` in PowerShell"
    if content.startswith(_UTF_16):
        raise Mistake("secret-unusable", f"`{name}` is UTF-16 text", hint=hint)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Mistake("secret-unusable", f"`{name}` is not UTF-8 text", hint=hint) from None


def cleaned(text: str, place: SecretPlace = SecretPlace.ANYWHERE, *, header: str = "") -> str:
    """Return the secret without the byte order mark and white space around it.

    `header` is the name of its field, if the config gives one.

    Raises:
        Mistake: the secret is empty, or contains a character that its place cannot carry.

    """
    text = text.removeprefix(_BYTE_ORDER_MARK).strip(_BLANK)
    if not text:
        raise Mistake("secret-empty", "the secret is empty", hint="write the key there before the gateway starts")
    lines = len(re.split(r"\r\n|\r|\n", text))
    if lines > 1:
        raise Mistake("secret-unusable", f"the secret has {lines} lines", hint="keep only the line with the key")
    if "\0" in text:
        hint = "save it as UTF-8 text: UTF-16 and binary files have such characters"
        raise Mistake("secret-unusable", "the secret holds NUL characters", hint=hint)
    for number, character in enumerate(text, 1):
        if character != " " and (unicodedata.category(character) in _INVISIBLE or "\ud800" <= character <= "\udfff"):
            what = f"character {number} of the secret is U+{ord(character):04X}, which is invisible"
            raise Mistake("secret-unusable", what, hint="type the key again, or copy it as plain text")
    if place is SecretPlace.BEARER:
        _judge_bearer(text)
    elif place is SecretPlace.COOKIE and not _COOKIE_OCTETS.fullmatch(text):
        message = "the secret has a character that no cookie can carry (RFC 6265, 4.1.1)"
        hint = "encode spaces, quotes, commas, semicolons, backslashes and non-ASCII characters as the API requires"
        raise Mistake("secret-unusable", message, hint=hint)
    elif place is SecretPlace.FIELD and header and re.match(rf"{re.escape(header)}[ \t]*:", text, re.IGNORECASE):
        message = f"the secret begins with the name of its header, `{header}:`"
        raise Mistake("secret-unusable", message, hint="remove it: the gateway writes the name")
    return text


def _judge_bearer(text: str) -> None:
    if (scheme := _SCHEME.match(text)) and (word := scheme[1].capitalize()):
        hint = (
            "remove it: the gateway writes `Bearer`"
            if word == "Bearer"
            else "for another scheme write {header: Authorization, value: …}"
        )
        raise Mistake("secret-unusable", f"the secret begins with `{word}`", hint=hint)
    if not text.isascii() or " " in text:
        message = "the secret has a space or a non-ASCII character, which no bearer token can have (RFC 6750, 2.1)"
        raise Mistake(
            "secret-unusable", message, hint="for another kind of key write {header: Authorization, value: …}"
        )
