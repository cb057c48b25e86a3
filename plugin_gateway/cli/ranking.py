"""A ranking: which operations come first for the words that a person types.

A word counts by where it is found (operationId and summary before path and tags, these before the description) and by how few
operations have it. Plurals and other endings, beginnings of words and small typos match, too.
"""

from __future__ import annotations

import difflib
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from plugin_gateway.openapi.document import Operation

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[^\W_]+|\d+")
_PARAMETER = re.compile(r"\{[^{}]*\}")
_WEIGHTS = {"id": 6.0, "summary": 6.0, "path": 4.0, "tags": 3.0, "method": 3.0, "description": 1.0}
_UNSAID = frozenset(
    [
        "a",
        "all",
        "an",
        "and",
        "as",
        "at",
        "by",
        "can",
        "do",
        "for",
        "from",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "of",
        "on",
        "or",
        "our",
        "the",
        "this",
        "to",
        "with",
        "you",
        "your",
    ]
)
_MEANINGS = {
    "repo": "repository", "org": "organization", "pr": "pull", "prs": "pull", "info": "information", "auth": "authentication",
    "remove": "delete", "destroy": "delete", "erase": "delete", "new": "create", "make": "create", "open": "create",
    "edit": "update", "change": "update", "modify": "update", "rename": "update", "close": "update", "set": "update",
    "show": "get", "read": "get", "fetch": "get", "view": "get", "find": "search", "lookup": "search", "start": "trigger", "my": "authenticated", "me": "authenticated", "mine": "authenticated",
}  # fmt: skip
_METHODS = {
    "DELETE": ("delete",), "POST": ("create", "add"), "PUT": ("update", "add", "replace"),
    "PATCH": ("update",), "GET": ("get", "list", "download"),
}  # fmt: skip
"""Verbs that people type for a method."""
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))
_SHORTEST_STEM = 3
_SHORTEST_WITH_MISTAKE = 4
_SIMILAR = 0.75
_BY_BEGINNING, _BY_MEANING, _BY_MISTAKE = 0.7, 0.9, 0.6
_COVERED = 0.8
_ABOUT_IT = 1.2
_DEPRECATED = 0.8


class _Entry(NamedTuple):
    operation: Operation
    weights: Mapping[str, float]
    """Each word, with the weight of the best place where it is found."""
    title: frozenset[str]
    last: frozenset[str]
    """The words of the last path segment, unless it is a parameter."""


def rank(operations: Iterable[Operation], words: Sequence[str]) -> list[Operation]:
    """Return the operations that match the most words, the best match first."""
    wanted = list(dict.fromkeys(word for text in words for word in _words(text)))
    wanted = [word for word in wanted if word not in _UNSAID] or wanted
    entries = [_entry(operation) for operation in operations]
    if not wanted:
        return [entry.operation for entry in entries]
    known = {word for entry in entries for word in entry.weights}
    meant = [_meant(word, known) for word in wanted]
    found = [[_best(each, entry) for each in meant] for entry in entries]
    # A rare word counts more.
    rarity = [math.log(1 + len(entries) / max(1, sum(bool(row[at]) for row in found))) for at in range(len(wanted))]
    scored: list[tuple[int, float, int]] = []
    for index, (entry, row) in enumerate(zip(entries, found, strict=True)):
        is_matched = {word for each in meant for word in each if word in entry.weights}
        covered = len(entry.title & is_matched) / max(1, len(entry.title))
        score = sum(weight * rare for weight, rare in zip(row, rarity, strict=True)) * (1 + _COVERED * covered)
        if not is_matched.isdisjoint(entry.last):
            score *= _ABOUT_IT
        if entry.operation.node.get("deprecated") is True:
            score *= _DEPRECATED
        scored.append((sum(map(bool, row)), score, -index))
    most = max((count for count, _, _ in scored), default=0)
    if most * 2 < len(wanted) or not most:
        return []
    best = sorted((one for one in scored if one[0] == most), key=lambda one: (-one[1], -one[2]))
    return [entries[-index].operation for _, _, index in best]


def _best(meant: Mapping[str, float], entry: _Entry) -> float:
    return max((share * entry.weights.get(word, 0.0) for word, share in meant.items()), default=0.0)


def _entry(operation: Operation) -> _Entry:
    node = operation.node
    texts = {
        "description": _text(node.get("description")),
        "tags": " ".join(operation.tags),
        "path": _PARAMETER.sub(" ", operation.key.path),
        "summary": _text(node.get("summary")),
        "id": operation.operation_id or "",
    }
    weights: dict[str, float] = {}
    for place, text in texts.items():
        for word in _words(text):
            weights[word] = max(weights.get(word, 0.0), _WEIGHTS[place])
    for word in _METHODS.get(operation.key.method, (operation.key.method.lower(),)):
        weights[word] = max(weights.get(word, 0.0), _WEIGHTS["method"])
    title = frozenset(_words(texts["summary"] or texts["id"])) - _UNSAID
    return _Entry(operation, weights, title, frozenset(_words(texts["path"].rpartition("/")[2])))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(text: str) -> list[str]:
    """Return the stems of the words. Two words with a hyphen also count as one, as in re-run."""
    words = [_stem(word.casefold()) for word in _WORD.findall(text)]
    joined = [_stem(match[0].replace("-", "").casefold()) for match in re.finditer(r"\w{2,3}-\w+", text)]
    return words + joined


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)] + instead
            break
    for ending in ("ing", "ed", "ee"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > _SHORTEST_STEM:
            return stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "ls" else stem.removesuffix("e")
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM + 1 else word


def _meant(word: str, known: Collection[str]) -> dict[str, float]:
    """Return the words of the document that a typed word may mean, each with its likelihood."""
    meant: dict[str, float] = {}
    other = next((_stem(to) for name, to in _MEANINGS.items() if _stem(name) == word), "")
    if other in known:
        meant[other] = _BY_MEANING
    if word in known:
        meant[word] = 1.0
    elif not meant and len(word) >= _SHORTEST_STEM:
        meant = {one: _BY_BEGINNING for one in known if one.startswith(word)}
        if not meant and len(word) >= _SHORTEST_WITH_MISTAKE:
            meant = dict.fromkeys(difflib.get_close_matches(word, known, n=3, cutoff=_SIMILAR), _BY_MISTAKE)
    return meant
