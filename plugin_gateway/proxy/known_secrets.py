"""The known secrets: every secret that must not appear in any answer.

An upstream that echoes requests may echo a request other than the one it answers: for another operation with another
credential, or from another caller with another token. So one mask covers all answers.
"""

from __future__ import annotations

from heapq import heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.credentials.board import Board, BoardToken

_MOST_FORMER: Final = 512
"""The number of secrets of former revisions that stay masked: a replaced secret may still be valid for a while."""


class KnownSecrets:
    """The secrets of current and former revisions, and the access tokens that have not expired."""

    __slots__ = ("_ends", "_of_revisions", "_read_to", "_tokens", "board", "mask")

    def __init__(self, *secrets: str, board: Board | None = None) -> None:
        """Begin with these secrets. Without a board there are no tokens."""
        self.board = board
        """The board with the tokens. If it is None, `mask` is always up to date; otherwise call `look` first."""
        self.mask = Mask()
        """The mask for all known secrets; it is replaced whenever they change."""
        self._read_to = 0
        self._of_revisions: dict[str, None] = {}
        """The secrets of the current revision come last."""
        self._tokens: dict[str, BoardToken] = {}
        """In the order in which they were written to the board."""
        self._ends: list[tuple[float, str]] = []
        """A heap of the times when the tokens expire."""
        self.adopt(secrets)

    @property
    def is_none(self) -> bool:
        """Whether there is no secret and will be none before the next revision."""
        return self.mask.is_idle and self.board is None

    def adopt(self, secrets: tuple[str, ...]) -> None:
        """Add the secrets of a revision that is served from now on."""
        former = [secret for secret in self._of_revisions if secret not in secrets]
        self._of_revisions = dict.fromkeys((*former[-_MOST_FORMER:], *secrets))
        self._change(secrets, former)

    def look(self) -> None:
        """Add the tokens that were written to the board since the last look, and forget expired ones."""
        board = self.board
        if board is None or board.end == self._read_to:
            return
        now = monotonic()
        self._read_to, written = board.read(self._read_to)
        fresh: list[str] = []
        gone: list[str] = []
        for each in written:
            if each.until_s > now:
                before = self._tokens.pop(each.text, None)
                until_s = each.until_s if before is None else max(before.until_s, each.until_s)
                self._tokens[each.text] = each._replace(until_s=until_s)
                heappush(self._ends, (until_s, each.text))
                fresh.append(each.text)
        while self._ends and self._ends[0][0] <= now:
            until_s, token = heappop(self._ends)
            if token in self._tokens and self._tokens[token].until_s == until_s:
                del self._tokens[token]
                gone.append(token)
        while self._tokens:
            oldest = next(iter(self._tokens.values()))
            if board.holds(oldest.place):
                break
            del self._tokens[oldest.text]
            gone.append(oldest.text)
        self._change(fresh, gone)

    def _change(self, added: Iterable[str], gone: Iterable[str]) -> None:
        secrets = self.mask.secrets
        fresh = [secret for secret in added if secret not in secrets]
        stale = [secret for secret in gone if secret not in self._of_revisions and secret not in self._tokens]
        if fresh or stale:
            self.mask = self.mask.changed(fresh, stale)
