"""A word: the stem under which a ranking counts it, and the stems of words that mean the same."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from plugin_gateway.ranking.lexicon import ABBREVIATIONS, OTHER_MEANINGS, SILENT_WORDS, VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[^\W_]+|\d+")
_HYPHENATED: Final = re.compile(r"\b\w{2,3}-\w+")
_LONGEST: Final = 40
_SHORTEST_STEM: Final = 3
_PAIR: Final = 2
_PLURALS: Final = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))
_NO_PLURALS: Final = ("ss", "us")
_FY: Final = "f"
"""What is left of notify and of notification after "noti"."""
_DOUBLED: Final = "lse"
"""Letters that stay double where an ending is cut, as in calling."""
_ENDINGS: Final = tuple(
    (ending, shortest)
    for shortest, endings in (
        (2, "fications fication fying fied fies fy"),
        (4, "ations ation ating ated ating ator ate ing ed ee ment ion able ive"),
        (5, "er or al ly"),
    )
    for ending in endings.split()
)
"""The endings of verbs and of nouns made of verbs, with the shortest stem that they may leave."""


def split(text: str) -> Iterator[str]:
    """Yield the words in lower case: camelCase is two, and an underscore or a slash stands between two.

    A word of a script without spaces is cut into pairs of letters, which can be found without a dictionary.
    """
    for match in _WORD.finditer(text):
        word = match[0].casefold()[:_LONGEST]
        if len(word) > _PAIR and not word.isascii() and word.upper() == word:
            yield from (word[at : at + _PAIR] for at in range(len(word) - 1))
        else:
            yield word


def stems_of(text: str) -> Iterator[str]:
    """Yield the stems of the words, in order. Two words with a hyphen also count as one, as in re-run."""
    yield from map(stem, split(text))
    for match in _HYPHENATED.finditer(text):
        first, _, second = match[0].casefold().partition("-")
        if stem(first) not in SAME_VERB and stem(first) not in SILENT:
            yield stem((first + second)[:_LONGEST])


def pairs_of(word: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters, with the beginning and the end of the word as letters."""
    text = f"^{word}$"
    return frozenset(text[at : at + _PAIR] for at in range(len(text) - 1))


def similarity(pairs: frozenset[str], word: str) -> float:
    """Return how much the pairs of two words overlap: 1 for the same word (Dice's coefficient)."""
    others = pairs_of(word)
    return 2 * len(pairs & others) / (len(pairs) + len(others))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Return the stem of a word in lower case. All forms of a word have one stem, which need not be a word."""
    cut = _cut(word)
    return _ABBREVIATED.get(cut, cut)


def _cut(word: str) -> str:
    """Return the word without the endings of English."""
    for ending, instead in _PLURALS:
        if word.endswith(ending) and not word.endswith(_NO_PLURALS) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)] + instead
            break
    for ending, shortest in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= shortest:
            word = word[: -len(ending)]
            if ending.startswith(_FY):
                return word + _FY
            if word[-1] == word[-2] and word[-1] not in _DOUBLED:
                word = word[:-1]
            break
    if len(word) > _SHORTEST_STEM:
        word = word[:-1] if word[-1] == "e" else word
        word = word[:-1] + "i" if word[-1] == "y" else word
    return word


_ABBREVIATED: Final = {
    _cut(short): _cut(word) for short, _, word in (pair.partition(":") for pair in ABBREVIATIONS.split())
}

SILENT: Final = frozenset(map(stem, SILENT_WORDS.split()))

SAME_VERB: Final[Mapping[str, str]] = {
    stem(word): stem(verb) for verb, words in VERBS.items() for word in words.split()
}
"""The verb of a method that a verb stands for."""

MEANINGS: Final[Mapping[str, str]] = {stem(word): stem(other) for word, other in OTHER_MEANINGS.items()}
