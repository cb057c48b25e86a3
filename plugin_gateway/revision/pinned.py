"""The pins: which operations each entry of the lists named first, so that a document that changes later opens nothing by itself.

An entry is known by its place and the words it selects with. An entry of `allow` for a tag or a path keeps to the operations
it named when it was first compiled with these words; one of `deny` closes what it names now and whatever it named before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.config.selector import Selector
    from plugin_gateway.openapi.document import OperationKey


class EntryWords(NamedTuple):
    """An entry by where it stands and what it selects with, whatever else it says."""

    place: tuple[str, ...]
    """`allow`, `deny`, or `consumers` and the name of one."""
    operation: str
    tag: str
    path: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pinned:
    """The operations that entries named so far in this run of the gateway."""

    entries: Mapping[EntryWords, frozenset[OperationKey]] = field(default_factory=dict)

    def to_open(self, words: EntryWords, named: Iterable[OperationKey]) -> frozenset[OperationKey]:
        """Return what an entry of an allow-list may open: what it named first, which is `named` for one that is new."""
        return self.entries[words] if words in self.entries else frozenset(named)

    def to_close(self, words: EntryWords, named: Iterable[OperationKey]) -> frozenset[OperationKey]:
        """Return what an entry of `deny` closes: also what it named before, as a tag or an operationId may be taken away."""
        return self.entries.get(words, frozenset()) | frozenset(named)


NOTHING_PINNED: Final = Pinned()


def words_of(selector: Selector, *place: str) -> EntryWords:
    """Say which entry this is. The order of its methods, and how often one stands there, are no difference."""
    return EntryWords(
        place=place,
        operation=selector.operation or "",
        tag=selector.tag or "",
        path=selector.path or "",
        methods=tuple(sorted(set(selector.methods))),
    )
