"""A form: an application/x-www-form-urlencoded body, judged by its schema and rewritten without the removed fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.request.field_edit import UneditableFieldError
from plugin_gateway.shape.request.json_body import BodyVerdict
from plugin_gateway.shape.values.kind import ANY, Kind
from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.shape.values.reading import (
    TEXTUAL,
    TYPED,
    Style,
    UnreadableError,
    decoded,
    read_deep,
    read_json,
    read_many,
    read_one,
)
from plugin_gateway.shape.values.scalar import escape, escape_octets
from plugin_gateway.shape.values.validator import is_of_type

if TYPE_CHECKING:
    from collections.abc import Collection, Container

    from plugin_gateway.shape.request.field_edit import FieldEdit
    from plugin_gateway.shape.values.reading import Pair, ReadingMode
    from plugin_gateway.shape.values.validator import Validator

_PLAIN = Style("form", explode=True, name="")
_is_deep = re.compile(r"[^\[\]]+(?:\[[^\[\]]*\])+").fullmatch


class FormEdit(NamedTuple):
    """What happens to the fields of a form. Names are folded by `fold_field`."""

    removes: frozenset[str] = frozenset()
    keeps: frozenset[str] | None = None
    """None to keep all others."""
    added: bytes = b""
    """The pairs of the fixed fields."""
    inner: tuple[FieldEdit, ...] = ()
    """The edits inside fields. No two of these fields have the same name after folding."""


class FormBody(NamedTuple):
    """Judges the forms of one operation."""

    validator: Validator | None = None
    """For the form that clients see; None to judge nothing."""
    kind: Kind = ANY
    styles: tuple[tuple[str, Style], ...] = ()
    """How fields are written, where `encoding` says so."""
    change: FormEdit | None = None
    plain: Style = _PLAIN
    """How the other fields are written."""

    def judge(self, text: bytes, parameter: bytes) -> BodyVerdict:  # noqa: ARG002  # the names and values are escaped
        """Judge a form."""
        pairs = text.split(b"&") if text else []
        change = self.change
        if change is not None:
            if b";" in text:
                # Some servers separate fields by `;`, too.
                return BodyVerdict(text, (Problem("", "must have each `;` escaped as %3B"),))
            try:
                pairs, written = self._edited(pairs, change)
            except UneditableFieldError as error:
                return BodyVerdict(text, error.problems)
            text = b"&".join(written)
        fields: dict[str, list[Pair]] = {}
        for pair in pairs if self.validator is not None else ():
            if pair:
                name = _name_of(pair)
                fields.setdefault(self._base_of(name), []).append((name, pair.partition(b"=")[2]))
        return BodyVerdict(text, (), self.problems(fields))

    def _edited(self, pairs: list[bytes], change: FormEdit) -> tuple[list[bytes], list[bytes]]:
        """Return the pairs that clients may send, and those that go up."""
        shown: list[bytes] = []
        written: list[bytes] = []
        missing = {one.name: one for one in change.inner}
        for pair in pairs:
            name = _name_of(pair)
            if not self.passes(name, change):
                continue
            field = self.field_edit(name, change)
            if field is None:
                shown.append(pair)
                written.append(pair)
                continue
            missing.pop(field.name, None)
            text = unquote_to_bytes(pair.partition(b"=")[2].replace(b"+", b" "))
            for kept, edited in zip((shown, written), field.edited(name, text), strict=True):
                if edited is not None:
                    kept.append(pair if edited == text else _pair(name, edited))
        written += [_pair(name, added) for name, one in missing.items() if (added := one.missing()) is not None]
        return shown, [*written, change.added] if change.added else written

    def _base_of(self, name: str) -> str:
        """Return the field that a name belongs to: `a` for `a[b]`.

        An undeclared name with unpaired brackets is a field itself.
        """
        if self.kind.member(name) is not None:
            return name
        base = name.partition("[")[0]
        is_declared = any(known == base for known, _ in self.kind.members)
        return base if is_declared or _is_deep(name) else name

    def passes(self, name: str, change: FormEdit) -> bool:
        """Whether an edit leaves a field with this name to the client."""
        field = _field_of(name)
        if field in change.removes or (change.keeps is not None and field not in change.keeps):
            return False
        is_declared = any(known == name for known, _ in self.kind.members)
        return is_declared or change.removes.isdisjoint(_aliases(name))

    def field_edit(self, name: str, change: FormEdit) -> FieldEdit | None:
        """Return the edit inside of the field that a server may read a name as."""
        aliases = _aliases(name) if change.inner else set()
        found = next((one for one in change.inner if fold_field(one.name) in aliases), None)
        is_another = found is not None and name != found.name and any(known == name for known, _ in self.kind.members)
        return None if is_another else found

    def problems(
        self, fields: dict[str, list[Pair]], of_json: Container[str] = (), files: Collection[str] = ()
    ) -> tuple[Problem, ...]:
        """Return the problems of the fields. `fields` has the names as sent and the texts, by the names of the fields.

        The texts of the fields in `of_json` are JSON. Files have no JSON type, so a field in `files` only has to be declared.
        """
        validator = self.validator
        if validator is None:
            return ()
        places = tuple(join_pointer((name,)) for name in files)

        def counts(one: Problem) -> bool:
            return one.detail == "is not declared" or not _is_in(one.pointer, places)

        first: tuple[Problem, ...] = ()
        for mode in (TYPED, TEXTUAL):
            value, problems = self._read(fields, of_json, files, mode)
            if problems:
                return problems
            if validator.accepts(value):
                return ()
            found = validator.problems(value, counts=counts)
            if not found:
                return ()
            first = first or found
        return first

    def _read(
        self, fields: dict[str, list[Pair]], of_json: Container[str], files: Container[str], mode: ReadingMode
    ) -> tuple[dict[str, object], tuple[Problem, ...]]:
        value: dict[str, object] = {}
        problems: list[Problem] = []
        styles = dict(self.styles)
        for name, pairs in fields.items():
            kind = self.kind.member(name) or ANY
            style = self.plain if name in files else styles.get(name, self.plain)
            try:
                value[name] = (
                    _read_json(pairs, kind, mode) if name in of_json else _read_field(name, pairs, kind, style, mode)
                )
            except UnreadableError as error:
                problems.append(Problem(join_pointer((name,)), str(error)))
        return value, tuple(problems)


def fold_field(name: str) -> str:
    """Return one spelling for all names that some framework reads as the same field."""
    return name.strip(" \0").casefold().replace(" ", "_").replace(".", "_")


def _read_field(name: str, pairs: list[Pair], kind: Kind, style: Style, mode: ReadingMode) -> object:
    style = style._replace(name=name)
    if style.style == "deepObject" or any(spelled != name for spelled, _ in pairs):
        return read_deep(pairs, style, kind, mode)
    texts = [text for _, text in pairs]
    is_list = "array" in kind.types and (len(texts) > 1 or not kind.is_any)
    if style.style == "form" and style.explode and is_list:
        whole = decoded(texts[0], style.escapes) if len(texts) == 1 and _has_objects(kind) else ""
        return read_json(whole) if whole.startswith("[") else read_many(texts, style, kind, mode)
    if len(texts) > 1:
        raise UnreadableError("must be sent only once")
    if style.style == "form" and style.explode:
        # An object in one field is JSON: OpenAPI has no form for it.
        style = style._replace(style="content", is_json=True) if kind.types == {"object"} else style
    return read_one(texts[0], style, kind, mode)


def _has_objects(kind: Kind) -> bool:
    """Whether each item of an array must be an object or null.

    If so, a text in brackets is not an item, but the whole array.
    """
    return kind.items is not None and not kind.items.types - {"object", "null"}


def _read_json(pairs: list[Pair], kind: Kind, mode: ReadingMode) -> object:
    """Read texts of JSON. The text of an array is the whole array, or its only item.

    OpenAPI sends each item as a part (Encoding Object); many clients send one part with the whole array.
    """
    first, *others = values = [read_json(decoded(text, "none")) for _, text in pairs]
    if "array" not in kind.types:
        if others:
            raise UnreadableError("must be sent only once")
        return first
    has_arrays = kind.items is not None and not kind.items.is_any and "array" in kind.items.types
    is_item = has_arrays and mode == TEXTUAL and isinstance(first, list)
    return values if others or is_item or not is_of_type(first, [*kind.types]) else first


def _is_in(pointer: str, places: tuple[str, ...]) -> bool:
    return any(pointer == place or pointer.startswith(place + "/") for place in places)


def _aliases(name: str) -> set[str]:
    """Return the fields, folded, that some framework may set by a name."""
    plain = name.lstrip("_!")
    # Spring and ASP.NET read `user.role` as a member of `user`; Spring reads `_name` and `!name` as a mark and a default of
    # `name`.
    return {_field_of(name), _field_of(plain), fold_field(plain.partition("[")[0].partition(".")[0])}


def _field_of(name: str) -> str:
    field, bracket, rest = name.partition("[")
    # PHP reads `a[b` as `a_b`, if no `]` follows.
    return fold_field(f"{field}_{rest}" if bracket and "]" not in rest else field)


def _pair(name: str, text: bytes) -> bytes:
    return f"{escape(name)}={escape_octets(text)}".encode()


def _name_of(pair: bytes) -> str:
    return unquote_to_bytes(pair.partition(b"=")[0].replace(b"+", b" ")).decode(errors="replace")
