"""A proposal: the fields of a reply to keep for a model, chosen from the schema alone.

A model needs to tell the items apart and to name them to a person: ids, names, states, amounts, dates, one link. It does not
need hypermedia, hashes, avatars and the objects around them. The proposal names places of the schema, so it is valid in
gateway.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.field_words import (
    IDENTITY,
    IDS,
    LABELS,
    LONG_TEXTS,
    PAGES_FOR_PEOPLE,
    PAGING,
    PEOPLE,
    SHORT_TEXTS,
    TITLES,
    fold,
    last_word,
    rank,
    score,
)
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


class _ScoredPlace(NamedTuple):
    """One place to keep, and how much a model needs it."""

    tokens: Tokens
    score: int
    is_date: bool = False


def propose_keep(document: Document, schemas: Sequence[Any], most_fields: int = MOST_FIELDS) -> tuple[str, ...]:
    """Return JSON pointers for `response.keep`, in the order of the schema; empty if there is little to save.

    `schemas` are the schemas of the successful answers.
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
        has_identity = any(fold(name) in IDENTITY for name in members) or bool(_own_id(members, _required(parts), at))
        mains = () if is_row and has_identity else self._mains(members, has_identity=has_identity, is_row=is_row)
        fields = [*self._fields(parts, at, mains, is_row=is_row)]
        is_envelope = bool(mains) and not has_identity
        if is_envelope and not is_row:
            fields = [one for one in fields if fold(one.tokens[-1]) in PAGING]
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
        return not IDENTITY.intersection(map(fold, members)) and any(
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
        has_title = any(fold(name) in TITLES for name in members)
        own_id = _own_id(members, required, at)
        has_page = any(fold(name) in PAGES_FOR_PEOPLE for name in members)
        for name, schemas in members.items():
            if name in mains or not _is_nameable(name) or _is_deprecated(self._parts(schemas)):
                continue
            field = self._field(schemas, (*at, name))
            if field is None:
                continue
            points = field.score + 8 * (name in required)
            if fold(name) in LONG_TEXTS and not (is_row and has_title):
                # A single item is about its text, and a message has nothing else.
                points = 90
            if name == own_id:
                points = 96
            if fold(name) == "url" and has_page:
                points = 0  # the URL of the API, beside the URL for people
            if points >= _LEAST_SCORE:
                yield field._replace(score=points)

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
            return _ScoredPlace(at, max(45, score(name)[0]))
        if below:
            return self._of_object(parts, at)
        if items:
            inner = self._parts(items)
            if _members(inner):
                return self._of_object(inner, (*at, ANY))
            return _ScoredPlace(at, 58 if fold(name) in LABELS else _LEAST_SCORE - 1)
        if kinds & {"object", "array"}:
            return None
        is_formatted = any(part.get("format") in ("date", "date-time") for part in parts)
        return _ScoredPlace(at, *score(name, kinds, is_formatted_date=is_formatted))

    def _of_object(self, parts: list[dict[str, Any]], at: Tokens) -> _ScoredPlace | None:
        members = _members(parts)
        name = fold(at[-2] if at[-1] == ANY else at[-1])
        base = 52 if name in PEOPLE else 58 if name in LABELS else 38
        plain = [one for one, schemas in members.items() if self._is_plain(schemas)]
        if len(members) <= _SMALL_OBJECT and len(plain) == len(members) and at[-1] != ANY:
            # An amount with its currency, a start with its time zone.
            return _ScoredPlace(at, max(base, min(60, score(at[-1])[0])))
        required = _required(parts)
        ranked = [one for one in plain if fold(one) in IDENTITY and _is_nameable(one)]
        ranked.sort(key=lambda one: (one not in required and bool(required), rank(one)))
        texts = [one for one in plain if fold(one) in SHORT_TEXTS and _is_nameable(one)]
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
    if any(fold(name) in IDS for name in names):
        return None
    ids = [name for name in names if last_word(name) in ("id", "uuid", "sid")]
    holder = fold(next((token for token in reversed(at) if token != ANY), "")).rstrip("s")
    of_holder = [name for name in ids if holder and fold(name).startswith(holder)]
    likely = of_holder or [name for name in ids if name in required] or [name for name in ids if name == names[0]]
    return likely[0] if likely else None


def _required(parts: list[dict[str, Any]]) -> set[str]:
    return {name for part in parts for name in part.get("required") or () if isinstance(name, str)}


def _kinds(part: dict[str, Any]) -> list[str]:
    kinds = part.get("type")
    return [kinds] if isinstance(kinds, str) else [one for one in kinds or () if isinstance(one, str)]
