"""The lock files, gateway.lock and gateway.locked.json beside gateway.yaml: where they are, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.find import DEFAULT_NAME, STANDARD_INPUT
from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.openapi.decode.extent import MAX_BYTES
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.lock.copy import LockedCopy
    from plugin_gateway.lock.lock import Lock

MAX_LOCK_BYTES: Final = 16 * 1024 * 1024


def lock_path(config: Path | None) -> Path:
    """Return the lock file of a config: beside it, with its name and `.lock`. A config without a file has ./gateway.lock."""
    path = Path(DEFAULT_NAME) if config is None or config == STANDARD_INPUT else config
    return path.with_name(path.name.removesuffix(path.suffix) + ".lock")


def copy_path(config: Path | None) -> Path:
    """Return the file with the locked copy, beside the lock."""
    path = lock_path(config)
    return path.with_name(path.name.removesuffix(".lock") + ".locked.json")


def load_copy(path: Path) -> LockedCopy | None:
    """Read a locked copy; None if there is none, or if the file is not one."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        from plugin_gateway.lock.copy import read_copy  # noqa: PLC0415  # only `keep` and `diff` need it

        return read_copy(content, str(path)) if len(content) <= MAX_BYTES else None
    except (OSError, DocumentError):
        return None


def load_lock(path: Path, on_file: Callable[[Path], object] | None = None) -> Lock | None:
    """Read a lock; None if there is no such file. `on_file` is called with the path before it is opened.

    Raises:
        ConfigError: the file cannot be read, or is not a lock.
    """
    if on_file is not None:
        on_file(path)
    try:
        if path.exists() and not path.is_file():
            raise _unreadable(path, "it is not a regular file")
        with path.open("rb") as file:
            content = file.read(MAX_LOCK_BYTES + 1)
        if len(content) > MAX_LOCK_BYTES:
            raise _unreadable(path, "it is larger than 16 MiB")
        from plugin_gateway.lock.text import read_lock  # noqa: PLC0415  # a gateway without a lock does not pay for it

        return read_lock(content.decode("utf-8-sig"), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8 text") from error


def _unreadable(path: Path, why: str) -> ConfigError:
    hint = "correct the file, or move it away and run `plugin-gateway lock`"
    message = f"the lock cannot be read: {why}"
    return ConfigError([Finding(rule="unreadable", message=message, hint=hint, location=Location(str(path)))])
