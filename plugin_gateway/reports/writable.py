"""Writability: whether gateway.yaml can be written where it is, and if not, why."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from plugin_gateway.config.find import STANDARD_INPUT

MAY_NOT_WRITE: Final = "`console` in gateway.yaml does not let the console write"
"""Why the console saves nothing, although the file can be written."""
_PLACE: Final = 4
"""The field of a line of mountinfo that says where the mount is; see proc(5)."""


def why_read_only(path: Path | None) -> str:
    """Return why an edit of the file would fail or would not last; empty if it can be written."""
    if path is None:
        return "environment variables make up the whole config"
    if path == STANDARD_INPUT:
        return "the config came from standard input"
    try:
        if _is_projected(path):
            return "the file is a ConfigMap's or a Secret's, which Kubernetes would write over: edit it where it comes from"
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        return f"the file cannot be found: {error}"
    if not os.access(target, os.W_OK):
        return "the file is read-only"
    if not os.access(target.parent, os.W_OK):
        return f"the folder {target.parent} is read-only, and the gateway replaces the file by a new one in that folder"
    if _is_mounted(target):
        return "the file itself is a mount, as `docker run -v FILE:FILE` makes it, and cannot be replaced: mount its folder"
    return ""


def note_on_other_names(path: Path | None) -> str:
    """Return what a person must know if the file has hard links: an edit replaces it, and they keep the old text.

    Else an empty text.
    """
    try:
        count = path.stat().st_nlink if path is not None and path != STANDARD_INPUT else 1
    except OSError:
        return ""
    if count == 1:
        return ""
    return f"`{path}` has another name, a hard link, which keeps the old text: make the link again after the save, or use a symbolic link"


def _is_mounted(target: Path) -> bool:
    """Return whether a file is mounted by itself. `os.path.ismount` does not see a mount within one file system."""
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return False  # not Linux
    # Blanks and backslashes are in octal.
    name = re.sub(rb"[ \t\n\\]", lambda found: b"\\%03o" % found[0][0], os.fsencode(target))
    return any(fields[_PLACE] == name for line in mounts if len(fields := line.split(b" ")) > _PLACE)


def _is_projected(path: Path) -> bool:
    """Return whether a volume of Kubernetes holds the file: such a file is a link through the folder `..data`."""
    data = path.absolute().parent / "..data"
    return data.is_symlink() and path.resolve(strict=True).is_relative_to(data.resolve(strict=True))
