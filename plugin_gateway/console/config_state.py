"""The config state: whether the gateway serves what gateway.yaml says now."""

from __future__ import annotations

from stat import S_ISREG
from typing import TYPE_CHECKING, Literal, TypeAlias

from plugin_gateway.config.find import STANDARD_INPUT
from plugin_gateway.console.mark import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plugin_gateway.diagnostics import Finding

Sync: TypeAlias = Literal["in-sync", "changed", "refused"]


class ConfigState:
    """Compares the file with what the last compile read.

    Without a file, environment variables or a revision file have the config.
    """

    def __init__(self, path: Path | None, mark_key: bytes) -> None:
        self.path = path
        self._mark_key = mark_key
        self.findings: tuple[Finding, ...] = ()
        """The findings of the last compile: its warnings, or why it was refused."""
        self._is_refused = False
        self._compiled = ""
        self._judged = ""

    @property
    def base(self) -> str:
        """The mark of the file as it is now; empty if it cannot be read."""
        if self.path is None or self.path == STANDARD_INPUT:
            return ""
        try:
            # A pipe, such as `-c <(envsubst < gateway.yaml)`, can be read only once, and the compile must read it.
            if not S_ISREG(self.path.stat().st_mode):
                return ""
            return mark_of(self.path.read_bytes(), self._mark_key)
        except OSError:
            return ""

    @property
    def sync(self) -> Sync:
        if self.base != self._judged:
            return "changed"
        return "refused" if self._is_refused else "in-sync"

    def compiling(self) -> None:
        """Remember the file before a compile reads it, so that a change during the compile counts as one."""
        self._compiled = self.base

    def served(self, warnings: Iterable[Finding]) -> None:
        self._judged, self._is_refused, self.findings = self._compiled, False, tuple(warnings)

    def refused(self, findings: Iterable[Finding]) -> None:
        self._judged, self._is_refused, self.findings = self._compiled, True, tuple(findings)
