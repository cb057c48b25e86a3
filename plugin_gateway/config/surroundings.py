"""Surroundings: the environment, and the folder where relative paths in gateway.yaml start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec import field

from plugin_gateway.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _unnoted(path: Path) -> None:
    """Ignore the file: the default of `on_file`."""


class Surroundings(Discreet, frozen=True, kw_only=True):
    """What a config needs from outside of gateway.yaml."""

    HIDDEN: ClassVar[tuple[str, ...]] = ("environ",)

    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    needs_secrets: bool = True
    """Whether a missing secret is a mistake. If not, a placeholder replaces it."""
    on_file: Callable[[Path], object] = _unnoted
    """Called with each file that a value names, before it is opened: a reload watches missing files, too."""
