"""A site: the URLs below one folder from which a document's parts are fetched.

Only this module fetches documents with httpx2.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import zlib
from functools import cache
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import httpx2

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentAwaitedError, DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES, MAX_PARTS
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.read.last_good import FetchedBody, mark_of
from plugin_gateway.openapi.refs import RefError, join_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.openapi.document import Json

_MAX_REDIRECTS = 5
_DEFAULT_PORTS = {"http": 80, "https": 443}

_NOT_YET = frozenset({408, 425, 429})
"""Statuses that, like those from 500 on, are worth a retry: request timeout, too early, too many requests."""

_TLS_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""TLS errors that mean a lost connection, not a failed handshake."""


_CHECK = "check the URL, or download the document and name the file"
_LOG_IN = "send a key: `openapi: {source: URL, headers: {Authorization: {env: NAME}}}`, or download the document and name the file"
_HINTS = {401: _LOG_IN, 403: _LOG_IN, 407: _LOG_IN}


class _Unfetched(Exception):  # noqa: N818  # it never leaves this module
    """Why a fetch failed, without anything secret that was sent. `may_pass` means that a retry may succeed."""

    def __init__(self, reason: str, *, may_pass: bool = False, hint: str = _CHECK) -> None:
        super().__init__(reason)
        self.may_pass = may_pass
        self.hint = hint


