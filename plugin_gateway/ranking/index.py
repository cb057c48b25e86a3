"""An index: the words of many subjects with their weights, built once so that a query finds the best of them in a moment.

The weights are by BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009): a word counts more in a title
than in a description, less when it occurs again, and less in a long text than in a short one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.ranking.subject import FIELDS
from plugin_gateway.ranking.words import SILENT, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.ranking.subject import Subject

_SATURATION: Final = 1.2
"""BM25's k1."""
WEIGHT_UNIT: Final = (_SATURATION + 1) / 255
"""The weight that an octet of `Index.weights` counts in."""
_MOST_REPEATS: Final = 2
_UNLIKELY: Final = {"PATCH": stem("update"), "DELETE": stem("delete")}


class Index(Struct, frozen=True, kw_only=True):
    """The words of all subjects. Immutable, and small when pickled.

    Word i occurs in the subjects that stand at `starts[i]` to `starts[i + 1]` of `subjects`, with the weights at the same
    places. It stands in the titles of those at `title_starts[i]` to `title_starts[i + 1]` of `title_subjects`.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]
    """The stems, sorted."""
    starts: array[int]
    subjects: array[int]
    weights: bytes
    title_starts: array[int]
    title_subjects: array[int]
    is_thing: bytes
    """At the same places as `title_subjects`: 1 if the word also names the thing that the path leads to."""
    title_sizes: bytes
    """How many words each title has, without silent ones, at most 255."""
    deprecated: frozenset[int]
    verbs: Mapping[int, str]
    """For subjects that change or delete something: the verb, as a stem. Without it, a query hardly means them."""

    def number_of(self, word: str) -> int:
        """Return the number of a word, or of the first word after it if the index does not have it."""
        return bisect_left(self.words, word)

    def has(self, word: str) -> bool:
        return self.words[(at := self.number_of(word)) : at + 1] == (word,)


def build_index(subjects: Iterable[Subject]) -> Index:
    """Index the subjects; ties are found in their order."""
    subjects = tuple(subjects)
    texts = [subject.texts() for subject in subjects]
    lengths = {name: sum(len(each[name]) for each in texts) / max(1, len(texts)) for name in FIELDS}
    found: dict[str, list[tuple[int, int]]] = {}
    titled: dict[str, list[tuple[int, bool]]] = {}
    title_sizes = bytearray()
    for number, each in enumerate(texts):
        title = {*each["title"]} - SILENT
        title_sizes.append(min(len(title), 255))
        for word, weight in _weights(each, lengths).items():
            found.setdefault(word, []).append((number, weight))
            if word in title:
                titled.setdefault(word, []).append((number, word in each["thing"]))
    words = tuple(sorted(found))
    starts, numbers, weights = _flat([found[word] for word in words])
    title_starts, title_numbers, is_thing = _flat([titled.get(word, []) for word in words])
    return Index(
        names=tuple(subject.name for subject in subjects),
        words=words,
        starts=starts,
        subjects=numbers,
        weights=weights,
        title_starts=title_starts,
        title_subjects=title_numbers,
        is_thing=is_thing,
        title_sizes=bytes(title_sizes),
        deprecated=frozenset(number for number, subject in enumerate(subjects) if subject.is_deprecated),
        verbs={number: verb for number, subject in enumerate(subjects) if (verb := _UNLIKELY.get(subject.method))},
    )


def _flat(lists: Sequence[Sequence[tuple[int, int]]]) -> tuple[array[int], array[int], bytes]:
    """Write lists of pairs one after the other: where each begins, the first members, and the second members as octets."""
    starts = [0]
    for each in lists:
        starts.append(starts[-1] + len(each))
    pairs = [pair for each in lists for pair in each]
    return _narrow(starts), _narrow([number for number, _ in pairs]), bytes(octet for _, octet in pairs)


def _weights(texts: Mapping[str, Sequence[str]], lengths: Mapping[str, float]) -> dict[str, int]:
    """Weigh the words of one subject, in units of `WEIGHT_UNIT`."""
    sums: dict[str, float] = {}
    for name, words in texts.items():
        if words:
            field = FIELDS[name]
            weight = field.weight / (1 - field.by_length + field.by_length * len(words) / lengths[name])
            for word, count in Counter(words).items():
                sums[word] = sums.get(word, 0.0) + weight * min(count, _MOST_REPEATS)
    saturated = {word: weight * (_SATURATION + 1) / (_SATURATION + weight) for word, weight in sums.items()}
    return {word: max(1, round(weight / WEIGHT_UNIT)) for word, weight in saturated.items()}


def _narrow(numbers: Sequence[int]) -> array[int]:
    """Return the numbers in two octets each if they fit, which halves an index."""
    return array("H" if max(numbers, default=0) < 1 << 16 else "L", numbers)
