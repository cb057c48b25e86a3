"""A proof: reads an edited text again and shows that it means exactly the requested change."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.tree import read
from plugin_gateway.errors import EditError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.diagnostics import Pointer


_SCALARS: Final = (str, int, float, bool, type(None))


def meaning(text: str) -> Any:
    """Return the value of a text.

    Raises:
        EditError: the text is not YAML, or has mistakes that make its meaning doubtful.
    """
    root, found = read(text)
    if found:
        span, _, mistake = found[0]
        raise EditError(f"line {span.line} of the config is not clear YAML: {mistake.message}", hint="correct it first")
    return root.plain() if root is not None else None


def changed(value: Any, pointer: Pointer, change: Callable[[list[Any]], object]) -> Any:
    """Return a copy of a value with the list at `pointer` changed; a missing or empty list is made.

    Raises:
        EditError: the value there is not a list.
    """
    copy = deepcopy(value)
    *way, last = pointer
    holder = copy
    for step in way:
        holder = holder[step]
    listed = holder.get(last) if isinstance(holder, dict) else holder[last]
    if listed is not None and not isinstance(listed, list):
        raise EditError(f"`{last}` is not a list in the config", hint="write it as a list first")
    listed = list(listed or ())
    change(listed)
    holder[last] = listed
    return copy


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in type and content; the order of keys does not matter."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return type(one) is type(other) and isinstance(one, _SCALARS) and one == other


def proven(text: str, wanted: Any, by_hand: str) -> str:
    """Return the edited text if it means `wanted`.

    Raises:
        EditError: it does not; the hint says what a person can do instead.
    """
    try:
        found = meaning(text)
    except EditError as error:
        raise EditError("the config is written in a way that this command cannot edit safely", hint=by_hand) from error
    if not is_same(found, wanted):
        raise EditError(
            "the edit would also change other parts of the config, such as an alias of the list", hint=by_hand
        )
    return text
