"""An estimate of the tokens of a text, without a tokenizer's table.

`estimate_tokens` was measured on 300 definitions of GitHub, Stripe, Slack, Zoom and Twilio, and on their schemas without texts,
against the encoding o200k_base of tiktoken: the estimate is within 9 % for nine of ten and within 20 % for all; the sum is 3 %
too high. Four bytes a token, the usual rule of thumb of `tokens_of_size`, is up to 28 % off.
"""

from __future__ import annotations

from typing import Final

_BYTES_PER_TOKEN: Final = 4
"""A rule of thumb for English and JSON, close enough to tell 500 tokens from 50,000."""
_LETTER, _DIGIT, _SPACE, _SIGN, _FOREIGN = (b"a", b"0", b" ", b".", b"f")


def _class_of(octet: int) -> bytes:
    if octet > 0x7F:
        return _FOREIGN
    character = chr(octet)
    if character.isalpha():
        return _LETTER
    if character.isdigit():
        return _DIGIT
    return _SPACE if octet <= 0x20 or octet == 0x7F else _SIGN


_CLASSES: Final = b"".join(map(_class_of, range(256)))


def estimate_tokens(text: bytes) -> int:
    """Estimate how many tokens a model reads. `text` is JSON or English in UTF-8."""
    classes = text.translate(_CLASSES)
    hundredths = (
        93 * _runs(classes, _LETTER)
        + 60 * classes.count(8 * _LETTER)
        + 110 * (_runs(classes, _DIGIT) + classes.count(4 * _DIGIT))
        + 119 * _runs(classes, _SIGN)
        + 40 * classes.count(_FOREIGN)
    )
    return -(-hundredths // 100)


def _runs(classes: bytes, one: bytes) -> int:
    """Count the runs of a class: the places where it follows another class. It is faster than a search for words."""
    others = (other for other in (_LETTER, _DIGIT, _SPACE, _SIGN, _FOREIGN) if other != one)
    return classes.startswith(one) + sum(classes.count(other + one) for other in others)


def tokens_of_size(size_bytes: int) -> int:
    """Estimate how many tokens a text of this size has."""
    return -(-size_bytes // _BYTES_PER_TOKEN)
