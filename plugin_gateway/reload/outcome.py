"""The outcome of compiling aside: a revision to hand on, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.revision import LogSettings

Fingerprint: TypeAlias = tuple[int, int, int, int] | None
"""What changes of a file when its content or its permissions do; None where no file can be seen."""


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
    """The files it was made of, as they were just before they were looked at."""
    warnings: tuple[Finding, ...]
    metrics: str = ""
    pinned: bytes = b""
    """What the entries of the lists named, pickled: handed to the next compile as it is, so that none of them opens more."""
    served: tuple[str, ...] = ()
    """The operations by name (`reload.change`)."""
    held: tuple[str, ...] = ()
    """What the document added to groups and stays closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What the supervisor has to know of a config whose document is not there yet, to wait for it."""

    listen: str
    admin: str
    log: LogSettings
    metrics: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing came out: what is wrong, and the text for people that `check` prints of it."""

    findings: tuple[Finding, ...]
    report: str
    watched: Mapping[Path, Fingerprint] = field(default_factory=dict)
    """The files that were looked at, there or not: what is wrong may be right when one of them changes."""
    log: LogSettings | None = None
    """How the config wants the log, as far as it could be read."""
    awaited: Awaited | None = None
    """Set where nothing is wrong but that the document's server does not answer yet: asking again may help."""


Outcome: TypeAlias = Compiled | Refused
