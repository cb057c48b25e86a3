"""A site: the place below one URL that a document's parts are fetched from; the door of httpx2 for documents."""

from __future__ import annotations

import asyncio
import os
import ssl
import zlib
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import httpx2

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentAwaitedError, DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES, MAX_PARTS
from plugin_gateway.openapi.decode.text import decode
from plugin_gateway.openapi.refs import RefError, join_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.openapi.document import Json

_MAX_REDIRECTS = 5
_DEFAULT_PORTS = {"http": 80, "https": 443}

_NOT_YET = frozenset({408, 425, 429})
"""Answers that, like those from 500 on, are another one later: a timeout, too early, too many requests."""

_TLS_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""TLS failed because the connection ended, not because of what either side said."""


class _Unfetched(Exception):  # noqa: N818 (it never leaves this module)
    """Why there are no bytes; says nothing that was sent. `may_pass` when the same request may be answered later."""

    def __init__(self, reason: str, *, may_pass: bool = False) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class Site:
    """The parts of a document at URLs, each named by its URL without userinfo and query. A context manager."""

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float) -> None:
        """Take the URL of the first part; nothing is fetched yet. Userinfo and query of `url` are sent, never shown."""
        self._url = url
        self._headers = headers
        self._timeout_s = timeout_s
        try:
            self.root = _shown(url)
        except ValueError:
            # Not quoted: any part of it may be secret.
            raise DocumentError([Finding(rule="document-unreadable", message="the document's URL is no URL")]) from None
        self._values: dict[str, Json] = {}
        self._bytes_left = MAX_BYTES
        self.address = self.root
        """Where the first part came from in the end: a redirect may lead elsewhere on its host."""
        self._fetched_from = url
        self.is_awaited = False
        """Whether a part was not to be had for a reason that may pass."""
        self._is_silent = False

    def __enter__(self) -> Self:
        for name, value in self._headers.items():
            if not name.isascii() or any(character in value for character in "\r\n\0"):
                raise self._unreadable(f"the header {name!r} cannot be sent: its value holds a line break or NUL")
        self._runner = asyncio.Runner()
        self._client = httpx2.AsyncClient(headers={**self._headers, "Accept-Encoding": "gzip"}, timeout=self._timeout_s)
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def read_root(self) -> bytes:
        """The bytes of the first part; `DocumentError` if they cannot be had."""
        try:
            data = self._fetch(self._url, lambda url: _is_redirect_fine(self._url, url))
        except _Unfetched as reason:
            if reason.may_pass:
                raise DocumentAwaitedError(self._unreadable(str(reason)).findings) from None
            raise self._unreadable(str(reason)) from None
        self.address = _shown(self._fetched_from)
        return data

    def find(self, base: str, reference: str) -> str:
        part = join_uri(base, reference)
        if "?" in reference or "\\" in unquote(reference) or not self._is_below(part):
            raise RefError(reference, "leads out of the folder of the document: only what is below it is fetched")
        return part

    def read(self, part: str) -> Json:
        if part not in self._values:
            if len(self._values) >= MAX_PARTS:
                raise RefError(part, f"is one file too many: {MAX_PARTS:,} are read")
            if self._is_silent:
                # Each part has a time limit: a thousand of them, one after the other, would take hours.
                raise RefError(part, "is not asked for: its server did not answer before")
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

    def _unreadable(self, message: str) -> DocumentError:
        return DocumentError([Finding(rule="document-unreadable", message=message, location=Location(self.root))])

    def _fetch(self, url: str, may_follow: Callable[[str], bool]) -> bytes:
        try:
            return self._runner.run(asyncio.wait_for(self._get(url, may_follow), self._timeout_s))
        except (TimeoutError, httpx2.TimeoutException):
            self._is_silent = True
            raise _Unfetched(f"no whole answer within {self._timeout_s:g} seconds", may_pass=True) from None
        except httpx2.ConnectError as error:
            self._is_silent = True
            raise _unconnected(error) from None
        except zlib.error:
            raise _Unfetched("its gzip body is broken") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            may_pass = isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError | httpx2.ProxyError)
            raise _Unfetched(f"the exchange failed: {type(error).__name__}", may_pass=may_pass) from None

    async def _get(self, url: str, may_follow: Callable[[str], bool]) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._client.stream("GET", url) as response:
                if response.has_redirect_location:
                    target = urljoin(url, response.headers["Location"])
                    if not may_follow(target):
                        raise _Unfetched(f"it redirects to another place, {_shown(target)}")
                    url = target
                    continue
                if (status := response.status_code) != 200:
                    may_pass = status >= 500 or status in _NOT_YET
                    raise _Unfetched(f"the answer is {status} {response.reason_phrase}".rstrip(), may_pass=may_pass)
                self._fetched_from = url
                return await self._body(response)
        raise _Unfetched(f"it redirects more than {_MAX_REDIRECTS} times")

    async def _body(self, response: httpx2.Response) -> bytes:
        """The body, decoded here and not by httpx2: a kilobyte of gzip may hold a megabyte, and has its limit too."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in {"identity", "gzip", "x-gzip", ""}:
            raise _Unfetched(f"its content coding {coding[:20]!r} was not asked for")
        unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            room = self._bytes_left - len(body) + 1
            body += unzip.decompress(chunk, room) if unzip else chunk
            if len(body) > self._bytes_left:
                raise _Unfetched(f"it is too large: a document may have {MAX_BYTES // 2**20} MiB")
        if unzip and not unzip.eof:
            raise _Unfetched("its gzip body ends too early")
        self._bytes_left -= len(body)
        return bytes(body)


def _shown(url: str) -> str:
    """A URL as it may be shown: userinfo, query and fragment can be secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower(), parts.path, "", ""))


def _is_redirect_fine(old: str, new: str) -> bool:
    """The same origin, or http to https on the default ports of one host; headers may be secret."""
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
            # asyncio replaces the system's message by its own.
            is_asyncios = bool(cause.errno) and cause.strerror.startswith("Connect call failed")
            why = os.strerror(cause.errno or 0).lower() if is_asyncios else cause.strerror
            return _Unfetched(f"no connection: {why}", may_pass=True)
        cause = cause.__cause__ or cause.__context__
    return _Unfetched("no connection", may_pass=True)
