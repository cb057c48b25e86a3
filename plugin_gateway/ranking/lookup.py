"""A lookup: finds the subjects of an index that a person or a model means with a few words.

A rare word counts more than a frequent one. Other endings of a word, other verbs for the same act, beginnings of words and
typing errors match, too, with a share of the weight.
"""

from __future__ import annotations

import math
from heapq import nsmallest
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.ranking.index import WEIGHT_UNIT
from plugin_gateway.ranking.subject import without_parameters
from plugin_gateway.ranking.words import MEANINGS, SAME_VERB, SILENT, pairs_of, similarity, split, stem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
"""The share of its score that a changing or deleting operation keeps if the query has no word for the change."""


class Hit(NamedTuple):
    """A subject that has words of the query."""

    number: int
    """Its position among the subjects of the index."""
    score: float
    words: int
    """How many words of the query it has."""


class SearchResult(NamedTuple):
    """The answer of an index to a query."""

    words: int
    """How many words were looked for. 0 if the query has none."""
    matches: int
    """How many subjects have a word of the query."""
    found: list[Hit]
    """The best first. A subject whose name is the query comes before all others."""


def find(index: Index, query: str, most: int | None = None) -> SearchResult:
    """Find the subjects that have a word of the query, at most `most` of them."""
    query = query[:_LONGEST_QUERY]
    tally = _Tally(index)
    for variants in _wanted(index, query):
        tally.count(variants)
    scores = tally.scores()
    name = query.strip().casefold()
    for number, other in enumerate(index.names):
        if name and other.casefold() == name:
            scores[number] = math.inf
    best = nsmallest(len(scores) if most is None else most, ((-score, number) for number, score in scores.items()))
    return SearchResult(
        tally.words, len(scores), [Hit(number, -score, tally.words_of(number)) for score, number in best]
    )


class _Tally:
    """The scores of all subjects while the words of one query are counted, one word after the other."""

    def __init__(self, index: Index) -> None:
        self.words = 0
        self._index = index
        self._scores = [0.0] * len(index.names)
        # One bit for each typed word that a subject has.
        self._has = [0] * len(index.names)
        self._titles: dict[int, int] = {}
        self._is_about: set[int] = set()
        self._worths: list[float] = []
        self._counted: set[int] = set()

    def count(self, variants: Mapping[int, float]) -> None:
        """Count one typed word: a subject gets the score of the variant that fits best."""
        bit = 1 << self.words
        self.words += 1
        scores, has = self._scores, self._has
        worth = 0.0
        best: dict[int, float] = {}
        for word, share in variants.items():
            start, end = self._index.starts[word], self._index.starts[word + 1]
            here = share * self._rarity(end - start)
            worth = max(worth, here)
            here *= WEIGHT_UNIT
            postings = zip(self._index.subjects[start:end], self._index.weights[start:end], strict=True)
            if len(variants) == 1:
                for subject, weight in postings:
                    scores[subject] += here * weight
                    has[subject] |= bit
            else:
                for subject, weight in postings:
                    if (score := here * weight) > best.get(subject, 0.0):
                        best[subject] = score
            if word not in self._counted:
                self._counted.add(word)
                self._count_titles(word)
        for subject, score in best.items():
            scores[subject] += score
            has[subject] |= bit
        self._worths.append(worth)

    def words_of(self, subject: int) -> int:
        """Return how many of the typed words a subject has."""
        return self._has[subject].bit_count()

    def scores(self) -> dict[int, float]:
        """Return the scores of the subjects with at least one word."""
        index, titles, is_about = self._index, self._titles, self._is_about
        typed = {index.words[word] for word in self._counted}
        shares: dict[int, float] = {}
        found: dict[int, float] = {}
        for subject, has in enumerate(self._has):
            if has:
                share = shares.get(has)
                if share is None:
                    share = shares[has] = self._share_of(has)
                score = self._scores[subject] * share
                if subject in titles:
                    score *= 1 + _FOR_WHOLE_TITLE * titles[subject] / max(1, index.title_sizes[subject])
                    if subject in is_about:
                        score *= _FOR_THE_THING
                if subject in index.verbs and index.verbs[subject] not in typed:
                    score *= _FOR_UNLIKELY
                if subject in index.deprecated:
                    score *= _FOR_DEPRECATED
                found[subject] = score
        return found

    def _count_titles(self, word: int) -> None:
        index = self._index
        start, end = index.title_starts[word], index.title_starts[word + 1]
        for subject, is_thing in zip(index.title_subjects[start:end], index.is_thing[start:end], strict=True):
            self._titles[subject] = self._titles.get(subject, 0) + 1
            if is_thing:
                self._is_about.add(subject)

    def _share_of(self, has: int) -> float:
        """Return the share of the score that a subject keeps if it has only these typed words."""
        matched = sum(worth for at, worth in enumerate(self._worths) if has >> at & 1)
        return 1 - _FOR_ALL_WORDS + _FOR_ALL_WORDS * matched / sum(self._worths)

    def _rarity(self, subjects: int) -> float:
        """How much a word counts if so many subjects have it (BM25's idf)."""
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
    """Return the word itself and each of its synonyms that the index has."""
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
    pairs = pairs_of(word)
    alike: dict[int, float] = {}
    for at in range(index.number_of(word[0]), len(index.words)):
        other = index.words[at]
        if other[0] != word[0]:
            break
        if abs(len(other) - len(word)) <= _OTHER_LENGTH:
            share = similarity(pairs, other)
            if share >= _SIMILAR:
                alike[at] = share
    closest = max(alike.values(), default=0.0)
    near = (at for at, share in alike.items() if share > closest - _NEARLY_AS_SIMILAR)
    return dict.fromkeys(islice(near, _MOST_VARIANTS), _BY_MISTAKE)
