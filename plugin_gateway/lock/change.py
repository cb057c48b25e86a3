"""A change: one difference between two descriptions of an operation, in words, and whom it concerns."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SHOWN: Final = 80


class Effect(StrEnum):
    """What a change may do."""

    BREAKING = "breaking for callers"
    STEERING = "may steer the model"
    HARMLESS = ""


class Change(NamedTuple):
    """One difference. `operation` is METHOD and path, or empty for the document as a whole."""

    operation: str
    message: str
    effect: Effect = Effect.HARMLESS

    def __str__(self) -> str:
        where = f"{self.operation}: " if self.operation else ""
        return f"{where}{self.message}{f' ({self.effect})' if self.effect else ''}"


def breaking(message: str) -> tuple[str, Effect]:
    return message, Effect.BREAKING


def harmless(message: str) -> tuple[str, Effect]:
    return message, Effect.HARMLESS


def text_changes(old: Any, new: Any, names: tuple[str, ...], where: str) -> Iterator[tuple[str, Effect]]:
    """Yield the changed texts of two objects; the new text is quoted, because the reader must judge it."""
    for name in names:
        before = old.get(name) if isinstance(old, dict) else None
        after = new.get(name) if isinstance(new, dict) else None
        if before == after:
            continue
        if after is None:
            yield f"{where}{name} was removed", Effect.STEERING
        elif before is None:
            yield f"{where}{name} was added: {quoted(after)}", Effect.STEERING
        else:
            yield f"{where}{name} changed from {quoted(before)} to {quoted(after)}", Effect.STEERING


def quoted(value: Any) -> str:
    """Show a value on one line, shortened where it is long."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join("".join(one if one.isprintable() or one.isspace() else "·" for one in text).split())
    return f'"{text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"}"'
