"""A listing: the pages of `tools/list` for one view, as bytes that are made once."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from plugin_gateway.mcp.message import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_ON_PAGE: Final = 1_000
MOST_PAGE_BYTES: Final = 4 * 1024 * 1024
"""Many clients read the first page only, so a page is as large as a client can reasonably take."""


class Listing:
    """The tools of a view by page. A cursor belongs to one list: after a change of the tools it is refused."""

    __slots__ = ("_at", "_pages")

    def __init__(
        self, definitions: Iterable[bytes], *, most: int = MOST_ON_PAGE, most_bytes: int = MOST_PAGE_BYTES
    ) -> None:
        pages: list[list[bytes]] = [[]]
        size = 0
        digest = sha256()
        for definition in definitions:
            digest.update(definition + b"\n")
            if pages[-1] and (len(pages[-1]) >= most or size + len(definition) > most_bytes):
                pages.append([])
                size = 0
            pages[-1].append(definition)
            size += len(definition)
        cursors = ["", *(f"{number}.{digest.hexdigest()[:16]}" for number in range(1, len(pages)))]
        self._at = {cursor: number for number, cursor in enumerate(cursors)}
        following = (*cursors[1:], "")
        self._pages = [
            b"".join((b'"tools":[', b",".join(page), b"]", b',"nextCursor":' + quoted(after) if after else b""))
            for page, after in zip(pages, following, strict=True)
        ]

    def page(self, cursor: str) -> bytes | None:
        """Return the members of the result for a cursor, empty for the first page; None if the list has no such cursor."""
        number = self._at.get(cursor)
        return None if number is None else self._pages[number]
