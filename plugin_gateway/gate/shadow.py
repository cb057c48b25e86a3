"""A shadow: a denied operation that could be reached through the parameters of an allowed one.

`GET /pets/{petId}` is allowed, `GET /pets/export` is not: a call of `/pets/export` matches the template and reaches the
denied operation. So does `/pets/EXPORT`, `/pets/%65xport` or `/pets/export.json` where the origin cleans paths before it
routes them. Each allowed route carries the shadows that lie on it, and nothing else of the document, as a guard.

A denied template lies on an allowed one when it has a literal where the allowed one leaves the value to the client, and
the rest of the two fits. One that has none there (the denied `/pets/{id}` beside the allowed `/pets/mine`) is the less
specific of the two and wins nowhere.

Some origins serve a path by its beginning and pass on the rest (CGI's PATH_INFO, Go's and Express's subtree routes). There
`/pets/export/meta` is `/pets/export`, so a denied template lies on longer allowed ones too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.gate.alias import is_alias
from plugin_gateway.gate.template import Pattern, fold_symbols
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.gate.template import PathTemplate, Segment

Readings: TypeAlias = "Callable[[int], tuple[str, ...]]"


@dataclass(frozen=True, slots=True)
class Condition:
    """One segment of a shadow that its call must have: a folded literal, or folded patterns of which one must match."""

    index: int
    literal: str = ""
    patterns: tuple[Pattern, ...] = ()

    def holds(self, names: Iterable[str]) -> bool:
        if self.patterns:
            return any(p.matches(name) or p.matches(name.rstrip(".")) for name in names for p in self.patterns)
        return any(is_alias(name, self.literal) for name in names)


ANYTHING = (Pattern("", (), 1, ""),)

Shadow: TypeAlias = tuple[Condition, ...]
_Heads: TypeAlias = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """The shadows on one route, found by what they begin with, so that cost does not grow with their number."""

    heads: tuple[tuple[int, Mapping[str, tuple[Shadow, ...]]], ...]
    """For a segment index: the shadows whose first literal is there, by that literal up to its first separator."""
    patterned: tuple[Shadow, ...]

    def find(self, readings: Readings) -> Shadow | None:
        """The denied operation that an origin may take the call for, as its conditions."""
        for index, by_head in self.heads:
            for name in readings(index):
                for shadow in by_head.get(name.partition(".")[0], ()):
                    if _falls(shadow, readings):
                        return shadow
        return next((shadow for shadow in self.patterned if _falls(shadow, readings)), None)


class DeniedPaths:
    """The document's paths that the allow-list leaves out, as seen by a call with one method."""

    def __init__(
        self,
        operations: Iterable[OperationKey],
        allowed: frozenset[OperationKey],
        templates: Mapping[str, PathTemplate],
    ) -> None:
        """Keep the keys of all operations, which of them are allowed, and the parsed template of each path."""
        self._declared, self._allowed = frozenset(operations), allowed
        self._by_length: dict[int, _Branch] = {}
        for template in templates.values():
            self._by_length.setdefault(len(template.trimmed), _Branch()).add(template)

    def guard(self, route: PathTemplate, method: str) -> Guard | None:
        """The guard of an allowed template, None when no denied one lies on it."""
        ours = _heads(route)
        shadows = dict.fromkeys(
            shadow
            for length in self._by_length
            if length <= len(ours)
            for template in self._near(ours[:length], method)
            if (shadow := cast_shadow(template, route))
        )
        return _index(shadows) if shadows else None

    def deep_guards(self, route: PathTemplate, method: str, first_slashed: int) -> dict[int, Guard]:
        """The guards for calls whose encoded slashes an origin may decode, by the number of segments that gives.

        Their readings are those of the path cut at the encoded slashes too; `first_slashed` is the first that may hold one.
        """
        guards: dict[int, Guard] = {}
        for length in self._by_length:
            shadows = dict.fromkeys(
                shadow
                for template in self._near((None,) * length, method)
                if (shadow := cast_deep_shadow(template, route, first_slashed))
            )
            if shadows and length > len(route.trimmed):
                guards[length] = _index(shadows)
        return guards

    def deep_beginnings(self, route: PathTemplate, method: str, first_slashed: int) -> Guard | None:
        """The guard for the same calls where an origin takes the beginning of the cut path for all of it.

        Only a literal within what the client chooses tells: with `/tree/{a}/{b}` denied, every longer `/tree/{path}` would be
        refused. Checking a config warns of that.
        """
        shadows = dict.fromkeys(
            (*shadow, Condition(length + 1, "", ANYTHING))
            for length in self._by_length
            for template in self._near((None,) * length, method)
            if (shadow := cast_deep_shadow(template, route, first_slashed)) and shadow[-1].index >= first_slashed
        )
        return _index(shadows) if shadows else None

    def _near(self, heads: _Heads, method: str) -> Iterator[PathTemplate]:
        """Find the templates of this length that are denied to `method` and that no literal keeps off these heads."""
        for template in self._by_length[len(heads)].near(heads):
            if self._is_denied(template, method):
                yield template

    def _is_denied(self, template: PathTemplate, method: str) -> bool:
        """Say whether a template is denied to `method`.

        A concrete path that the document has belongs to its own path item whatever the method, so it is denied to a method
        that is not allowed there even if nothing is declared for it.
        """
        key = OperationKey(method, template.text)
        if method == "HEAD" and key not in self._declared:
            key = OperationKey("GET", template.text)
        return key not in self._allowed and (template.is_concrete or key in self._declared)


