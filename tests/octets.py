"""Structures that are read from octets: hypothesis draws the octets at once, for a draw of each node costs fifty times as much.

A reader takes octets and returns a value. Zeros give the simplest value, which is the first of several, the shortest or none, so
that hypothesis shrinks a structure by shrinking octets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

Reader: TypeAlias = Callable[["Octets"], Any]
MOST_OPTIONAL: Final = 4
"""How many optional fields an object has at most."""


class Octets:
    """Octets that are used up one by one, and then zeros. The pool holds values that hypothesis drew."""

    def __init__(self, octets: bytes, pool: Sequence[Any] = ()) -> None:
        self._rest: Iterator[int] = iter(octets)
        self.pool = pool

    def below(self, bound: int) -> int:
        """Return a number from 0 to below the bound, which is 65,536 at most."""
        number = next(self._rest, 0)
        if bound > 256:
            number = number << 8 | next(self._rest, 0)
        return number % bound

    def choice(self, options: Sequence[Any]) -> Any:
        return options[self.below(len(options))]


def structures(reader: Reader, count: int, pool: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    """Return the strategy of what a reader makes of so many octets, with values of `pool` where it reads `pooled`."""
    octets = st.binary(min_size=count, max_size=count)
    if pool is None:
        return octets.map(lambda drawn: reader(Octets(drawn)))
    pools = st.lists(pool, min_size=1, max_size=6)
    return st.builds(lambda drawn, values: reader(Octets(drawn, values)), octets, pools)


def pooled(octets: Octets) -> Any:
    return octets.choice(octets.pool)


def one_of(*readers: Reader) -> Reader:
    return lambda octets: octets.choice(readers)(octets)


def just(value: Any) -> Reader:
    return lambda octets: value


def sampled_from(options: Sequence[Any]) -> Reader:
    return lambda octets: octets.choice(options)


def mapped(reader: Reader, change: Callable[[Any], Any]) -> Reader:
    return lambda octets: change(reader(octets))


def lists(items: Reader, *, min_size: int = 0, max_size: int, unique: bool = False) -> Reader:
    def read(octets: Octets) -> list[Any]:
        found = [items(octets) for _ in range(min_size + octets.below(max_size - min_size + 1))]
        return [item for at, item in enumerate(found) if item not in found[:at]] if unique else found

    return read


def dictionaries(keys: Reader, values: Reader, *, min_size: int = 0, max_size: int) -> Reader:
    return lambda octets: {
        keys(octets): values(octets) for _ in range(min_size + octets.below(max_size - min_size + 1))
    }


def objects(fields: Mapping[str, Reader], optional: Mapping[str, Reader] | None = None) -> Reader:
    """Read an object with these fields, and with some of the optional ones in any order."""
    names = [*(optional or ())]

    def read(octets: Octets) -> dict[str, Any]:
        found = {name: reader(octets) for name, reader in fields.items()}
        if optional:
            for _ in range(octets.below(min(len(names), MOST_OPTIONAL) + 1)):
                name = octets.choice(names)
                found[name] = optional[name](octets)
        return found

    return read


def recursive(leaf: Reader, extend: Callable[[Reader], Reader], *, depth: int) -> Reader:
    """Read a leaf or, to a depth, an extension of what this reads with one level less."""
    reader = leaf
    for _ in range(depth):
        reader = one_of(leaf, extend(reader), extend(reader))
    return reader
