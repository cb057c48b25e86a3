"""A fingerprint: the status of a file, in which a change shows without reading the file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from plugin_gateway.reload.outcome import Fingerprint


def fingerprints(paths: Iterable[Path]) -> dict[Path, Fingerprint]:
    """Take the fingerprint of each file."""
    return {path: fingerprint(path) for path in paths}


def fingerprint(path: Path) -> Fingerprint:
    try:
        status = os.stat(path)  # noqa: PTH116  # it must follow symlinks
    except OSError:
        return None
    # Include ctime, which changes with `chmod` and `chown`: they can make a secret readable.
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
