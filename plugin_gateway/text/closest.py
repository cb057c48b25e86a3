"""The closest names: the valid names that a person may have meant by a wrong word."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_ALIKE: Final = 0.6
"""The least similarity of a name that is suggested, as `SequenceMatcher` measures it."""
NEARLY_EQUAL: Final = 0.8
"""A stricter limit, for words that may be right although they resemble another name."""
_FAR_BELOW: Final = 0.1
"""A name that is this much less similar than the closest one is not suggested."""
_WITHOUT_BREAKS: Final = str.maketrans("", "", " -_")
_MOST_COMPARED: Final = 500


def closest(word: str, names: Iterable[str], count: int = 1, *, at_least: float = _ALIKE) -> list[str]:
    """Return at most `count` names, the most similar first. Case, blanks, hyphens and underscores make no difference."""
    by_fold: dict[str, list[str]] = {}
    for name in names:
        by_fold.setdefault(_folded(name), []).append(name)
    fold = _folded(word)
    folds = [fold] if fold in by_fold else _similar(fold, by_fold, count, at_least)
    return [name for one in folds for name in by_fold[one]][:count]


def _folded(name: str) -> str:
    return name.casefold().translate(_WITHOUT_BREAKS)


def _similar(word: str, names: Collection[str], count: int, at_least: float) -> list[str]:
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415  # only a mistake pays for it

    near = get_close_matches(word, _with_most_pairs(word, names), n=count, cutoff=at_least)
    shares = [SequenceMatcher(None, name, word).ratio() for name in near]
    return [name for name, share in zip(near, shares, strict=True) if share > shares[0] - _FAR_BELOW]


def _with_most_pairs(word: str, names: Collection[str]) -> Collection[str]:
    """Return the names to compare letter by letter. If there are many, these share most pairs of letters with the word."""
    if len(names) <= _MOST_COMPARED:
        return names
    pairs, size = {*pairwise(word)}, len(word)
    return heapq.nlargest(
        _MOST_COMPARED, names, lambda name: len(pairs.intersection(pairwise(name))) / (size + len(name))
    )