class Site:
    """The parts of a document at URLs. The name of a part is its URL without userinfo and query. A context manager."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        kept: Mapping[str, FetchedBody] | None = None,
        is_offline: bool = False,
    ) -> None:
        """Take the URL of the first part without fetching it. Userinfo and query of `url` are sent but never shown.

        `kept` has earlier answers: the server is asked only for newer ones, or, with `is_offline`, not at all.
        """
        self._kept = kept or {}
        self._is_offline = is_offline
        self.answers: dict[str, FetchedBody] = {}
        """The answers that were used, by the mark of their URL."""
        self._url = url
        self._headers = headers
        self._timeout_s = timeout_s
        try:
            self.root = _shown(url)
        except ValueError:
            # The message omits the URL, because any part of it may be secret.
            raise DocumentError(
                [Finding(rule="document-unreadable", message="the document's URL is not valid")]
            ) from None
        self._values: dict[str, Json] = {}
        self._bytes_left = MAX_BYTES
        self.address = self.root
        """The final URL of the first part: a redirect may lead to another path on its host."""
        self._fetched_from = url
        self.is_awaited = False
        """Whether a part could not be fetched for a temporary reason."""
        self._is_silent = False

    def __enter__(self) -> Self:
        for name, value in self._headers.items():
            if not name.isascii() or any(character in value for character in "\r\n\0"):
                raise self._unreadable(f"the header {name!r} cannot be sent: its value contains a line break or NUL")
        self._runner = asyncio.Runner()
        self._client = httpx2.AsyncClient(
            headers={**self._headers, "Accept-Encoding": "gzip"}, timeout=self._timeout_s, verify=_tls()
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def read_root(self) -> bytes:
        """Return the bytes of the first part. Raises `DocumentError` if it cannot be fetched."""
        try:
            data = self._fetch(self._url, lambda url: _is_redirect_fine(self._url, url))
        except _Unfetched as reason:
            unreadable = self._unreadable(str(reason), hint=reason.hint)
            if reason.may_pass:
                raise DocumentAwaitedError(unreadable.findings) from None
            raise unreadable from None
        self.address = _shown(self._fetched_from)
        return data

    def find(self, base: str, reference: str) -> str:
        part = join_uri(base, reference)
        if "?" in reference or "\\" in unquote(reference) or not self._is_below(part):
            raise RefError(reference, "leads out of the document's folder: the gateway fetches nothing outside it")
        return part

    def read(self, part: str) -> Json:
        if part not in self._values:
            if len(self._values) >= MAX_PARTS:
                raise RefError(part, f"exceeds the limit of {MAX_PARTS:,} files")
            if self._is_silent:
                # Each part has its own time limit: a thousand timeouts in turn would take hours.
                raise RefError(part, "is skipped: its server did not answer an earlier request")
            try:
                data = self._fetch(part, self._is_below)
            except _Unfetched as reason:
                self.is_awaited = self.is_awaited or reason.may_pass
                raise RefError(part, f"cannot be fetched: {reason}") from None
            self._values[part] = decode(data, part)
        return self._values[part]

    def _is_below(self, url: str) -> bool:
        try:
            here, there = urlsplit(self.root), urlsplit(url)
        except ValueError:
            return False
        path = unquote(there.path)
        folder = here.path.rpartition("/")[0] + "/"
        return (
            (there.scheme, there.netloc) == (here.scheme, here.netloc)
            and path.startswith(unquote(folder))
            and ".." not in path.split("/")
        )

    def _unreadable(self, message: str, *, hint: str = "") -> DocumentError:
        location = Location(self.root)
        return DocumentError([Finding(rule="document-unreadable", message=message, hint=hint, location=location)])

    def _fetch(self, url: str, may_follow: Callable[[str], bool]) -> bytes:
        if self._is_offline:
            return self._recall(url)
        try:
            return self._runner.run(asyncio.wait_for(self._get(url, may_follow), self._timeout_s))
        except (TimeoutError, httpx2.TimeoutException):
            self._is_silent = True
            raise _Unfetched(f"no complete answer within {self._timeout_s:g} seconds", may_pass=True) from None
        except httpx2.ConnectError as error:
            self._is_silent = True
            raise _unconnected(error) from None
        except zlib.error:
            raise _Unfetched("its gzip body is corrupt") from None
        except httpx2.NetworkError:
            raise _Unfetched("the connection was lost", may_pass=True) from None
        except httpx2.RemoteProtocolError as error:
            is_cut = re.search("disconnected|closed connection", str(error))
            reason = "the server ended the connection early" if is_cut else "the answer is not valid HTTP"
            raise _Unfetched(reason, may_pass=True) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            may_pass = isinstance(error, httpx2.ProxyError)
            raise _Unfetched(f"the request failed: {type(error).__name__}", may_pass=may_pass) from None

    def _recall(self, url: str) -> bytes:
        mark = mark_of(url)
        if mark not in self._kept:
            raise _Unfetched("the last good copy does not have it")
        self.answers[mark] = self._kept[mark]
        return self._kept[mark].body

    async def _get(self, url: str, may_follow: Callable[[str], bool]) -> bytes:
        mark = mark_of(url)
        kept = self._kept.get(mark)
        conditions: dict[str, str] = {}
        if kept is not None:
            conditions |= {"If-None-Match": kept.etag} if kept.etag else {}
            conditions |= {"If-Modified-Since": kept.modified} if kept.modified and not kept.etag else {}
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._client.stream("GET", url, headers=conditions) as response:
                if response.has_redirect_location:
                    target = _redirected(url, response.headers["Location"])
                    if not may_follow(target):
                        hint = f"if that is a page to log in, {_LOG_IN}; if it is the document, name that URL"
                        raise _Unfetched(f"it redirects to another site, {_shown(target)}", hint=hint)
                    url = target
                    continue
                if (status := response.status_code) == 304 and kept is not None and conditions:
                    self.answers[mark] = kept
                    self._fetched_from = url
                    return kept.body
                if status != 200:
                    may_pass = status >= 500 or status in _NOT_YET
                    reason = f"the server answered {status} {response.reason_phrase}".rstrip()
                    raise _Unfetched(reason, may_pass=may_pass, hint=_HINTS.get(status, _CHECK))
                self._fetched_from = url
                body = await self._body(response)
                etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
                self.answers[mark] = FetchedBody(body, etag, modified)
                return body
        raise _Unfetched(f"it redirects more than {_MAX_REDIRECTS} times")

    async def _body(self, response: httpx2.Response) -> bytes:
        """Return the body.

        Decoded here, not by httpx2, because a kilobyte of gzip may expand to a megabyte: the limit applies to both.
        """
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in {"identity", "gzip", "x-gzip", ""}:
            raise _Unfetched(f"its content coding {coding[:20]!r} was not asked for")
        unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            room = self._bytes_left - len(body) + 1
            body += unzip.decompress(chunk, room) if unzip else chunk
            if len(body) > self._bytes_left:
                raise _Unfetched(f"it is too large: a document may have at most {MAX_BYTES // 2**20} MiB")
        if unzip and not unzip.eof:
            raise _Unfetched("its gzip body ends too early")
        self._bytes_left -= len(body)
        return bytes(body)


@cache
def _tls() -> ssl.SSLContext:
    """Return the TLS settings of this process, with the authorities that it trusts. Loading them takes tens of milliseconds."""
    return httpx2.create_ssl_context()


def _shown(url: str) -> str:
    """Return a URL without userinfo, query and fragment, which may be secret."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower(), parts.path, "", ""))


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        # Some versions of httpx2 refuse such an answer before this.
        raise _Unfetched("the answer is not valid HTTP: its Location is not a URL") from None


def _is_redirect_fine(old: str, new: str) -> bool:
    """Return whether a redirect stays on its origin, or goes from http to https on the default ports. Headers may be secret."""
    before, after = urlsplit(old), urlsplit(new)
    ports = [each.port or _DEFAULT_PORTS.get(each.scheme) for each in (before, after)]
    if before.hostname != after.hostname:
        return False
    return (before.scheme == after.scheme and ports[0] == ports[1]) or (
        (before.scheme, after.scheme) == ("http", "https") and ports == [80, 443]
    )


def _unconnected(error: BaseException) -> _Unfetched:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _Unfetched(f"its certificate is not trusted: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "reason", None) or cause.strerror
            return _Unfetched(f"TLS failed: {reason}", may_pass=isinstance(cause, _TLS_CUT))
        if isinstance(cause, OSError) and cause.strerror:
            # asyncio replaces the system's message with its own.
            is_asyncios = bool(cause.errno) and cause.strerror.startswith("Connect call failed")
            why = os.strerror(cause.errno or 0).lower() if is_asyncios else cause.strerror
            return _Unfetched(f"no connection: {why}", may_pass=True)
        cause = cause.__cause__ or cause.__context__
    return _Unfetched("no connection", may_pass=True)
