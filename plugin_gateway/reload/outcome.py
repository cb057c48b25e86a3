"""The outcome of compiling aside: a revision, or the findings that prevent it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from plugin_gateway.approvals.settings import NO_SETTINGS, ApprovalSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.config.console import ConsoleMode
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.revision import LogSettings
    from plugin_gateway.revision.agreed import Drifted

Fingerprint: TypeAlias = tuple[int, int, int, int] | None
"""The part of a file's status that changes with its content or permissions; None if the file cannot be seen."""


class Compiled(Struct, frozen=True, kw_only=True):
    """A pickled revision, passed to the workers as it is, and the facts about it that the supervisor needs."""

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
    """The files it was made of, with the fingerprint taken just before each was read."""
    warnings: tuple[Finding, ...]
    metrics: str = ""
    console: ConsoleMode = "default"
    limits: Mapping[str, str | int | None] = field(default_factory=dict)
    approvals: ApprovalSettings = NO_SETTINGS
    pinned: bytes = b""
    """The pickled pins: the operations that each list entry named. They go to the next compile, so that no entry opens
    more."""
    served: tuple[str, ...] = ()
    """The names of the operations (`reload.turnover`)."""
    called_by_id: Mapping[str, str] = field(default_factory=dict)
    """The method and path template of each operation, by its id."""
    held: tuple[str, ...] = ()
    """Operations that the document added to groups; they stay closed."""
    drifted: tuple[Drifted, ...] = ()
    """Operations that are not as they were locked."""
    refresh_s: float = 0.0
    """How often to look for a new version of the document; 0 means never."""
    stale: str = ""
    """The warning that the document is its last good copy, because it cannot be fetched."""


class Awaited(Struct, frozen=True, kw_only=True):
    """The part of a config that the supervisor needs while it waits for the document."""

    listen: str
    admin: str
    log: LogSettings
    metrics: str = ""


class Refused(Struct, frozen=True, kw_only=True):
    """There is no revision: the findings, and the report of them that `check` prints."""

    findings: tuple[Finding, ...]
    report: str
    watched: Mapping[Path, Fingerprint] = field(default_factory=dict)
    """The files that the compile looked at, including missing ones: a change to any of them can mend the config."""
    log: LogSettings | None = None
    """The log settings of the config, if they could be read."""
    awaited: Awaited | None = None
    """Set if the only problem is that the document's server does not answer yet, so that a retry may help."""


Outcome: TypeAlias = Compiled | Refused
