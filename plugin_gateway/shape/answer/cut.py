"""A cut: the part of a JSON value that is kept, as a tree of its members and items.

A branch of the tree is True for a whole value, False for a value that is left out, or a cut for a part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from plugin_gateway.openapi.refs import index_of
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.openapi.refs import Tokens

Branch: TypeAlias = "Cut | bool"

UNLIMITED: Final = -1


class Cut:
    """The branches of one value. Immutable."""

    __slots__ = ("each", "inner", "is_lenient", "left_out", "most_items", "named", "other")

    def __init__(
        self,
        named: Mapping[str, Branch],
        *,
        other: Branch,
        each: Branch | None = None,
        is_lenient: bool,
        most_items: int = UNLIMITED,
    ) -> None:
        self.named = dict(named)
        self.other = other
        """The branch of members that `named` does not have."""
        self.each: Branch = self if each is None else each
        """The branch of items. If the pointers name a member, it is the cut itself: some APIs answer with an array where their
        document promises one object."""
        self.is_lenient = is_lenient
        """Whether a scalar in this place is kept; null always is. Where only named members are kept, a scalar is left out."""
        self.most_items = most_items
        self.left_out = tuple(name for name, branch in self.named.items() if branch is False)
        self.inner = tuple((name, branch) for name, branch in self.named.items() if isinstance(branch, Cut))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cut) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((tuple(self.named), self.is_lenient, self.most_items))

    def _fields(self) -> tuple[object, ...]:
        each = None if self.each is self else self.each
        return self.named, self.other, each, self.is_lenient, self.most_items

    def member(self, name: str) -> Branch:
        """Return the branch of a member."""
        return self.named.get(name, self.other)


def kept(pointers: Iterable[Tokens]) -> Branch:
    """Return the branch that keeps only these places."""
    branch: Branch = False
    for pointer in pointers:
        branch = either(branch, _path(pointer, end=True, rest=False))
    return branch


def dropped(pointers: Iterable[Tokens]) -> Branch:
    """Return the branch that drops only these places."""
    branch: Branch = True
    for pointer in pointers:
        branch = both(branch, _path(pointer, end=False, rest=True))
    return branch


def limited(limits: Iterable[tuple[Tokens, int]]) -> Branch:
    """Return the branch that cuts the arrays at these places to their first items."""
    branch: Branch = True
    for pointer, most_items in limits:
        end = Cut({}, other=True, each=True, is_lenient=True, most_items=most_items)
        branch = both(branch, _path(pointer, end=end, rest=True))
    return branch


def _path(pointer: Tokens, *, end: Branch, rest: bool) -> Branch:
    """Return the branch of a value with `end` at the pointer and `rest` at every other place."""
    branch = end
    for token in reversed(pointer):
        if token == ANY:
            branch = Cut({}, other=branch, each=branch, is_lenient=rest)
        else:
            branch = Cut({token: branch}, other=rest, is_lenient=rest)
    return branch


def both(first: Branch, second: Branch) -> Branch:
    """Return the branch that keeps the places that both branches keep."""
    if isinstance(first, bool):
        return second if first else False
    if isinstance(second, bool):
        return first if second else False
    is_own = first.each is first and second.each is second
    limits = [most for most in (first.most_items, second.most_items) if most != UNLIMITED]
    return Cut(
        {name: both(first.member(name), second.member(name)) for name in {**first.named, **second.named}},
        other=both(first.other, second.other),
        each=None if is_own else both(first.each, second.each),
        is_lenient=first.is_lenient and second.is_lenient,
        most_items=min(limits, default=UNLIMITED),
    )


def either(first: Branch, second: Branch) -> Branch:
    """Return the branch that keeps the places that at least one of the branches keeps. Neither may have limits."""
    if isinstance(first, bool):
        return True if first else second
    if isinstance(second, bool):
        return True if second else first
    is_own = first.each is first and second.each is second
    return Cut(
        {name: either(first.member(name), second.member(name)) for name in {**first.named, **second.named}},
        other=either(first.other, second.other),
        each=None if is_own else either(first.each, second.each),
        is_lenient=first.is_lenient or second.is_lenient,
    )


def keeps(branch: Branch, tokens: Tokens) -> bool:
    """Whether a branch keeps any part of the value at a pointer without `*`."""
    for token in tokens:
        if not isinstance(branch, Cut):
            break
        branch = branch.each if index_of(token) is not None and token not in branch.named else branch.member(token)
    return branch is not False


LEFT_OUT: Final = object()
"""Marks a value that is dropped completely."""


def cut_value(value: Any, branch: Branch) -> Any:
    """Cut a value of Python, such as an example of the document; return LEFT_OUT if it is dropped completely."""
    if isinstance(branch, bool):
        return value if branch else LEFT_OUT
    if isinstance(value, dict):
        members = ((name, cut_value(one, branch.member(str(name)))) for name, one in value.items())
        return {name: one for name, one in members if one is not LEFT_OUT}
    if isinstance(value, list):
        items = value if branch.most_items == UNLIMITED else value[: branch.most_items]
        return [one for one in (cut_value(item, branch.each) for item in items) if one is not LEFT_OUT]
    return value if value is None or branch.is_lenient else LEFT_OUT
