"""A draft: a request while its arguments are written into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.shape.values.problem import MOST_PROBLEMS
from plugin_gateway.shape.values.scalar import UnwritableError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PROBLEMS: Final = MOST_PROBLEMS
"""After so many problems the rest of the arguments is not read: a hostile caller sends a hundred thousand wrong ones."""
MAX_FIELDS: Final = 10_000
"""The fields of a form. Each takes many times the memory of a short value, and servers accept fewer (PHP: 1,000)."""


SHOWN_CHARACTERS: Final = 64


def printable_name(name: str) -> str:
    """Return a name that a caller chose, safe to show."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:SHOWN_CHARACTERS])


class ArgumentProblem(NamedTuple):
    """A reason why arguments make no request; `detail` is a sentence for the model.

    `name` is empty if no single one is wrong.
    """

    name: str
    detail: str


class Draft:
    """The pieces of one request. `path` alternates between literals and values."""

    __slots__ = (
        "cookies",
        "fields",
        "form",
        "is_doubtful",
        "members",
        "pairs",
        "parts",
        "path",
        "problems",
        "suspects",
        "whole",
    )

    def __init__(self, path: list[str], pairs: list[str], fields: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """Take the pieces of the path, with an empty text for each value, and the pairs and fields that every call has."""
        self.path = path
        self.pairs = pairs
        self.suspects: list[int] = []
        """The indexes of path segments that may be ambiguous."""
        self.is_doubtful = False
        """The values may make a target that the gate refuses or takes as another operation's."""
        self.fields: list[tuple[bytes, bytes]] = [*fields]
        self.cookies: list[str] = []
        self.members: dict[str, object] = {}
        """The members of a JSON body."""
        self.form: list[str] = []
        """The pairs of a form."""
        self.parts: list[bytes] = []
        """The parts of a multipart body."""
        self.whole: list[object] = []
        """The argument that is the whole body, if it is given."""
        self.problems: list[ArgumentProblem] = []

    def add_pairs(self, pairs: list[str]) -> None:
        """Add pairs to the form.

        Raises:
            UnwritableError: there are too many.
        """
        self.form += pairs
        if len(self.form) > MAX_FIELDS:
            raise UnwritableError(f"makes more than {MAX_FIELDS} fields")

    def add_parts(self, parts: list[bytes]) -> None:
        """Add parts to the multipart body.

        Raises:
            UnwritableError: there are too many.
        """
        self.parts += parts
        if len(self.parts) > MAX_FIELDS:
            raise UnwritableError(f"makes more than {MAX_FIELDS} fields")
