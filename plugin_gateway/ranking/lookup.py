"""A lookup: finds the subjects of an index that a person or a model means with a few words.

A rare word counts more than a frequent one. Other endings of a word, other verbs for the same act, beginnings of words and typing
errors match, too, with a share of the weight.
"""

from __future__ import annotations

import math
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.ranking.index import IN_THING, IN_TITLE, WEIGHT_UNIT
from plugin_gateway.ranking.subject import without_parameters
from plugin_gateway.ranking.words import MEANINGS, SAME_VERB, SILENT, split, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plugin_gateway.ranking.index import Index

# A client chooses the query, so the work for one is bounded.
_LONGEST_QUERY, _MOST_WORDS, _MOST_VARIANTS = 400, 16, 12

# The share of its weight that a word counts with if it is not the word that was typed.
_BY_MEANING, _BY_VERB, _BY_BEGINNING, _BY_MISTAKE = 0.9, 0.8, 0.7, 0.6
_SHORTEST_BEGINNING, _SHORTEST_MISTAKEN = 3, 3
_SIMILAR, _NEARLY_AS_SIMILAR, _OTHER_LENGTH = 0.6, 0.1, 2

_FOR_ALL_WORDS: Final = 0.5
"""The part of a score that depends on how much of the query matched."""
_FOR_WHOLE_TITLE: Final = 1.0
"""What the score gains, as a share of it, if the query has all words of the title."""
_FOR_THE_THING: Final = 1.1
_FOR_DEPRECATED: Final = 0.8
_FOR_UNLIKELY: Final = 0.8
"""What is left of the score of an operation that changes or deletes something, if the query has no word for that."""


class Found(NamedTuple):
    """A subject that has words of the query."""

    number: int
    """Its place among the subjects from which the index was built."""
    score: float
    words: int
    """How many words of the query it has."""


class Result(NamedTuple):
    """The answer of an index to a query."""

    words: int
    """How many words were looked for. 0 if the query has none."""
    found: list[Found]
    """The best first. A subject whose name is the query comes before all others."""


def find(index: Index, query: str) -> Result:
    """Find the subjects that have a word of the query."""
    query = query[:_LONGEST_QUERY]
    wanted = _wanted(index, query)
    tally = _Tally(index)
    for variants in wanted:
        tally.count(variants)
    name = query.strip().casefold()
    named = {number for number, other in enumerate(index.names) if name and other.casefold() == name}
    first = [Found(number, math.inf, len(wanted)) for number in sorted(named)]
    others = [one for one in tally.found() if one.number not in named]
    return Result(len(wanted), first + sorted(others, key=lambda one: (-one.score, one.number)))


class _Tally:
    """The scores of all subjects while the words of one query are counted, one word after the other."""

    def __init__(self, index: Index) -> None:
        count = len(index.names)
        self._index = index
        self._scores = [0.0] * count
        self._matched = [0.0] * count
        self._words = [0] * count
        self._title = [0] * count
        self._is_about = [0] * count
        self._possible = 0.0
        self._counted: set[int] = set()

    def count(self, variants: Mapping[int, float]) -> None:
        """Count one typed word: a subject gets the score of the variant that fits best."""
        index = self._index
        best: dict[int, float] = {}
        worth = 0.0
        for word, share in variants.items():
            start, end = index.starts[word], index.starts[word + 1]
            here = share * self._rarity(end - start)
            worth = max(worth, here)
            here *= WEIGHT_UNIT
            subjects = index.subjects[start:end]
            for subject, weight in zip(subjects, index.weights[start:end], strict=True):
                if (score := here * weight) > best.get(subject, 0.0):
                    best[subject] = score
            if word not in self._counted:
                self._counted.add(word)
                self._mark(subjects, index.marks[start:end])
        self._possible += worth
        for subject, score in best.items():
            self._scores[subject] += score
            self._matched[subject] += worth
            self._words[subject] += 1

    def found(self) -> list[Found]:
        """Return the subjects with at least one word, in no order."""
        index = self._index
        typed = {index.words[word] for word in self._counted}
        found = []
        for subject, words in enumerate(self._words):
            if words:
                score = self._scores[subject]
                score *= 1 - _FOR_ALL_WORDS + _FOR_ALL_WORDS * self._matched[subject] / self._possible
                score *= 1 + _FOR_WHOLE_TITLE * self._title[subject] / max(1, index.title_sizes[subject])
                if self._is_about[subject]:
                    score *= _FOR_THE_THING
                if subject in index.deprecated:
                    score *= _FOR_DEPRECATED
                if (verb := index.verbs.get(subject)) and verb not in typed:
                    score *= _FOR_UNLIKELY
                found.append(Found(subject, score, words))
        return found

    def _mark(self, subjects: Iterable[int], marks: bytes) -> None:
        for subject, mark in zip(subjects, marks, strict=True):
            if mark & IN_TITLE:
                self._title[subject] += 1
                self._is_about[subject] |= mark & IN_THING

    def _rarity(self, subjects: int) -> float:
        """How much a word counts that so many subjects have (BM25's idf)."""
        return math.log(1 + (len(self._scores) - subjects + 0.5) / (subjects + 0.5))


