"""What a test knows about the type of a value, and mypy does not. Each function returns its argument."""

from typing import Any, TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    assert value is not None
    return value


def as_a(kind: type[T], value: object) -> T:
    assert isinstance(value, kind), value
    return value


def stand_in(value: object) -> Any:
    """Let a value stand in for one of another type."""
    return value
