"""The canonical form of a value: equal values have the same bytes in every process, and different values different bytes.

A record is a `msgspec.Struct`, a named tuple or a dataclass. Its form has each of its fields, unless a rule replaces the field
or leaves it out; so a field that is added later is in the form, too. A field that `Discreet` hides may hold a secret, so it
must have a rule. The form of any other class has the attributes that its rules name.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Omitted(Struct, frozen=True):
    """The rule for a field that is not part of the form, with the reason."""

    because: str


Rule: TypeAlias = "Omitted | Callable[[Any], object]"
"""The rule for a field: it is left out, or the function's result replaces it."""
Rules: TypeAlias = "Mapping[type, Mapping[str, Rule]]"
"""The rules, by the class of a record and the name of the field."""


def as_it_is(value: Any) -> object:
    """Let a hidden field be part of the form; the secrets in it have their own rules."""
    return value


def canonical(value: object, rules: Rules) -> bytes:
    """Return the canonical form.

    The order of sequences matters; the order of mappings and sets does not. Two records are equal if their classes have the
    same name and all their fields are equal.

    Raises:
        TypeError: a value has no fixed form, or a hidden field has no rule.
    """
    return _Former(rules).form(value)


class _Former:
    """Forms values. A record is formed once even if it occurs often, because the gates of consumers share most of theirs."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._fields: dict[type, list[tuple[str, Callable[[Any], object]]]] = {}
        # Keeps a reference to the record, so that its id is not reused.
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
        if not isinstance(rule := rules.get(name, as_it_is), Omitted):
            yield name, rule


def _declared(kind: type, rules: Iterable[str]) -> Iterable[tuple[str, bool]]:
    """Yield the fields, and whether `repr` hides each."""
    if issubclass(kind, Struct):
        hidden = kind.HIDDEN if issubclass(kind, Discreet) else ()
        return ((name, name in hidden) for name in kind.__struct_fields__)
    if is_dataclass(kind):
        return ((field.name, not field.repr) for field in fields(kind))
    if issubclass(kind, tuple):
        return ((name, False) for name in kind._fields)  # type: ignore[attr-defined]  # a named tuple
    if rules:
        return ((name, False) for name in rules)
    raise TypeError(f"{kind.__name__} has no canonical form: it is not a record and has no rules")


def _framed(kind: bytes, content: bytes) -> bytes:
    """Prefix the content with its kind and length, so that different values cannot have the same bytes."""
    return b"%b %d:%b" % (kind, len(content), content)
