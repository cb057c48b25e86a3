"""The canonical form of a value: the same bytes in every process for equal values, and other bytes for others.

Each field of a record, a dataclass or a named tuple, is part of it unless a rule says what stands there instead, so a field that
is added later is in it too. A field that `repr` hides holds a secret, or may: without a rule it is refused. Of another class the
form has what its rules name.
"""

from __future__ import annotations

import dataclasses
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class LeftOut:
    """The rule for a field that is not part of the form, and why it is not."""

    because: str


Rule: TypeAlias = "LeftOut | Callable[[Any], object]"
"""The rule for a field: it is left out, or what the function returns stands for it."""
Rules: TypeAlias = "Mapping[type, Mapping[str, Rule]]"
"""By the class of a record and the name of the field."""


def as_it_is(value: Any) -> object:
    """Let a field that `repr` hides be part of the form; what is secret in it has rules of its own."""
    return value


def canonical(value: object, rules: Rules) -> bytes:
    """Return the canonical form.

    Mappings and sets have no order, sequences have theirs. Two records are equal if their class has the same name and all
    fields are equal.

    Raises:
        TypeError: a value has no fixed form, or a hidden field has no rule.
    """
    return _Former(rules).form(value)


class _Former:
    """Forms values. A record that stands in many places is formed once, as the gates of several consumers share most."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._fields: dict[type, list[tuple[str, Callable[[Any], object]]]] = {}
        # With the record itself, so that no other one can get its id.
        self._formed: dict[int, tuple[object, bytes]] = {}

    def form(self, value: Any) -> bytes:
        match value:
            case str():
                return _framed(b"text", value.encode(errors="surrogatepass"))
            case bytes():
                return _framed(b"bytes", value)
            case None | bool() | int() | float():
                return _framed(type(value).__name__.encode(), repr(value).encode())
            case frozenset() | set():
                return _framed(b"set", b"".join(sorted(map(self.form, value))))
            case dict():
                return _framed(b"mapping", b"".join(sorted(self.form(k) + self.form(v) for k, v in value.items())))
            case tuple() | list() if not hasattr(value, "_fields"):
                return _framed(b"sequence", b"".join(map(self.form, value)))
            case _:
                return self._form_record(value)

    def _form_record(self, value: Any) -> bytes:
        kept = self._formed.get(id(value))
        if kept is None:
            kind = type(value)
            if kind not in self._fields:
                self._fields[kind] = [*_fields_of(kind, self._rules.get(kind, {}))]
            parts = [_framed(b"record", kind.__name__.encode())]
            for name, stand_in in self._fields[kind]:
                parts += _framed(b"field", name.encode()), self.form(stand_in(getattr(value, name)))
            kept = self._formed[id(value)] = value, _framed(b"sha256", sha256(b"".join(parts)).digest())
        return kept[1]


def _fields_of(kind: type, rules: Mapping[str, Rule]) -> Iterable[tuple[str, Callable[[Any], object]]]:
    for name, is_hidden in _declared(kind, rules):
        if is_hidden and name not in rules:
            raise TypeError(f"{kind.__name__}.{name} is hidden from `repr`: it needs a rule to be in a canonical form")
        if not isinstance(rule := rules.get(name, as_it_is), LeftOut):
            yield name, rule


def _declared(kind: type, rules: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """Name the fields, and say which of them `repr` hides."""
    if dataclasses.is_dataclass(kind):
        return ((field.name, not field.repr) for field in dataclasses.fields(kind))
    if issubclass(kind, tuple):
        return ((name, False) for name in kind._fields)  # type: ignore[attr-defined]  # a named tuple
    if rules:
        return ((name, False) for name in rules)
    raise TypeError(f"{kind.__name__} has no canonical form: it is no record, and no rule is for it")


def _framed(kind: bytes, content: bytes) -> bytes:
    """Say how long it is, so that no two values can run into the same bytes."""
    return b"%b %d:%b" % (kind, len(content), content)
