"""A proposal: the fields of a reply to keep for a model, chosen from the schema alone.

A model needs to tell the items apart and to name them to a person: ids, names, states, amounts, dates, one link. It does not
need hypermedia, hashes, avatars and the objects around them. The proposal names places of the schema, so it is valid in
gateway.yaml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.pointer import ANY, parts_of, pointers_of
from plugin_gateway.shape.reply_size import estimate_size

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from plugin_gateway.openapi.document import Document
    from plugin_gateway.openapi.refs import Tokens

MOST_FIELDS: Final = 10
"""The most fields of an item."""
_MOST_AROUND: Final = 4
"""The most fields of an envelope around the items."""
_LEAST_SCORE: Final = 30
_MOST_LEVELS: Final = 8
_DOMINATES: Final = 0.6
"""A member with a larger share of the reply is the subject of the reply."""
_WORTH_IT: Final = 0.7
"""A proposal that keeps a larger share of the reply saves too little."""
_SMALL_OBJECT: Final = 4
_MOST_DATES: Final = 3
_MOST_LISTS: Final = 8
_LEAST_OF_A_LIST: Final = 4

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
_PAGING: Final = _words(
    "total totalcount totalresults count next nextpage nextcursor nextpagetoken nexttoken cursor hasmore hasnext page pagecount pages "
    "totalpages ok error errors status iscomplete incompleteresults endcursor"
)
_PEOPLE: Final = _words(
    "user author owner assignee assignees creator customer account sender from to organizer member actor contact"
)
_LABELS: Final = _words("labels tags categories topics roles scopes")
_PAGES_FOR_PEOPLE: Final = _words("htmlurl weburl webviewlink permalink externalurl")
_DATES: Final = 62
_TITLES: Final = _words("title subject headline")
_ENDINGS: Final = {
    48: _words("name title status state type number email"),
    44: _words("amount price total count quantity balance"),
    33: _words("id ids uuid sid key"),
}
_NAMES: Final = ("name", "displayname", "title", "login", "username", "label", "email", "slug", "key", "code", "number")
_LONG: Final = _SCORES[25]
_IDENTITY: Final = _SCORES[100] | _SCORES[95]


class _ScoredPlace(NamedTuple):
    """One place to keep, and how much a model needs it."""

    tokens: Tokens
    score: int
    is_date: bool = False


def propose_keep(document: Document, schemas: Sequence[Any], most_fields: int = MOST_FIELDS) -> tuple[str, ...]:
    """Return JSON pointers for `response.keep`, in the order of the schema; empty if there is little to save.

    `schemas` are those of the successful answers.
    """
    chosen = [*_Chooser(document, most_fields).choose(schemas)]
    pointers = tuple(dict.fromkeys(map(join_pointer, chosen)))
    if not pointers:
        return ()
    whole = estimate_size(document, schemas)
    rest = estimate_size(document, schemas, keep=pointers_of(pointers))
    return pointers if rest < whole * _WORTH_IT else ()


class _Chooser:
    def __init__(self, document: Document, most_fields: int) -> None:
        self._document = document
        self._most = most_fields

    def choose(self, schemas: Iterable[Any]) -> Iterator[Tokens]:
        yield from self._choose([*schemas], (), 0, self._most, is_row=False)

    def _choose(self, schemas: list[Any], at: Tokens, depth: int, most: int, *, is_row: bool) -> Iterator[Tokens]:
        """Choose among the members of the subject of the reply, which is at `at`.

        In a row, long texts and inner lists cost too much.
        """
        if depth > _MOST_LEVELS:
            return
        parts = self._parts(schemas)
        items = _items(parts)
        members = _members(parts)
        if items and not members:
            yield from self._choose(items, (*at, ANY), depth + 1, most, is_row=True)
            return
        has_identity = any(_fold(name) in _IDENTITY for name in members) or bool(_own_id(members, _required(parts), at))
        mains = () if is_row and has_identity else self._mains(members, has_identity=has_identity, is_row=is_row)
        fields = [*self._fields(parts, at, mains, is_row=is_row)]
        is_envelope = bool(mains) and not has_identity
        if is_envelope and not is_row:
            fields = [one for one in fields if _fold(one.tokens[-1]) in _PAGING]
        kept = _best(fields, _MOST_AROUND if is_envelope else most)
        for name, schema in members.items():
            if name in mains:
                share = max(_LEAST_OF_A_LIST, most // len(mains))
                yield from self._choose(schema, (*at, name), depth + 1, share, is_row=is_row)
            else:
                yield from (one for one in kept if one[len(at)] == name)

    def _mains(self, members: dict[str, list[Any]], *, has_identity: bool, is_row: bool) -> tuple[str, ...]:
        """Return the members that are the subject of the object: its largest member, or all lists of an envelope."""
        sizes = {
            name: estimate_size(self._document, schemas)
            for name, schemas in members.items()
            if _is_nameable(name) and not _is_deprecated(self._parts(schemas))
        }
        with_members = [name for name in sizes if self._has_members(members[name])]
        large = [name for name in with_members if sizes[name] > _DOMINATES * sum(sizes.values())]
        if has_identity:
            # The object is its own subject, perhaps together with a list in it.
            large = [name for name in large if self._is_list(members[name])]
        if large or has_identity or is_row or len(with_members) > _MOST_LISTS:
            return tuple(large)
        is_about_them = sum(sizes[name] for name in with_members) > _DOMINATES * sum(sizes.values())
        return tuple(with_members) if is_about_them else ()

    def _is_list(self, schemas: list[Any]) -> bool:
        """Whether it is an array, or an envelope around one."""
        parts = self._parts(schemas)
        members = _members(parts)
        if not members:
            return bool(_items(parts))
        return not _IDENTITY.intersection(map(_fold, members)) and any(
            not _members(inner) and _items(inner) for inner in map(self._parts, members.values())
        )

    def _has_members(self, schemas: list[Any]) -> bool:
        for _ in range(2):  # an array of objects
            parts = self._parts(schemas)
            if _members(parts):
                return True
            schemas = _items(parts)
        return bool(_members(self._parts(schemas)))

    def _fields(
        self, parts: list[dict[str, Any]], at: Tokens, mains: tuple[str, ...], *, is_row: bool
    ) -> Iterator[_ScoredPlace]:
        members = _members(parts)
        required = _required(parts)
        has_title = any(_fold(name) in _TITLES for name in members)
        own_id = _own_id(members, required, at)
        has_page = any(_fold(name) in _PAGES_FOR_PEOPLE for name in members)
        for name, schemas in members.items():
            if name in mains or not _is_nameable(name) or _is_deprecated(self._parts(schemas)):
                continue
            field = self._field(schemas, (*at, name))
            if field is None:
                continue
            score = field.score + 8 * (name in required)
            if _fold(name) in _LONG and not (is_row and has_title):
                # A single item is about its text, and a message has nothing else.
                score = 90
            if name == own_id:
                score = 96
            if _fold(name) == "url" and has_page:
                score = 0  # the URL of the API, beside the URL for people
            if score >= _LEAST_SCORE:
                yield field._replace(score=score)

    def _field(self, schemas: list[Any], at: Tokens) -> _ScoredPlace | None:
        """Return the field for one member: the member if it is plain, or the field in it that names the object."""
        name, parts = at[-1], self._parts(schemas)
        if any(part.get("writeOnly") is True for part in parts):
            return None
        below = _members(parts)
        items = _items(parts)
        kinds = {kind for part in parts for kind in _kinds(part)}
        if below and kinds & {"string", "integer"}:
            # An id, or the object that it stands for if the caller asks for it.
            return _ScoredPlace(at, max(45, _score(name, [{}])[0]))
        if below:
            return self._of_object(parts, at)
        if items:
            inner = self._parts(items)
            if _members(inner):
                return self._of_object(inner, (*at, ANY))
            return _ScoredPlace(at, 58 if _fold(name) in _LABELS else _LEAST_SCORE - 1)
        if kinds & {"object", "array"}:
            return None
        score, is_date = _score(name, parts)
        return _ScoredPlace(at, score, is_date)

    def _of_object(self, parts: list[dict[str, Any]], at: Tokens) -> _ScoredPlace | None:
        members = _members(parts)
        name = _fold(at[-2] if at[-1] == ANY else at[-1])
        base = 52 if name in _PEOPLE else 58 if name in _LABELS else 38
        plain = [one for one, schemas in members.items() if self._is_plain(schemas)]
        if len(members) <= _SMALL_OBJECT and len(plain) == len(members) and at[-1] != ANY:
            # An amount with its currency, a start with its time zone.
            return _ScoredPlace(at, max(base, min(60, _score(at[-1], [{}])[0])))
        required = _required(parts)
        ranked = [one for one in plain if _fold(one) in _IDENTITY and _is_nameable(one)]
        ranked.sort(key=lambda one: (one not in required and bool(required), _rank(one)))
        texts = [one for one in plain if _fold(one) in _SCORES[65] and _is_nameable(one)]
        return next((_ScoredPlace((*at, one), base) for one in (*ranked, *texts)), None)

    def _is_plain(self, schemas: list[Any]) -> bool:
        parts = self._parts(schemas)
        return not _members(parts) and not any(
            "items" in part or part.get("type") in ("object", "array") for part in parts
        )

    def _parts(self, schemas: Iterable[Any]) -> list[dict[str, Any]]:
        return [part for part in parts_of(self._document, schemas) if isinstance(part, dict)]


def _members(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    members: dict[str, list[Any]] = {}
    # `parts_of` ends with the first part of a combination; the document's order reads better.
    for part in reversed(parts) if len(parts) > 1 else parts:
        properties = part.get("properties")
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            if schema is True or isinstance(schema, dict):
                members.setdefault(name, []).append(schema)
    return members


def _is_deprecated(parts: list[dict[str, Any]]) -> bool:
    return any(part.get("deprecated") is True for part in parts)


def _is_nameable(name: str) -> bool:
    """Whether a pointer can name the member.

    `*` would mean all members, and control characters do not belong in gateway.yaml.
    """
    return name != ANY and name.isprintable()


def _items(parts: list[dict[str, Any]]) -> list[Any]:
    """Return the schemas of the items of an array, or of the members of a map, whose names the schema does not know."""
    return [
        part[word]
        for part in parts
        for word in ("items", "additionalProperties")
        if isinstance(part.get(word), dict) and part[word] and "properties" not in part
    ]


def _best(fields: list[_ScoredPlace], most: int) -> list[Tokens]:
    """Return the places that a model needs most, in their order."""
    ranked = sorted(fields, key=lambda one: -one.score)
    dates = [one for one in ranked if one.is_date]
    chosen = {one.tokens for one in [one for one in ranked if one not in dates[_MOST_DATES:]][:most]}
    return [one.tokens for one in fields if one.tokens in chosen]


def _own_id(members: Iterable[str], required: Container[str], at: Tokens) -> str | None:
    """Return the member that most likely identifies the object, such as `InvoiceID` in `Invoices`, if none is called `id`."""
    names = [*members]
    if any(_fold(name) in _SCORES[100] for name in names):
        return None
    ids = [name for name in names if _last_word(name) in ("id", "uuid", "sid")]
    holder = _fold(next((token for token in reversed(at) if token != ANY), "")).rstrip("s")
    of_holder = [name for name in ids if holder and _fold(name).startswith(holder)]
    likely = of_holder or [name for name in ids if name in required] or [name for name in ids if name == names[0]]
    return likely[0] if likely else None


def _last_word(name: str) -> str:
    words = _WORD.findall(name)
    return words[-1].lower() if words else ""


def _required(parts: list[dict[str, Any]]) -> set[str]:
    return {name for part in parts for name in part.get("required") or () if isinstance(name, str)}


def _kinds(part: dict[str, Any]) -> list[str]:
    kinds = part.get("type")
    return [kinds] if isinstance(kinds, str) else [one for one in kinds or () if isinstance(one, str)]


def _rank(name: str) -> int:
    """Rank the members that name an object: `login` says more than `id`."""
    folded = _fold(name)
    return _NAMES.index(folded) if folded in _NAMES else len(_NAMES) + (folded == "id")


def _score(name: str, parts: list[dict[str, Any]]) -> tuple[int, bool]:
    """Return how much a model needs a plain member, and whether it is a date."""
    folded = _fold(name)
    words = [word.lower() for word in _WORD.findall(name)] or [folded]
    last, kinds = words[-1], {kind for part in parts for kind in _kinds(part)}
    is_date = any(part.get("format") in ("date", "date-time") for part in parts) or last in ("at", "date", "time")
    for score, known in _SCORES.items():
        if folded in known:
            return score, is_date or score == _DATES
    if is_date:
        return 50, True
    if folded in _PEOPLE:
        return 58, False
    if last in ("url", "uri", "href", "link", "links") or set(words) & _SCORES[2] or words[0] == "node":
        return 2, False
    for score, endings in _ENDINGS.items():
        if last in endings:
            return score, False
    if "boolean" in kinds:
        return 32, False
    return (36 if kinds & {"integer", "number"} else 30 if "string" in kinds else 20), False


def _fold(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
