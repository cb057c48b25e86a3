"""Field words: what the name of a field says about it, and how much a model needs such a field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCORES: Final = {
    score: _words(words)
    for score, words in {
        100: "id uuid guid key slug sku code number sid gid identifier handle sha",
        95: "name title subject label login username displayname fullname email emailaddress headline",
        85: "status state type kind severity priority level stage phase role category currency ok error errors",
        70: "amount price total quantity balance score rating percent duration value count size unit",
        65: "description summary message comment note preview reason snippet",
        62: "ts timestamp date created createdat createdate createdon updated updatedat modified start starttime startdate end endtime enddate due duedate deadline",
        55: "url htmlurl weburl link permalink externalurl",
        25: "body text content html markdown",
        2: "etag hash token secret avatar gravatar icon cursor self links embedded signature checksum digest",
    }.items()
}
PAGING: Final = _words(
    "total totalcount totalresults count next nextpage nextcursor nextpagetoken nexttoken cursor hasmore hasnext page pagecount pages "
    "totalpages ok error errors status iscomplete incompleteresults endcursor"
)
PEOPLE: Final = _words(
    "user author owner assignee assignees creator customer account sender from to organizer member actor contact"
)
LABELS: Final = _words("labels tags categories topics roles scopes")
PAGES_FOR_PEOPLE: Final = _words("htmlurl weburl webviewlink permalink externalurl")
_DATES: Final = 62
TITLES: Final = _words("title subject headline")
_ENDINGS: Final = {
    48: _words("name title status state type number email"),
    44: _words("amount price total count quantity balance"),
    33: _words("id ids uuid sid key"),
}
_NAMES: Final = ("name", "displayname", "title", "login", "username", "label", "email", "slug", "key", "code", "number")
IDS: Final = _SCORES[100]
IDENTITY: Final = IDS | _SCORES[95]
SHORT_TEXTS: Final = _SCORES[65]
LONG_TEXTS: Final = _SCORES[25]


def fold(name: str) -> str:
    """Return one spelling of `createdAt`, `created_at` and `created-at`."""
    return name.lower().replace("_", "").replace("-", "")


def last_word(name: str) -> str:
    """Return `id` of `InvoiceID`; empty if the name has no word."""
    words = _WORD.findall(name)
    return words[-1].lower() if words else ""


def rank(name: str) -> int:
    """Rank the members that name an object: `login` says more than `id`."""
    folded = fold(name)
    return _NAMES.index(folded) if folded in _NAMES else len(_NAMES) + (folded == "id")


def score(name: str, kinds: Collection[str] = (), *, is_formatted_date: bool = False) -> tuple[int, bool]:
    """Return how much a model needs a plain member, and whether it is a date. `kinds` are the JSON types of its values."""
    folded = fold(name)
    words = [word.lower() for word in _WORD.findall(name)] or [folded]
    last = words[-1]
    is_date = is_formatted_date or last in ("at", "date", "time")
    for points, known in _SCORES.items():
        if folded in known:
            return points, is_date or points == _DATES
    if is_date:
        return 50, True
    if folded in PEOPLE:
        return 58, False
    if last in ("url", "uri", "href", "link", "links") or set(words) & _SCORES[2] or words[0] == "node":
        return 2, False
    for points, endings in _ENDINGS.items():
        if last in endings:
            return points, False
    if "boolean" in kinds:
        return 32, False
    return (36 if {"integer", "number"}.intersection(kinds) else 30 if "string" in kinds else 20), False
