"""A plain query: each parameter at most once, by its own name, with a plain text.

Most queries are plain. One regular expression for each operation recognises them faster than a loop over their pairs.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from plugin_gateway.shape.request.plain_text import NO_TEXT, SOME_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plugin_gateway.shape.request.part import Part
    from plugin_gateway.shape.request.reader import Reader

# Other names must be decoded, so `Parameters.write` judges them.
_is_plain_name: Final = re.compile(rb"[A-Za-z0-9\-._~!$'()*,:@/?\[\]]++").fullmatch


class PlainQuery:
    """Finds the plain queries of one operation."""

    __slots__ = ("judged", "read")

    def __init__(self, parts: Sequence[Part]) -> None:
        """Take the parameters of the query."""
        self.judged: list[tuple[int, Reader]] = []
        """The parameters whose texts their readers must judge, by their numbers, from 1."""
        self.read: Callable[[bytes], re.Match[bytes] | None] = re.compile(self._expression(parts)).fullmatch
        """Match a plain query, with `&` before the first pair, too. The group with a parameter's number has its text."""

    def _expression(self, parts: Sequence[Part]) -> bytes:
        counted = Counter(part.name for part in parts)
        pairs = required = b""
        for number, part in enumerate(parts, 1):
            name, reader = part.name.encode(), part.reader
            name = NO_TEXT if not _is_plain_name(name) or counted[part.name] > 1 else re.escape(name)
            texts = SOME_TEXT
            if reader is not None:
                texts = reader.plain_texts()
                if not texts:
                    self.judged.append((number, reader))
                    texts = SOME_TEXT
                if reader.is_required and not part.added:
                    required += b"(?(%d)|(?!))" % number
            # The condition fails if the parameter came before.
            pairs += b"|%b=(?(%d)(?!))(%b)" % (name, number, texts)
        return b"(?:&(?:%b))*%b" % (pairs[1:] or NO_TEXT, required)
