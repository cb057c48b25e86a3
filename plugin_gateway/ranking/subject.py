"""A subject: the texts of an operation that a ranking reads, and how much a word counts in each of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.ranking.lexicon import VERBS_OF_METHODS
from plugin_gateway.ranking.words import SILENT, stem, stems_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_END_OF_SENTENCE: Final = re.compile(r"[.!?](?=\s|$)")
_LONGEST_SENTENCE, _LONGEST_REST, _MOST_NAMES = 300, 600, 100


class TextWeight(Struct, frozen=True, kw_only=True):
    """How much a word counts in one text of a subject, and how much less if the text is longer than others.

    These are w and b of BM25F.
    """

    weight: float
    by_length: float


FIELDS: Final[Mapping[str, TextWeight]] = {
    "name": TextWeight(weight=0.6, by_length=0.8),
    "title": TextWeight(weight=1.5, by_length=0.6),
    "path": TextWeight(weight=1.0, by_length=0.7),
    "thing": TextWeight(weight=1.5, by_length=0.3),
    "verb": TextWeight(weight=2.4, by_length=0.0),
    "act": TextWeight(weight=1.0, by_length=0.0),
    "tags": TextWeight(weight=0.6, by_length=0.0),
    "sentence": TextWeight(weight=0.6, by_length=0.4),
    "rest": TextWeight(weight=0.2, by_length=0.4),
    "arguments": TextWeight(weight=0.25, by_length=0.5),
}


class Subject(Struct, frozen=True, kw_only=True):
    """The texts about one operation. A search returns `name`."""

    name: str
    method: str
    path: str
    title: str = ""
    """One line. If it is empty, the first sentence of the description is the title."""
    description: str = ""
    tags: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    is_deprecated: bool = False

    def texts(self) -> dict[str, list[str]]:
        """Return the words of each text as stems, by the names in `FIELDS`."""
        title, sentence, rest = _parts(self.title, self.description)
        path = self.path.partition("?")[0]
        segments = [segment for segment in path.split("/") if segment]
        ends_in_parameter = bool(segments) and _PARAMETER.search(segments[-1]) is not None
        things = [segment for segment in segments if not _PARAMETER.fullmatch(segment)]
        verbs = VERBS_OF_METHODS.get(self.method, ((self.method.lower(),),) * 2)[ends_in_parameter]
        return {
            "name": [*stems_of(self.name)],
            "title": [*stems_of(title)],
            "path": [*stems_of(without_parameters(self.path))],
            "thing": [*stems_of(without_parameters(things[-1]))] if things else [],
            "verb": [stem(verb) for verb in verbs],
            "act": [word for word in stems_of(title) if word not in SILENT][:1],
            "tags": [*stems_of(" ".join(self.tags))],
            "sentence": [*stems_of(sentence)],
            "rest": [*stems_of(rest)],
            "arguments": [*stems_of(" ".join(self.arguments[:_MOST_NAMES]))],
        }


def without_parameters(text: str) -> str:
    """Return a path, or a text with paths in it, without the names of its parameters."""
    return _PARAMETER.sub(" ", text)


def plain(text: str) -> str:
    """Return a text on one line and without the tags of HTML, which some documents have."""
    return " ".join(_TAG.sub(" ", text).split())


def _parts(title: str, description: str) -> tuple[str, str, str]:
    """Cut the texts into title, first sentence and rest, without markup."""
    text = plain(description[: 4 * _LONGEST_REST])
    end = match.start() if (match := _END_OF_SENTENCE.search(text)) else len(text)
    first, rest = text[:end][:_LONGEST_SENTENCE], text[end:][:_LONGEST_REST]
    return (title, first, rest) if title.strip() else (first, "", rest)
