"""Values: what a document has where a list or a mapping belongs. It may be something else, or nothing."""

from __future__ import annotations

from typing import Any


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for any other value."""
    return value if isinstance(value, list) else []


def as_mapping(value: Any) -> dict[str, Any]:
    """Return a mapping as it is, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}
