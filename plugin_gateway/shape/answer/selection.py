"""A selection: the part of an answer that a caller asks for, as a query parameter names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_plus, unquote_to_bytes

from plugin_gateway.shape.values.problem import Problem
from plugin_gateway.text.closest import closest

if TYPE_CHECKING:
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.answer.reply import ReplyShape

_MOST_LISTED: Final = 20


class Selection(NamedTuple):
    """The selection in a query, and the rest of the query."""

    query: bytes
    places: tuple[Tokens, ...] | None = None
    """None for the whole answer."""
    problems: tuple[Problem, ...] = ()


def take_selection(query: bytes, reply: ReplyShape | None) -> Selection:
    """Take the selection out of a query: names separated by commas, in one parameter or in several.

    Without names it selects all.
    """
    if reply is None or not reply.select:
        return Selection(query)
    name = reply.select.encode()
    rest: list[bytes] = []
    wanted: dict[str, None] = {}
    for pair in query.split(b"&"):
        before, _, value = pair.partition(b"=")
        if before != name and unquote_to_bytes(before.replace(b"+", b" ")) != name:
            rest.append(pair)
            continue
        text = unquote_plus(value.decode("latin-1"), errors="replace")
        wanted |= dict.fromkeys(one for part in text.split(",") if (one := part.strip()))
    if len(rest) == query.count(b"&") + 1:
        return Selection(query)
    places: list[Tokens] = []
    for one in wanted:
        if one not in reply.selectable:
            # One problem stands for all unknown names, because each would repeat the list of known names.
            return Selection(b"&".join(rest), None, (_unknown(one, reply),))
        places.append(reply.selectable[one])
    return Selection(b"&".join(rest), tuple(sorted(places)) or None)


def _unknown(name: str, reply: ReplyShape) -> Problem:
    near = closest(name, reply.selectable)
    names = [*reply.selectable]
    shown = ", ".join(names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    hint = f"did you mean {near[0]}? " if near else ""
    return Problem(f"/query/{reply.select}", f"names a field that the answer does not have; {hint}it has {shown}{more}")
