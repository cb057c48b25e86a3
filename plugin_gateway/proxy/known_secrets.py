"""The known secrets: everything that no answer may show, whichever call it answers.

An upstream that echoes requests may echo another one than the one it answers: that of another operation, with another
credential, or of another caller, with another token. So there is one mask for all answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.credentials.board import Board

_MOST_FORGOTTEN: Final = 512
"""How many secrets are masked that neither a revision nor the board has any more, before the mask is made anew."""


class KnownSecrets:
    """The secrets of the revisions that were served, and the access tokens that were issued lately.

    One that was replaced stays for a while: it may still be good, and calls with it are under way.
    """

    __slots__ = ("_covered", "_current", "_version", "board", "mask")

    def __init__(self, *secrets: str, board: Board | None = None) -> None:
        """Begin with these secrets; without a board there are no tokens."""
        self.board = board
        """Where tokens are found. `mask` is up to date as long as this is None; else `look` comes first."""
        self.mask = Mask(())
        """What covers all that is known; another one whenever a secret was added."""
        self._version = 0
        self._current: tuple[str, ...] = ()
        self._covered: set[str] = set()
        self.adopt(secrets)

    def adopt(self, secrets: tuple[str, ...]) -> None:
        """Add those of another revision."""
        self._current = secrets
        self._add(secrets)

    def look(self) -> None:
        """Add the tokens that were written to the board since the last look."""
        board = self.board
        if board is None or board.version == self._version:
            return
        self._version, tokens = board.read()
        if len(self._covered) > len(self._current) + len(tokens) + _MOST_FORGOTTEN:
            self._covered, self.mask = set(), Mask(())
            self._add(self._current)
        self._add(tokens)

    def _add(self, secrets: Iterable[str]) -> None:
        fresh = set(secrets) - self._covered
        if fresh:
            self._covered |= fresh
            self.mask = Mask(sorted(fresh), self.mask)
