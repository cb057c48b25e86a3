"""A name pattern: an operationId with wildcards, as other tools allow, for a hint that lists the operations it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def pattern_in(name: str) -> str:
    """Return the pattern that a name with wildcards means, such as `list*` or `/^list.*/`; empty if it has no wildcards."""
    body = name.removeprefix("/").removesuffix("/") if len(name) > 2 and name[0] == name[-1] == "/" else name
    if body == name and not re.search(r"\*|^\^|\$$|\.\+", name):
        return ""
    pattern = re.sub(r"\.[*+]", "*", body.removeprefix("^").removesuffix("$"))
    return pattern if "*" in pattern or body.endswith("$") else f"{pattern}*"


def names_like(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that the pattern matches; none for a pattern that matches every name."""
    if not pattern.strip("*"):
        return []
    expression = re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))))
    return [name for name in names if expression.fullmatch(name)]
