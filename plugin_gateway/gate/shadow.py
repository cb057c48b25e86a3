"""A shadow: an operation that could be reached through the parameters of an allowed one, and must not be.

Suppose `GET /pets/{petId}` is allowed and `GET /pets/export` is not. A call of `/pets/export` matches the template and
reaches the denied operation. So does `/pets/EXPORT`, `/pets/%65xport` or `/pets/export.json`, if the origin cleans paths
before it routes them. Each allowed route has a guard with the shadows that lie on it.

An allowed operation casts a shadow, too, if gateway.yaml gives it other terms, such as an approval: `/pets/p%75rge` must not
pass as a call of `/pets/{petId}` if calls of `/pets/purge` wait for a person.

A denied template lies on an allowed one if it has a literal where the allowed one has a parameter, and the other segments
fit. A denied template without such a literal (`/pets/{id}` beside the allowed `/pets/mine`) is less specific than the allowed
one, so it never wins.

Some origins serve a path by its beginning and pass on the rest (CGI's PATH_INFO, Go's and Express's subtree routes). They
serve `/pets/export/meta` as `/pets/export`, so a denied template also lies on longer allowed ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

from plugin_gateway.gate.alias import is_alias
from plugin_gateway.gate.template import Pattern, fold_symbols, parse_template
from plugin_gateway.openapi.document import OperationKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.gate.template import PathTemplate, Segment

Readings: TypeAlias = "Callable[[int], tuple[str, ...]]"


class Condition(Struct, frozen=True):
    """What one segment of a call must be for a shadow to match: a folded literal, or any of several folded patterns."""

    index: int
    literal: str = ""
    patterns: tuple[Pattern, ...] = ()

    def holds(self, names: Iterable[str]) -> bool:
        if self.patterns:
            return any(p.matches(name) for name in names for p in self.patterns)
        return any(is_alias(name, self.literal) for name in names)


ANYTHING = (Pattern("", (), 1, ""),)

Shadow: TypeAlias = tuple[Condition, ...]
_Heads: TypeAlias = tuple[str | None, ...]


class Terms(NamedTuple):
    """What gateway.yaml asks of the calls of one operation besides its document."""

    is_held: bool = False
    """A person must approve each call."""
    others: tuple[object, ...] = ()
    """Everything else. Terms are only compared."""


NO_TERMS = Terms()


class Guard(Struct, frozen=True):
    """The shadows on one route, indexed by their first literal, so that cost does not grow with their number."""

    heads: tuple[tuple[int, Mapping[str, tuple[Shadow, ...]]], ...]
    """For each segment index, the shadows whose first literal is there, by that literal up to its first separator."""
    patterned: tuple[Shadow, ...]

    def find(self, readings: Readings) -> Shadow | None:
        """Find the denied operation that an origin may serve for the call, as the conditions that it matched."""
        for index, by_head in self.heads:
            for name in readings(index):
                for shadow in by_head.get(name.partition(".")[0], ()):
                    if _falls(shadow, readings):
                        return shadow
        return next((shadow for shadow in self.patterned if _falls(shadow, readings)), None)


NO_SHADOWS = Guard((), ())


class DeniedPaths:
    """The paths of the document that some route must not reach, indexed to find the shadows of each route."""

    def __init__(
        self,
        operations: Iterable[OperationKey],
        allowed: Mapping[OperationKey, Terms],
        templates: Mapping[str, PathTemplate],
    ) -> None:
        """Index all operations.

        `allowed` has the terms of the allowed operations, `templates` the parsed template of each path.
        """
        self._declared, self._allowed = frozenset(operations), allowed
        self._by_length = _branches(tuple(templates))

    def guard(self, route: PathTemplate, method: str) -> Guard | None:
        """Return the guard of an allowed template, or None if no denied template lies on it.

        A path that begins like a denied or held operation is refused. A path that only begins like an operation with other
        terms is not: few servers serve `/users/me/orders` as `/users/me`.
        """
        ours = _heads(route)
        terms = self._terms(route, method)
        shadows = dict.fromkeys(
            shadow
            for length in self._by_length
            if length <= len(ours)
            for template in self._near(ours[:length], method, terms, is_longer=length < len(ours))
            if (shadow := cast_shadow(template, route))
        )
        return _index(shadows) if shadows else None

    def deep_guards(self, route: PathTemplate, method: str, first_slashed: int) -> dict[int, Guard]:
        """Return the guards for calls whose encoded slashes an origin may decode, by the resulting number of segments.

        They cut the path at its encoded slashes, too; `first_slashed` is the first segment that may hold one.
        """
        guards: dict[int, Guard] = {}
        terms = self._terms(route, method)
        for length in self._by_length:
            shadows = dict.fromkeys(
                shadow
                for template in self._near((None,) * length, method, terms)
                if (shadow := cast_deep_shadow(template, route, first_slashed))
            )
            guards[length] = _index(shadows)
        return guards

    def deep_beginnings(self, route: PathTemplate, method: str, first_slashed: int) -> Guard:
        """Return the guard for the same calls on an origin that serves the cut path by its beginning.

        Only denied templates with a literal in the client's part count: otherwise a denied `/tree/{a}/{b}` would refuse every
        longer `/tree/{path}`. `gate.slashed` warns of those templates.
        """
        shadows = dict.fromkeys(
            (*shadow, Condition(length + 1, patterns=ANYTHING))
            for length in self._by_length
            for template in self._near((None,) * length, method, self._terms(route, method), is_longer=True)
            if (shadow := cast_deep_shadow(template, route, first_slashed)) and shadow[-1].index >= first_slashed
        )
        return _index(shadows)

    def _near(self, heads: _Heads, method: str, terms: Terms, *, is_longer: bool = False) -> Iterator[PathTemplate]:
        """Find templates of this length that are denied to calls by `method` on a route with these terms.

        Their literals do not contradict these heads. `is_longer` says that the calls are longer than the templates.
        """
        for template in self._by_length[len(heads)].near(heads):
            if self._is_denied(template, method, terms, is_longer=is_longer):
                yield template

    def _is_denied(self, template: PathTemplate, method: str, terms: Terms, *, is_longer: bool) -> bool:
        """Whether a template is denied to `method`, or is of an operation with other terms.

        A concrete path in the document always matches its own path item (OpenAPI). So it is denied to each method that is
        not allowed there, even to one that is not declared there.
        """
        key = self._key(template, method)
        if (theirs := self._allowed.get(key)) is not None:
            return theirs not in (NO_TERMS, terms) and (theirs.is_held or not is_longer)
        return template.is_concrete or key in self._declared

    def _terms(self, route: PathTemplate, method: str) -> Terms:
        return self._allowed.get(self._key(route, method), NO_TERMS)

    def _key(self, template: PathTemplate, method: str) -> OperationKey:
        key = OperationKey(method, template.text)
        return OperationKey("GET", template.text) if method == "HEAD" and key not in self._declared else key


@lru_cache(maxsize=1)
def _branches(paths: tuple[str, ...]) -> Mapping[int, _Branch]:
    """Return a tree for each number of segments.

    The console compiles the same document again when a person ticks an operation.
    """
    by_length: dict[int, _Branch] = {}
    for template in map(parse_template, paths):
        by_length.setdefault(len(template.trimmed), _Branch()).add(template)
    return by_length


class _Branch:
    """A tree of templates of one length, by their heads.

    With it, compiling a thousand guards does not compare a million pairs.
    """

    def __init__(self) -> None:
        self.branches: dict[str | None, _Branch] = {}
        self.templates: list[PathTemplate] = []

    def add(self, template: PathTemplate) -> None:
        branch = self
        for head in _heads(template):
            branch = branch.branches.setdefault(head, _Branch())
        branch.templates.append(template)

    def near(self, heads: _Heads) -> Iterator[PathTemplate]:
        """Yield the templates whose literals do not contradict these heads."""
        level = [self]
        for head in heads:
            if head is None:
                level = [below for branch in level for below in branch.branches.values()]
            else:
                level = [below for branch in level for key in (head, None) if (below := branch.branches.get(key))]
        for branch in level:
            yield from branch.templates


def cast_shadow(denied: PathTemplate, route: PathTemplate) -> Shadow:
    """Return the conditions under which an origin may serve `denied` for a call on `route`; empty if it never can."""
    theirs, ours = denied.trimmed, route.trimmed
    if len(theirs) > len(ours):
        return ()
    conditions: list[Condition] = []
    for index, their in enumerate(theirs):
        our = ours[index]
        if our.literal is not None:
            # Literals that differ only in case count as equal: an origin may fold case. If that gives no condition
            # (`/Users/{id}` beside the allowed `/users/{name}`), there is no shadow, as the client cannot vary the literal.
            if not _covers_folded(their, our.literal):
                return ()
        elif their.literal == "":
            return ()  # `gate.target` refuses values that an origin may reduce to nothing
        elif not their.covers(our):
            conditions.append(_condition(index + 1, their))
    return tuple(conditions)


def cast_deep_shadow(denied: PathTemplate, route: PathTemplate, first_slashed: int) -> Shadow:
    """As `cast_shadow`, for a call of `route` that is cut at its encoded slashes."""
    for index, their in enumerate(denied.trimmed[: first_slashed - 1]):
        our = route.segments[index]
        if our.literal is not None and not _covers_folded(their, our.literal):
            return ()
    return tuple(_condition(index, their) for index, their in enumerate(denied.trimmed, 1) if not their.is_parameter)


def _heads(template: PathTemplate) -> _Heads:
    """The literals of a template, each up to its first separator.

    If two heads differ, neither literal is an alias of the other.
    """
    return tuple(None if segment.literal is None else _head(segment.literal) for segment in template.trimmed)


@lru_cache(maxsize=4096)  # the paths of a document have few literals, each many times
def _head(literal: str) -> str:
    return fold_symbols(literal).partition(".")[0]


def _covers_folded(segment: Segment, literal: str) -> bool:
    name = fold_symbols(literal)
    if segment.literal is not None:
        return is_alias(name, fold_symbols(segment.literal))
    return segment.is_parameter or any(pattern.matches(name) for pattern in segment.folded())


def _condition(index: int, segment: Segment) -> Condition:
    if segment.literal is not None:
        return Condition(index, fold_symbols(segment.literal))
    return Condition(index, patterns=segment.folded())


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
