"""Future keys: keys that the model knows and this version refuses.

A limit or a login that is accepted and does nothing would be worse than an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.config.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.diagnostics import Pointer

# Paths from the root, without list indexes; the last word may be a value. Every key of this version works.
NOT_YET: Final[frozenset[str]] = frozenset()


def unsupported(value: Any) -> list[tuple[Pointer, Mistake]]:
    """Find every key of a raw config that this version refuses."""
    return [
        (pointer, Mistake("not-yet", f"`{_dotted(words)}` is not supported yet", hint="leave it out", on_key=True))
        for words, pointer in _walk(value, (), ())
    ]


def supported_only(hint: str, pointer: Pointer) -> str:
    """Remove refused keys from a hint that lists the siblings of `pointer`."""
    front, listed, keys = hint.partition("valid here: ")
    above = tuple(str(part) for part in pointer[:-1] if isinstance(part, str))
    kept = (key for key in keys.split(", ") if _dotted(_any_name((*above, key))) not in NOT_YET)
    return f"{front}{listed}{', '.join(kept)}"


def _walk(value: Any, words: tuple[str, ...], pointer: Pointer) -> Iterator[tuple[tuple[str, ...], Pointer]]:
    if any(_dotted(form) in NOT_YET for form in (words, _any_name(words))):
        yield words, pointer
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, (*words, str(key)), (*pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, words, (*pointer, index))
    elif isinstance(value, str) and any(
        _dotted(form) in NOT_YET for form in ((*words, value), _any_name((*words, value)))
    ):
        yield (*words, value), pointer


def _any_name(words: tuple[str, ...]) -> tuple[str, ...]:
    return (
        ("allow", "parameters", "*", *words[3:]) if words[:2] == ("allow", "parameters") and len(words) > 3 else words
    )


def _dotted(words: tuple[str, ...]) -> str:
    return ".".join(words)
