"""Replacing a file in one step: a process that reads it meanwhile sees the old content or the new."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError
from plugin_gateway.text.system_reason import reason_of


def replace_file(path: Path, content: bytes, *, expected: bytes | None = None) -> bool:
    """Replace a file, or make it. Its mode, its owner and symbolic links to it stay.

    Returns False, and leaves the file as it is, if its content is not the `expected` one.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    handle, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            # After a crash, the name must not lead to an empty file.
            os.fsync(file.fileno())
        if target.exists():
            status = target.stat()
            temporary.chmod(status.st_mode & 0o7777)
            with suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
        else:
            temporary.chmod(0o666 & ~_umask())
        if expected is not None and target.read_bytes() != expected:
            return False
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def write_file(path: Path, content: bytes) -> None:
    """Replace a file, or make it.

    Raises:
        ConfigError: the file cannot be written.
    """
    try:
        replace_file(path, content)
    except OSError as error:
        message = f"cannot write {path}: {reason_of(error)}"
        raise ConfigError([Finding(rule="unwritable", message=message, location=Location(str(path)))]) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
