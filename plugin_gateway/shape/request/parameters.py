"""The parameters of a call: judged, and written as the upstream takes them.

Nothing here runs for a call whose head is remembered, or for an operation whose parameters have no shape.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from plugin_gateway.shape.request.invalid_request import invalid_request
from plugin_gateway.shape.request.plain_query import PlainQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plugin_gateway.refusal import Refusal
    from plugin_gateway.shape.request.part import Part, PathPart
    from plugin_gateway.shape.request.reader import Reader
    from plugin_gateway.shape.request.whole_query import WholeQuery
    from plugin_gateway.shape.values.problem import Problem
    from plugin_gateway.shape.values.reading import Pair

_UNKNOWN: Final = -1
_no_match: Final = re.compile(rb"(?!)").fullmatch
_NO_FIELDS: Final[frozenset[bytes]] = frozenset()


class WrittenParameters(NamedTuple):
    """The parameters of one call, as they go up."""

    query: bytes
    """The query without `?`; may be empty."""
    lines: bytes = b""
    """Field lines to add to the head, each with its CRLF."""
    selection: tuple[tuple[str, ...], ...] | None = None
    """The places of the answer that the caller asked for, as tokens of JSON pointers; None for the whole answer."""
    problems: tuple[Problem, ...] = ()
    """Problems that the gateway reports and lets pass."""


class Parameters:
    """Judges and writes the parameters of one operation. Immutable and picklable."""

    __slots__ = (
        "_added",
        "_changes_more",
        "_cookies",
        "_headers",
        "_judged",
        "_judges_more",
        "_members",
        "_open",
        "_own",
        "_prefixes",
        "_query",
        "_read_plainly",
        "_required_fields",
        "_rewrites",
        "_wire_names",
        "changes_cookies",
        "only_reports",
        "parts",
        "path_parts",
        "reads_fields",
        "whole_query",
    )

    def __init__(
        self, parts: tuple[Part, ...] = (), path_parts: tuple[PathPart, ...] = (), whole_query: WholeQuery | None = None
    ) -> None:
        self.parts = parts
        self.path_parts = path_parts
        self.whole_query = whole_query
        self._query = [part for part in parts if part.place == "query"]
        self._headers = {part.name.lower().encode(): part for part in parts if part.place == "header" and part.name}
        self._cookies = {part.name.encode(): part for part in parts if part.place == "cookie" and part.name}
        self._own: dict[bytes, int] = {}
        self._members: dict[bytes, int] = {}
        self._prefixes: dict[bytes, int] = {}
        self._open = _UNKNOWN
        for index, part in enumerate(self._query):
            if part.is_deep:
                self._prefixes[part.name.encode()] = index
            if part.is_open and self._open == _UNKNOWN:
                self._open = index
            for name in part.members:
                self._members.setdefault(name, index)
            if part.name:
                self._own[part.name.encode()] = index
        self._rewrites = any(part.wire_name or part.added for part in self._query)
        readers = [part.reader for part in parts if part.reader is not None]
        readers += [part.reader for part in path_parts]
        is_enforced = any(reader.is_enforced for reader in readers) or (
            whole_query is not None and whole_query.is_enforced
        )
        self.only_reports = not is_enforced and not any(part.wire_name or part.added for part in parts)
        """Whether no call is refused or changed."""
        self.reads_fields = len(self._query) < len(parts)
        """Whether a parameter is in a header field or a cookie."""
        self.changes_cookies = any((part.wire_name or part.added) and part.place == "cookie" for part in parts)
        """Whether the shape adds or renames cookies."""
        self._changes_more = any((part.wire_name or part.added) and part.place != "query" for part in parts)
        """Whether more of a call may change than its query."""
        self._wire_names = {part.name.encode(): part.wire_name for part in self._query if part.wire_name}
        self._added = [
            (0 if part.is_fixed else index, part.added) for index, part in enumerate(self._query, 1) if part.added
        ]
        """The pairs to add if the plain query lacks the parameter with this number."""
        self._read_plainly: Callable[[bytes], re.Match[bytes] | None] | None = None
        self._judged: list[tuple[int, Reader]] = []
        """The parameters that the expression of plain queries does not judge: their readers do."""
        self._judges_more = False
        """Whether a call with a plain query must be judged further, or its query must be rewritten."""
        required = [part for part in parts if part.reader is not None and part.reader.is_required]
        self._required_fields = (
            frozenset(
                # No header field has the name that stands for a cookie, so a call that needs a cookie is always written.
                (part.name.lower() if part.place == "header" else f"cookie {part.name}").encode()
                for part in required
                if part.place != "query"
            )
            or _NO_FIELDS
        )

    def __reduce__(self) -> tuple[object, ...]:
        return Parameters, (self.parts, self.path_parts, self.whole_query)

    def limited_to(self, takes: Callable[[str, str], bool]) -> Parameters:
        """Return the same without the parameters that the gate does not take: clients cannot send them."""
        return Parameters(
            tuple(part for part in self.parts if not part.name or takes(part.place, part.name)),
            self.path_parts,
            self.whole_query,
        )

    def write(self, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]) -> WrittenParameters | Refusal:
        """See `ParameterShape`."""
        refused: list[Problem] = []
        reported: list[Problem] = []
        if self.path_parts:
            self._judge_path(path, refused, reported)
        if self._query:
            query = self._write_query(query, refused, reported)
        if self.whole_query is not None:
            (refused if self.whole_query.is_enforced else reported).extend(self.whole_query.problems(query))
        lines = self._write_fields(fields, refused, reported) if self.reads_fields else b""
        if refused:
            return invalid_request(refused)
        return WrittenParameters(query, lines, None, tuple(reported))

    def passing_query(self, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]) -> bytes | None:
        """See `ParameterShape`."""
        read = self._read_plainly
        if read is None:
            read = self._read_plainly = self._prepare()
        match = read(b"&" + query if query else query)
        if match is None:
            return None
        return self._passing_more(match, path, query, fields) if self._judges_more else query

    def _passing_more(
        self, match: re.Match[bytes], path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]
    ) -> bytes | None:
        for group, reader in self._judged:
            text = match[group]
            if text is not None and not reader.takes(text):
                return None
        if self.path_parts and not self._passes_path(path):
            return None
        if self.reads_fields and not self._passes_fields(fields):
            return None
        if self._wire_names and query:
            query = b"&".join([self._with_wire_name(pair) for pair in query.split(b"&")])
        for group, added in self._added:
            if not group or match[group] is None:
                query = query + b"&" + added if query else added
        return query

    def _prepare(self) -> Callable[[bytes], re.Match[bytes] | None]:
        """Return the finder of plain queries. The first call of the operation compiles its expression, which takes long."""
        if self._changes_more or self.whole_query is not None:
            return _no_match
        plain = PlainQuery(self._query)
        self._judged = plain.judged
        self._judges_more = bool(plain.judged or self.path_parts or self.reads_fields or self._rewrites)
        return plain.read

    def _with_wire_name(self, pair: bytes) -> bytes:
        name, equals, text = pair.partition(b"=")
        return self._wire_names.get(name, name) + equals + text

    def _passes_path(self, path: bytes) -> bool:
        segments = path.split(b"/")
        for part in self.path_parts:
            if (
                part.pattern is not None
                or part.segment >= len(segments)
                or not part.reader.takes(segments[part.segment])
            ):
                return False
        return True

    def _passes_fields(self, fields: Iterable[tuple[bytes, bytes]]) -> bool:
        seen: set[bytes] = set()
        for name, value in fields:
            if name == b"cookie" and self._cookies:
                return False
            part = self._headers.get(name)
            if part is not None:
                if name in seen or (part.reader is not None and not part.reader.takes(value)):
                    return False
                seen.add(name)
        return self._required_fields <= seen

    def write_cookies(self, pairs: list[bytes]) -> list[bytes]:
        """Return the cookies that go up. `pairs` are the client's cookies that the gate takes."""
        written: list[bytes] = []
        sent: set[str] = set()
        for pair in pairs:
            name, _, value = pair.partition(b"=")
            part = self._cookies.get(name)
            if part is None:
                written.append(pair)
                continue
            sent.add(part.name)
            written.append(part.wire_name + b"=" + value if part.wire_name else pair)
        written += [
            part.added
            for part in self.parts
            if part.place == "cookie" and part.added and (part.is_fixed or part.name not in sent)
        ]
        return written

    def _write_query(self, query: bytes, refused: list[Problem], reported: list[Problem]) -> bytes:
        found: list[list[Pair]] = [[] for _ in self._query]
        written: list[bytes] = []
        for pair in query.split(b"&") if query else ():
            name, _, text = pair.partition(b"=")
            index = self._own.get(name, _UNKNOWN)
            if index != _UNKNOWN:
                part = self._query[index]
                found[index].append((part.name, text))
                written.append(part.wire_name + pair[len(name) :] if part.wire_name else pair)
                continue
            plain = unquote_to_bytes(name.replace(b"+", b" "))
            index = self._index_of(plain)
            if index == _UNKNOWN:
                written.append(pair)
                continue
            part = self._query[index]
            found[index].append((plain.decode(errors="replace"), text))
            # A pair of an exploded object has the name of the member, not of the parameter.
            is_own = part.is_deep or plain == part.name.encode()
            written.append(_renamed(pair, name, part) if part.wire_name and is_own else pair)
        for part, pairs in zip(self._query, found, strict=True):
            if part.added and (part.is_fixed or not pairs):
                written.append(part.added)
            elif part.reader is not None:
                _judge(part.reader, pairs, refused, reported)
        return b"&".join(written) if self._rewrites else query

    def _index_of(self, name: bytes) -> int:
        index = self._own.get(name, self._members.get(name, _UNKNOWN))
        if index == _UNKNOWN:
            index = self._prefixes.get(name.partition(b"[")[0], self._open)
        return index

    def _write_fields(
        self, fields: Iterable[tuple[bytes, bytes]], refused: list[Problem], reported: list[Problem]
    ) -> bytes:
        found: dict[str, list[Pair]] = {}
        cookies: dict[str, list[Pair]] = {}
        for name, value in fields:
            if name in self._headers:
                part = self._headers[name]
                found.setdefault(part.name, []).append((part.name, value))
            elif name == b"cookie" and self._cookies:
                for pair in value.split(b";"):
                    cookie, _, text = pair.strip(b" \t").partition(b"=")
                    if cookie in self._cookies:
                        # OpenAPI joins the items of an exploded list as `id=1&id=2` in one cookie.
                        several = text.split(b"&" + cookie + b"=")
                        cookies.setdefault(cookie.decode(), []).extend((cookie.decode(), one) for one in several)
        lines: list[bytes] = []
        for part in self.parts:
            if part.place == "header":
                sent = found.get(part.name, [])
                if part.added and (part.is_fixed or not sent):
                    lines.append(part.added)
                    continue
                if part.wire_name:
                    lines += [b"".join((part.wire_name, b": ", value, b"\r\n")) for _, value in sent]
                if part.reader is not None:
                    if len(sent) > 1 and not part.reader.kind.is_any and part.reader.kind.types & {"array", "object"}:
                        # RFC 9110, 5.3: lines with the same name are one list.
                        sent = [(part.name, b",".join(value for _, value in sent))]
                    _judge(part.reader, sent, refused, reported)
            elif part.place == "cookie" and part.reader is not None and not (part.added and part.name not in cookies):
                _judge(part.reader, cookies.get(part.name, []), refused, reported)
        return b"".join(lines)

    def _judge_path(self, path: bytes, refused: list[Problem], reported: list[Problem]) -> None:
        segments = path.split(b"/")
        for part in self.path_parts:
            text = segments[part.segment] if part.segment < len(segments) else b""
            if part.pattern is not None:
                match = part.pattern.fullmatch(text)
                text = match[part.group] if match is not None else b""
            _judge(part.reader, [(part.reader.name, text)], refused, reported)


def _judge(reader: Reader, pairs: list[Pair], refused: list[Problem], reported: list[Problem]) -> None:
    problems = reader.judge(pairs)
    if problems:
        (refused if reader.is_enforced else reported).extend(problems)


def _renamed(pair: bytes, name: bytes, part: Part) -> bytes:
    """Return a pair with the upstream's name; the members of a deepObject and the value stay byte for byte."""
    rest = b""
    if part.is_deep:
        at = min((found for bracket in (b"[", b"%5B", b"%5b") if (found := name.find(bracket)) >= 0), default=len(name))
        rest = name[at:]
    return part.wire_name + rest + pair[len(name) :]