def _wanted(index: Index, query: str) -> list[Mapping[int, float]]:
    """Return for each typed word the words of the index that it may mean, each with its share. Silent words are left out."""
    typed = [*islice(split(without_parameters(query)), _MOST_WORDS)]
    stems = [stem(word) for word in typed]
    telling = [at for at, word in enumerate(stems) if word not in SILENT or index.has(MEANINGS.get(word, ""))]
    wanted: dict[str, dict[int, float]] = {}
    for at in telling or range(len(stems)):
        variants = wanted.setdefault(stems[at], {})
        variants |= _joined(index, typed, at) | _meant(index, stems[at])
        if not variants:
            variants |= _beginning_with(index, stems[at]) or _similar_to(index, stems[at])
    return [*wanted.values()]


def _meant(index: Index, word: str) -> dict[int, float]:
    """Return the word itself and its synonyms, as far as the index has them."""
    meant = ((SAME_VERB.get(word, ""), _BY_VERB), (MEANINGS.get(word, ""), _BY_MEANING), (word, 1.0))
    return {index.number_of(other): share for other, share in meant if index.has(other)}


def _joined(index: Index, typed: Sequence[str], at: int) -> dict[int, float]:
    """Return the word that a typed word makes with its neighbour, as "pay out" does with payout."""
    found = {}
    for pair in (typed[max(at - 1, 0) : at + 1], typed[at : at + 2]):
        if len(pair) > 1 and SILENT.isdisjoint(map(stem, pair)) and index.has(joined := stem("".join(pair))):
            found[index.number_of(joined)] = 1.0
    return found


def _beginning_with(index: Index, word: str) -> dict[int, float]:
    if len(word) < _SHORTEST_BEGINNING:
        return {}
    start = index.number_of(word)
    longer = takewhile(lambda at: index.words[at].startswith(word), range(start, len(index.words)))
    return dict.fromkeys(islice(longer, _MOST_VARIANTS), _BY_BEGINNING)


def _similar_to(index: Index, word: str) -> dict[int, float]:
    """Return the words that share most pairs of letters with a word. Its first letter must be right, which keeps this fast."""
    if len(word) < _SHORTEST_MISTAKEN:
        return {}
    pairs = _pairs(word)
    alike: dict[int, float] = {}
    for at in range(index.number_of(word[0]), len(index.words)):
        other = index.words[at]
        if other[0] != word[0]:
            break
        if abs(len(other) - len(word)) <= _OTHER_LENGTH:
            similarity = 2 * len(pairs & (others := _pairs(other))) / (len(pairs) + len(others))
            if similarity >= _SIMILAR:
                alike[at] = similarity
    closest = max(alike.values(), default=0.0)
    near = (at for at, similarity in alike.items() if similarity > closest - _NEARLY_AS_SIMILAR)
    return dict.fromkeys(islice(near, _MOST_VARIANTS), _BY_MISTAKE)


def _pairs(word: str) -> set[str]:
    text = f"^{word}$"
    return {text[at : at + 2] for at in range(len(text) - 1)}
