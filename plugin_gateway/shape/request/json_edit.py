"""A JSON edit: removes members from a JSON text and sets others, and leaves every other byte as it came.

Numbers keep their digits: `1.10`, `1e400` and 64-bit ids mean something to the upstream that a decoder would lose. Many
frameworks bind names without regard to case, so a member is removed and set in every such spelling.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw

from plugin_gateway.openapi.refs import index_of, join_pointer
from plugin_gateway.shape.pointer import ANY, step
from plugin_gateway.shape.values.json_text import json_octets
from plugin_gateway.shape.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.pointer import Pointers

_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_items: Final = msgspec.json.Decoder(list[Raw]).decode
_ENTRY: Final = re.compile(rb'[ \t\r\n]*+[{,]([ \t\r\n]*+"(?:[^"\\]|\\.)*+"[ \t\r\n]*+:[ \t\r\n]*+)', re.DOTALL)
_ITEM: Final = re.compile(rb"[ \t\r\n]*+[\[,]([ \t\r\n]*+)")
_PLAIN: Final = re.compile(rb"[a-z0-9_\-$.@:]+")
_OBJECT: Final = 0x7B
_ARRAY: Final = 0x5B


class Edit(NamedTuple):
    """What happens to the members of one object, or to the items of one array."""

    named: Mapping[str, Step]
    folded: Mapping[str, Step]
    """By case-folded name, for names that are in `named` in another spelling."""
    other: Step
    sets: Mapping[str, bytes]
    """The members to add if they are missing, as JSON. Objects contain the members that are set in them."""
    is_for_objects: bool
    """Whether no pointer leads into an array here."""
    is_for_arrays: bool = False
    """Whether the value must be an array. Some servers take one object for an array of it, and no pointer leads into that."""
    words: tuple[bytes, ...] = ()
    """Names in lower case. A text without any of them stays unchanged. Empty if any text may change."""

    def below(self, name: str) -> Step:
        found = self.named.get(name, _MISSING)
        if isinstance(found, str):
            found = self.folded.get(name.casefold(), self.other)
        return found


Step: TypeAlias = "Edit | bool | None"
"""What happens to one member: it stays (True), goes (False), is set (None), or is changed below."""
_MISSING: Final = "missing"


class WrongTypeError(ValueError):
    """Raised for a body in which a pointer of gateway.yaml meets a value of another type."""

    def __init__(self, place: Tokens, expected: str = "an object") -> None:
        """Take the place of the value, and what it must be."""
        self.problem = Problem(join_pointer(place), f"must be {expected}")
        super().__init__(self.problem)


def compile_edit(
    keep: Pointers | None, drop: Pointers, fixed: Mapping[Tokens, bytes], arrays: Pointers = frozenset()
) -> Step:
    """Compile the edit of a whole body.

    `keep` is None to keep all; `fixed` are JSON values by their place; `arrays` are the places that must be arrays.
    """
    if not drop and not fixed and (keep is None or () in keep):
        return True
    names = {tokens[0] for tokens in (*(keep or ()), *drop, *fixed) if tokens[0] != ANY}
    named = {name: _below(name, keep, drop, fixed, arrays) for name in sorted(names)}
    folded: dict[str, Step] = {name.casefold(): one for name, one in named.items() if one is not True}
    sets: dict[str, bytes] = {}
    for name, one in named.items():
        if one is None:
            sets[name] = next(
                value
                for tokens, value in fixed.items()
                if len(tokens) == 1 and tokens[0].casefold() in {name.casefold(), ANY}
            )
        elif isinstance(one, Edit) and one.sets and any(tokens[0].casefold() == name.casefold() for tokens in fixed):
            sets[name] = _written(one)
    other = _below(ANY, keep, drop, fixed, arrays)
    is_for_objects = not isinstance(other, Edit) and any(index_of(name) is None for name in named)
    words = tuple(tokens[-1].lower().encode() for tokens in drop) if keep is None and not fixed else ()
    if not all(map(_PLAIN.fullmatch, words)):
        words = ()
    return Edit(named, folded, other, sets, is_for_objects, () in arrays, words)


def edit(text: bytes, change: Step) -> bytes:
    """Edit a body that `json_reading` could read, and so has no name twice in an object.

    Raises:
        WrongTypeError: a pointer leads through a value of another type.
    """
    if not isinstance(change, Edit):
        return text
    words = change.words
    if words and text.isascii() and b"\\" not in text:
        # Most bodies have no member to remove.
        lowered = text.lower()
        if not any(word in lowered for word in words):
            return text
    plain = text.strip(b" \t\r\n")
    edited = _edited(plain, change, ())
    return text if edited == plain else edited


def leaves(change: Step, tokens: Tokens) -> bool:
    """Whether an edit that removes members keeps the scalar whose place a name such as `a[b][0]` spells.

    Raises:
        WrongTypeError: a pointer leads through a value of another type.
    """
    for depth, token in enumerate(tokens):
        if not isinstance(change, Edit):
            break
        is_item = not token or token.lstrip("-").isdigit()
        if is_item and change.is_for_objects:
            raise WrongTypeError(tokens[:depth])
        if not is_item and change.is_for_arrays:
            raise WrongTypeError(tokens[:depth], "an array")
        change = change.below(token)
    if isinstance(change, Edit):
        raise WrongTypeError(tokens, "an array" if change.is_for_arrays else "an object")
    return change is True


def _edited(text: bytes, change: Edit, place: Tokens) -> bytes:
    first = text[0]
    if first == _OBJECT:
        if change.is_for_arrays:
            raise WrongTypeError(place, "an array")
        return _edited_members(text, change, place)
    if first == _ARRAY:
        return _edited_items(text, change, place)
    if change.sets:
        raise WrongTypeError(place)
    return text


def _edited_members(text: bytes, change: Edit, place: Tokens) -> bytes:
    entries: list[bytes] = []
    missing = dict(change.sets)
    is_changed = False
    at = 0
    for name, value in _members(text).items():
        found = _ENTRY.match(text, at)
        if found is None:
            raise AssertionError(name)
        at = found.end() + len(value)
        step_ = change.below(name)
        if step_ is True:
            entries.append(text[found.start(1) : at])
        elif isinstance(step_, Edit):
            new = _edited(text[found.end() : at], step_, (*place, name))
            is_changed = is_changed or new != text[found.end() : at]
            entries.append(found[1] + new)
            for wanted in [wanted for wanted in missing if wanted.casefold() == name.casefold()]:
                del missing[wanted]
        else:
            is_changed = True
    if missing:
        is_changed = True
        entries += [json_octets(name) + b":" + value for name, value in missing.items()]
    return b"{" + b",".join(entries) + b"}" if is_changed else text


def _edited_items(text: bytes, change: Edit, place: Tokens) -> bytes:
    if change.is_for_objects:
        # Some frameworks unwrap an array of one object.
        raise WrongTypeError(place)
    entries: list[bytes] = []
    is_changed = False
    at = 0
    for index, value in enumerate(_items(text)):
        found = _ITEM.match(text, at)
        if found is None:
            raise AssertionError(index)
        at = found.end() + len(value)
        step_ = change.below(str(index))
        if step_ is True:
            entries.append(text[found.start(1) : at])
        elif isinstance(step_, Edit):
            new = _edited(text[found.end() : at], step_, (*place, str(index)))
            is_changed = is_changed or new != text[found.end() : at]
            entries.append(found[1] + new)
        else:
            is_changed = True
    return b"[" + b",".join(entries) + b"]" if is_changed else text


def _below(name: str, keep: Pointers | None, drop: Pointers, fixed: Mapping[Tokens, bytes], arrays: Pointers) -> Step:
    folded = {ANY, name.casefold()}
    settings = {tokens[1:]: value for tokens, value in fixed.items() if tokens[0].casefold() in folded}
    if () in settings:
        return None
    dropped = frozenset(tokens[1:] for tokens in drop if tokens[0].casefold() in folded)
    kept = None if keep is None else step(keep, name)
    if () in dropped or (kept is not None and not kept and not settings):
        return False
    inner = frozenset(tokens[1:] for tokens in arrays if tokens and tokens[0].casefold() in folded)
    return compile_edit(None if kept is None or () in kept else kept, dropped, settings, inner)


def _written(change: Edit) -> bytes:
    return b"{" + b",".join(json_octets(name) + b":" + value for name, value in change.sets.items()) + b"}"
