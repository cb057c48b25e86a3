"""A case: the octets that a hostile caller sends on one connection, and their aim."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Feature(StrEnum):
    """What a case tries."""

    CONTROL = "allowed calls"
    """No attack: an allowed call, which must be forwarded. Otherwise the attack would prove nothing."""
    DENIED = "denied operations"
    SPELLING = "spellings of denied paths"
    OVERRIDE = "method overrides"
    FRAMING = "framing"
    CREDENTIALS = "credentials"
    ECHO = "echoed secrets"
    TOOLS = "arguments of tools"
    HIDDEN = "hidden parameters"
    DROPPED = "dropped fields"
    HELD = "held calls"
    ANONYMOUS = "callers without a credential"


class Echo(StrEnum):
    """How the upstream of an attack repeats in its answer what it got."""

    PLAIN = "plain"
    JSON = "json"
    PERCENT = "percent"
    HEX = "hex"
    BASE64 = "base64"
    GZIP = "gzip"
    DEFLATE = "deflate"
    FIELD = "field"
    LOCATION = "location"
    CHUNKS = "chunks"


class Case(Struct, frozen=True, kw_only=True):
    """One case. `octets` may hold several requests."""

    feature: Feature
    name: str
    octets: bytes
    echo: Echo = Echo.PLAIN
    answer: bytes = b""
    """What the upstream answers; empty to repeat what it got."""
    entry: str = ""
    """The operation that it is about, such as `GET /pets/{petId}`."""

    @property
    def shown(self) -> str:
        """The first line that is sent, for a report."""
        return first_line(self.octets)


def first_line(octets: bytes) -> str:
    """Return the first line of a request for a report, escaped and cut."""
    return octets.partition(b"\r\n")[0][:200].decode("latin-1").encode("unicode_escape").decode("ascii")