class _Branch:
    """Templates of one length by their heads, so that compiling a thousand guards does not look at a million pairs."""

    def __init__(self) -> None:
        self.branches: dict[str | None, _Branch] = {}
        self.templates: list[PathTemplate] = []

    def add(self, template: PathTemplate) -> None:
        branch = self
        for head in _heads(template):
            branch = branch.branches.setdefault(head, _Branch())
        branch.templates.append(template)

    def near(self, heads: _Heads) -> Iterator[PathTemplate]:
        """Templates of which no literal rules out that they lie on one with these heads."""
        level = [self]
        for head in heads:
            if head is None:
                level = [below for branch in level for below in branch.branches.values()]
            else:
                level = [below for branch in level for key in (head, None) if (below := branch.branches.get(key))]
        for branch in level:
            yield from branch.templates


def cast_shadow(denied: PathTemplate, route: PathTemplate) -> Shadow:
    """What a call on `route` must have so that an origin may take it, or its beginning, for `denied`; empty when it never can."""
    theirs, ours = denied.trimmed, route.trimmed
    if len(theirs) > len(ours):
        return ()
    conditions: list[Condition] = []
    for index, (their, our) in enumerate(zip(theirs, ours, strict=False), 1):
        if our.literal is not None:
            # Case alone tells nothing apart here: with no condition besides (`/Users/{id}` beside the allowed
            # `/users/{name}`) the client has no letter to vary; with one, an origin that folds case may get there.
            if not _covers_folded(their, our.literal):
                return ()
        elif their.literal == "":
            return ()  # a value that some origin takes for nothing is refused before it gets here
        elif not their.covers(our):
            conditions.append(_condition(index, their))
    return tuple(conditions)


def cast_deep_shadow(denied: PathTemplate, route: PathTemplate, first_slashed: int) -> Shadow:
    """The same for a call of `route` cut at its encoded slashes."""
    for their, our in zip(denied.trimmed[: first_slashed - 1], route.trimmed, strict=False):
        if our.literal is not None and not _covers_folded(their, our.literal):
            return ()
    return tuple(_condition(index, their) for index, their in enumerate(denied.trimmed, 1) if not their.is_parameter)


def _heads(template: PathTemplate) -> _Heads:
    """Its literals, each up to its first separator: where two differ, neither is an alias of the other."""
    return tuple(None if segment.literal is None else _head(segment.literal) for segment in template.trimmed)


@lru_cache(maxsize=4096)  # the paths of a document have few literals, each many times
def _head(literal: str) -> str:
    return fold_symbols(literal).partition(".")[0]


def _covers_folded(segment: Segment, literal: str) -> bool:
    return segment.is_parameter or _condition(0, segment).holds((fold_symbols(literal),))


def _condition(index: int, segment: Segment) -> Condition:
    if segment.literal is not None:
        return Condition(index, fold_symbols(segment.literal))
    return Condition(index, "", segment.folded())


def _falls(shadow: Shadow, readings: Readings) -> bool:
    return all(condition.holds(readings(condition.index)) for condition in shadow)


def _index(shadows: Iterable[Shadow]) -> Guard:
    heads: dict[int, dict[str, list[Shadow]]] = {}
    patterned: list[Shadow] = []
    for shadow in shadows:
        first = next((condition for condition in shadow if not condition.patterns), None)
        if first is None:
            patterned.append(shadow)
        else:
            heads.setdefault(first.index, {}).setdefault(first.literal.partition(".")[0], []).append(shadow)
    return Guard(_freeze(heads), tuple(patterned))


def _freeze(
    heads: Mapping[int, Mapping[str, Sequence[Shadow]]],
) -> tuple[tuple[int, Mapping[str, tuple[Shadow, ...]]], ...]:
    return tuple(
        (index, {head: tuple(shadows) for head, shadows in by_head.items()}) for index, by_head in sorted(heads.items())
    )
