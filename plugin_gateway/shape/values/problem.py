"""A problem: one way in which a message breaks its description."""

from __future__ import annotations

from typing import Final, NamedTuple

MOST_PROBLEMS: Final = 100
"""The most problems that one answer lists."""


class Problem(NamedTuple):
    """One way in which a message breaks its description.

    `pointer` is a JSON pointer (RFC 6901) into the body, or `/query/name`, `/path/name` or `/header/name`. `detail` says what
    is expected and the type of what came, never the value.
    """

    pointer: str
    detail: str

    def __str__(self) -> str:
        """Return both in words: `/query/limit must be at most 50`, or `the body is missing`."""
        return f"{self.pointer or 'the body'} {self.detail}"
