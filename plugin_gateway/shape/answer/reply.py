"""A reply shape: what clients get of the answers of one operation. Immutable and picklable; the proxy applies it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway.shape.answer.cut import Branch, both, dropped, kept, limited
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.openapi.refs import Tokens


class ReplyShape(Struct, frozen=True, kw_only=True):
    """The pointers of `response` in gateway.yaml, as tokens."""

    keep: tuple[Tokens, ...] = ()
    """If there are any, clients get nothing else of a successful answer."""
    drop: tuple[Tokens, ...] = ()
    limits: tuple[tuple[Tokens, int], ...] = ()
    """The most items of arrays."""
    select: str = ""
    """The query parameter for a selection; empty if callers cannot ask for a part of the answer."""
    selectable: Mapping[str, Tokens] = field(default_factory=dict)
    """The names that this parameter may have, with the places that they mean."""

    @property
    def is_closed(self) -> bool:
        """Whether the gateway refuses a successful answer that is not JSON: it may contain a field that must be left out."""
        return bool(self.keep or self.drop)

    def of_success(self, selection: Iterable[Tokens] | None = None) -> Branch:
        """Return the branch for the body of a successful answer; `selection` are the places that the caller asked for."""
        branch = both(dropped(self.drop), limited(self.limits))
        if self.keep:
            branch = both(kept(self.keep), branch)
        if selection is None:
            return branch
        # In a selection, `*` stands for the items of an array, and the API may send one object in the place of the array.
        places = [*selection]
        places += [tuple(token for token in place if token != ANY) for place in places if ANY in place]
        return both(kept(places), branch)

    def of_failure(self) -> Branch:
        """Return the branch for the body of any other answer.

        `keep` and the selection name fields of successes, which an error does not have.
        """
        return dropped(self.drop)
