"""The lost members of a body: the API requires them, and gateway.yaml lets no client send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.openapi.required_members import required_members
from plugin_gateway.shape.pointer import ANY, find_in_schema, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.pointer import Pointers


def lost_members(
    document: Document, schema: Any, keep: Pointers | None, drop: Pointers, fixed: Iterable[Tokens]
) -> Iterator[Tokens]:
    """Yield the place of each member that a schema requires and that is in no body: neither sent nor fixed."""
    values = [*fixed]
    pointers = (keep or frozenset()) | drop
    places = {tokens[:index] for tokens in pointers for index in range(len(tokens))}
    for place in sorted(places):
        if not _goes_up(place, keep, drop | frozenset(values)):
            continue
        found = find_in_schema(document, schema, place)
        for name in dict.fromkeys(name for part in found.direct for name in required_members(part, document)):
            member = (*place, name)
            if _goes_up(member, keep, drop) or any(_is_at_or_below(value, member) for value in values):
                continue
            if not any(isinstance(one, dict) and one.get("readOnly") is True for one in _at(document, schema, member)):
                yield member


def _goes_up(place: Tokens, keep: Pointers | None, drop: Pointers) -> bool:
    for token in place:
        drop = step(drop, token)
        if () in drop:
            return False
        if keep is not None:
            keep = step(keep, token)
            if not keep:
                return False
            keep = None if () in keep else keep
    return True


def _is_at_or_below(value: Tokens, place: Tokens) -> bool:
    return len(value) >= len(place) and all(
        one == other or ANY in {one, other} for one, other in zip(value, place, strict=False)
    )


def _at(document: Document, schema: Any, place: Tokens) -> tuple[Any, ...]:
    return find_in_schema(document, schema, place).schemas
