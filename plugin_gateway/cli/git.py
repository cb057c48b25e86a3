"""Git: reads a file as it was in a revision. Only this module starts a program."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE_S: Final = 30


def file_at(revision: str, path: Path) -> bytes | None:
    """Return the content of a file in a revision, or None if the revision does not have it.

    Raises:
        UsageError: there is no such revision, or git cannot tell.
    """
    folder = path.absolute().parent
    # A revision that begins with a dash would be an option.
    known = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if known.returncode != 0:
        reason = known.stderr.decode(errors="replace").strip()
        raise UsageError(f"git knows no revision {revision!r} in {folder}{f': {reason}' if reason else ''}")
    commit = known.stdout.decode().strip()
    shown = _git(folder, "show", f"{commit}:./{path.name}")
    return shown.stdout if shown.returncode == 0 else None


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        # There is no shell, and no argument that git reads as an option.
        return subprocess.run(  # noqa: S603
            ("git", "-C", str(folder), *arguments),  # noqa: S607  # the operator's git
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"git does not answer within {_PATIENCE_S} s") from None
