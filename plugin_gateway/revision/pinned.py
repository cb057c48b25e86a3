"""The pins: the operations that each entry of the lists named first, so that a later change of the document opens no operation.

An entry is identified by its place and its selecting words. An entry of `allow` for a tag or a path opens only operations that
it named when it was first compiled with these words. An entry of `deny` closes the operations that it names now or named
before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.lock.lock import EntryWords
    from plugin_gateway.openapi.document import OperationKey


class Pinned(Struct, frozen=True):
    """The operations that entries have named in this run of the gateway."""

    entries: Mapping[EntryWords, frozenset[OperationKey]] = field(default_factory=dict)

    def to_open(self, words: EntryWords, named: Iterable[OperationKey]) -> frozenset[OperationKey]:
        """Return the operations that an entry of an allow-list may open: those it named first, or `named` for a new entry."""
        return self.entries[words] if words in self.entries else frozenset(named)

    def to_close(self, words: EntryWords, named: Iterable[OperationKey]) -> frozenset[OperationKey]:
        """Return the operations that an entry of `deny` closes.

        An operation that it named before stays closed even if it lost its tag or id.
        """
        return self.entries.get(words, frozenset()) | frozenset(named)


NOTHING_PINNED: Final = Pinned()
