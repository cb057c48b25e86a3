"""The sessions: who has entered the console, by a link that works once, and for twelve hours by a cookie.

Browsers send a cookie to every port of its host, so another web server of the machine gets the cookie of a browser. A browser's
session therefore has a second secret, the page secret, which the browser keeps for one origin; the cookie is worth nothing
without it.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_T = TypeVar("_T")

TOKEN_VALID_S: Final = 300.0
SESSION_VALID_S: Final = 43_200.0
_SECRET_BYTES: Final = 32
_MOST_TOKENS: Final = 16
_MOST_SESSIONS: Final = 64


class NewSession(Struct, frozen=True):
    """The secrets of a new session. `page_secret` is empty for a program: it shows its cookie to no other server."""

    cookie: str
    page_secret: str


class Session(Struct, eq=False):
    """One browser or program that entered. Times are by the caller's clock, in seconds."""

    digest: bytes
    page_digest: bytes
    expires_at: float
    is_ended: bool = False

    def is_valid(self, now: float) -> bool:
        return not self.is_ended and now < self.expires_at

    def is_proven_by(self, page_secret: str) -> bool:
        """Return whether the request has the page secret of the session.

        A program's session has no page secret, so any request passes.
        """
        return not self.page_digest or hmac.compare_digest(self.page_digest, _digest(page_secret))


class Sessions:
    """Issues tokens and turns each into one session. It keeps digests, so that no dump of it lets a reader enter."""

    def __init__(self) -> None:
        self._tokens: dict[bytes, float] = {}
        self._sessions: dict[bytes, Session] = {}

    def issue(self, now: float) -> str:
        """Return a new token for one link."""
        token = token_urlsafe(_SECRET_BYTES)
        self._tokens = _latest({digest: end for digest, end in self._tokens.items() if now < end}, _MOST_TOKENS - 1)
        self._tokens[_digest(token)] = now + TOKEN_VALID_S
        return token

    def enter(self, token: str, now: float, *, is_program: bool = False) -> NewSession | None:
        """Use up a token; return the secrets of a new session, or None if the token is wrong, used or expired."""
        known = _find(self._tokens, token)
        if known is None or self._tokens.pop(known) <= now:
            return None
        entry = NewSession(token_urlsafe(_SECRET_BYTES), "" if is_program else token_urlsafe(_SECRET_BYTES))
        kept = {digest: one for digest, one in self._sessions.items() if one.is_valid(now)}
        self._sessions = _latest(kept, _MOST_SESSIONS - 1)
        for digest in kept.keys() - self._sessions.keys():
            kept[digest].is_ended = True
        digest, page_digest = _digest(entry.cookie), b"" if is_program else _digest(entry.page_secret)
        self._sessions[digest] = Session(digest, page_digest, now + SESSION_VALID_S)
        return entry

    def find(self, value: str, now: float) -> Session | None:
        """Return the session of a cookie, if it is still valid."""
        known = _find(self._sessions, value)
        session = self._sessions[known] if known is not None else None
        return session if session is not None and session.is_valid(now) else None

    def end(self, session: Session) -> None:
        session.is_ended = True
        self._sessions.pop(session.digest, None)

    def end_all(self) -> None:
        """End every session and forget every token, because the console was turned off."""
        for session in self._sessions.values():
            session.is_ended = True
        self._sessions.clear()
        self._tokens.clear()


def _find(known: dict[bytes, float] | dict[bytes, Session], secret: str) -> bytes | None:
    digest, found = _digest(secret), None
    for one in known:
        # Look at all of them: how long this takes must not depend on which one it is.
        if hmac.compare_digest(one, digest):
            found = one
    return found


def _latest(known: dict[bytes, _T], count: int) -> dict[bytes, _T]:
    return dict(list(known.items())[-count:])


def _digest(secret: str) -> bytes:
    return sha256(secret.encode(errors="replace")).digest()


def is_program(headers: Headers) -> bool:
    """Return whether a program, and not a browser, opens a link: the request has no sign of a browser.

    A program sends its cookie where it was told to, so it needs no page secret. One sign of a browser is enough: if a browser
    passed for a program, other servers of the machine could use its cookie.

    A page cannot take these signs out of a browser's request. By the Fetch standard, a navigation accepts `text/html`.
    By Fetch Metadata, each request to this machine states its site and its destination. Each browser calls itself
    Mozilla, also in the requests of its extensions.
    """
    names_html = "text/html" in ",".join(headers.getlist("accept")).lower()
    is_mozilla = "mozilla" in ",".join(headers.getlist("user-agent")).lower()
    return not (names_html or is_mozilla or "sec-fetch-site" in headers or "sec-fetch-dest" in headers)
