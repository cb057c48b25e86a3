"""A change: one difference between two descriptions of an operation, in words, and whom it concerns."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_MOST_SHOWN: Final = 80
_SHOWN_BEFORE: Final = 20


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


def added(message: str, node: Any, *, is_breaking: bool = False) -> tuple[str, Effect]:
    """Describe an addition, and quote its description."""
    text = node.get("description") if isinstance(node, dict) else None
    effect = Effect.BREAKING if is_breaking else Effect.STEERING if text else Effect.HARMLESS
    return f"{message}: {quoted(text)}" if text else message, effect


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
            yield f"{where}{name} changed {_from_to(before, after)}", Effect.STEERING


def other_changes(
    old: dict[str, Any], new: dict[str, Any], described: Container[str], where: str
) -> Iterator[tuple[str, Effect]]:
    """Yield changed fields without a specific description, such as extensions."""
    for name in dict.fromkeys((*old, *new)):
        if name not in described and old.get(name) != new.get(name):
            verb = "was added" if name not in old else "was removed" if name not in new else "changed"
            yield harmless(f"{where}`{name}` {verb}")


def quoted(value: Any) -> str:
    """Show a value on one line, shortened where it is long."""
    return _shortened(_line(value))


def _from_to(before: Any, after: Any) -> str:
    """Quote two values. Long values are cut to start a few words before the first difference."""
    one, other = _line(before), _line(after)
    if one == other:
        return f"in white space or in characters that are not shown: {_shortened(other)}"
    start = 0
    if max(len(one), len(other)) > _MOST_SHOWN:
        pairs = enumerate(zip(one, other, strict=False))
        differs = next((at for at, (was, now) in pairs if was != now), min(len(one), len(other)))
        nearby = max(differs - _SHOWN_BEFORE, 0)
        start = one.rfind(" ", max(nearby - _SHOWN_BEFORE, 0), nearby) + 1 or nearby
    return f"from {_shortened(one, start)} to {_shortened(other, start)}"


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return " ".join("".join(one if one.isprintable() or one.isspace() else "·" for one in text).split())


def _shortened(line: str, start: int = 0) -> str:
    text = f"…{line[start:]}" if start else line
    return f'"{text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"}"'
