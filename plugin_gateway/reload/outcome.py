"""The outcome of compiling aside: a revision to hand on, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.revision import LogSettings

Fingerprint: TypeAlias = tuple[int, int, int] | None
"""What changes of a file when its content does; None where there is no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What came out: a pickled revision, handed on as it is, and what the supervisor has to know of it."""

    revision: bytes
    number: int
    digest: str
    public_url: str
    faces: tuple[str, ...]
    operations: int
    operations_total: int
    listen: str
    admin: str
    log: LogSettings
    watched: Mapping[Path, Fingerprint]
    """The files it was made of, as they were just before they were read."""
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing came out: what is wrong, and the text for people that `check` prints of it."""

    findings: tuple[Finding, ...]
    report: str


Outcome: TypeAlias = Compiled | Refused
