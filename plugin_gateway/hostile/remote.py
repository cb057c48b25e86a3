"""A remote gateway under attack, which is judged only by the answers that the caller gets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from plugin_gateway.hostile.arena import exchange
from plugin_gateway.hostile.case import Feature
from plugin_gateway.hostile.oracle import Arrival
from plugin_gateway.hostile.terrain import Destination
from plugin_gateway.methods import SAFE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.hostile.case import Case

_OWN_REFUSAL: Final = re.compile(rb'"type":"urn:plugin-gateway:problem:')
_JUDGED: Final = frozenset({Feature.DENIED, Feature.SPELLING, Feature.FRAMING, Feature.CONTROL, Feature.ECHO})
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_ABSOLUTE: Final = re.compile(rb"[a-z]+://[^/ ]*")
_OWN_METHODS: Final = frozenset({"OPTIONS"})
"""The gateway answers preflights itself, without a problem."""


class Remote:
    """Plays cases against a URL. It sends no allowed call that could change something, unless `is_unsafe`."""

    def __init__(self, url: str, fields: Iterable[str] = (), *, is_unsafe: bool = False) -> None:
        """`fields` are field lines, such as an Authorization, that each request gets."""
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (443 if self._tls else 80)
        self._origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.destination = Destination(
            parts.path.rstrip("/"), parts.netloc.rpartition("@")[2], "".join(f"{line}\r\n" for line in fields)
        )
        self._is_unsafe = is_unsafe

    def plays(self, case: Case) -> bool:
        """Whether the case is sent: its answer must prove something, and an allowed call must be harmless."""
        method = _method(case.octets)
        if case.feature not in _JUDGED or method in _OWN_METHODS:
            return False
        if method == "HEAD" and case.feature is not Feature.CONTROL:
            # An answer to HEAD has no body, so it does not show who refused.
            return False
        is_allowed_call = case.feature in (Feature.CONTROL, Feature.ECHO, Feature.FRAMING)
        return self.may_call(method) or not is_allowed_call

    def may_call(self, method: str) -> bool:
        """Return whether an allowed call with this method is sent."""
        return self._is_unsafe or method in SAFE

    async def send(self, octets: bytes) -> bytes:
        """Send the requests of a case. Return all answers."""
        return await exchange(self._host, self._port, self._addressed(octets), tls=self._tls)

    async def play(self, case: Case) -> tuple[bytes, list[Arrival]]:
        """Send a case. A request that the gateway does not refuse itself is taken to have reached the upstream."""
        answer = await self.send(case.octets)
        method, target = _method(case.octets), _target(case.octets)
        answers = _STATUS.findall(answer)
        refusals = len(_OWN_REFUSAL.findall(answer))
        if not answers or refusals >= len(answers):
            return answer, []
        if case.feature is Feature.FRAMING:
            # One answer is for the outer, allowed request; a second one is for the request inside.
            inner = case.octets.partition(b"\r\n\r\n")[2].rpartition(b"\r\n\r\n")[0].rpartition(b"\r\nHost:")[0]
            line = inner.rpartition(b"\n")[2]
            reached = _target(line).removeprefix(self.destination.prefix)
            return answer, [Arrival(_method(line), reached, b"")] * (len(answers) > 1)
        return answer, [Arrival(method, target, b"")]

    def _addressed(self, octets: bytes) -> bytes:
        line, _, rest = octets.partition(b"\r\n")
        method, _, after = line.partition(b" ")
        prefix, host, lines = (part.encode("latin-1") for part in self.destination)
        absolute = _ABSOLUTE.match(after)
        if absolute is not None:
            origin = self._origin.encode("latin-1") if absolute[0] == b"http://localhost" else absolute[0]
            target = origin + prefix + after[absolute.end() :]
        else:
            target = prefix + after if after[:1] == b"/" else after
        addressed = b"Host: " + host + b"\r\n" + lines
        return method + b" " + target + b"\r\n" + rest.replace(b"Host: localhost\r\n", addressed, 1)


def _method(octets: bytes) -> str:
    return octets.partition(b" ")[0].decode("latin-1")


def _target(octets: bytes) -> str:
    return octets.partition(b"\r\n")[0].partition(b" ")[2].rpartition(b" ")[0].decode("latin-1")
