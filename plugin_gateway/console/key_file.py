"""The key file: shows that a command runs as the user of the gateway, who may enter its console."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.address import Address


def key_files(admin: Address, environ: Mapping[str, str]) -> list[Path]:
    """Return where the key of the gateway with this admin listener may be, the better place first."""
    place = sha256(admin.socket.encode()).hexdigest()[:16] if admin.socket else str(admin.port)
    name = f"plugin-gateway-console-{place}.key"
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    folders = [Path(runtime)] if runtime.startswith("/") else []
    return [folder / name for folder in (*folders, _own_folder())]


def write_key(key: str, admin: Address, environ: Mapping[str, str]) -> Path:
    """Write the key where only this user can read it; return the file.

    Raises:
        OSError: no place can be written, or another user owns it.
    """
    *better, last = key_files(admin, environ)
    for path in better:
        with suppress(OSError):
            _write(path, key)
            return path
    with suppress(FileExistsError):
        last.parent.mkdir(mode=0o700)
    _write(last, key)
    return last


def read_key(admin: Address, environ: Mapping[str, str]) -> str:
    """Return the key of the gateway with this admin listener; empty if this user can read none."""
    for path in key_files(admin, environ):
        with suppress(OSError):
            _refuse_others(path.parent)
            return path.read_text("ascii").strip()
    return ""


def remove_key(path: Path, key: str) -> None:
    """Remove the file when the gateway ends, unless the gateway that came after it has replaced it."""
    with suppress(OSError):
        if path.read_text("ascii").strip() == key:
            path.unlink()


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"plugin-gateway-{os.getuid()}"


def _write(path: Path, key: str) -> None:
    _refuse_others(path.parent)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        new.unlink()
    # O_EXCL follows no link that another user may have put there.
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{key}\n")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _refuse_others(folder: Path) -> None:
    """Refuse a folder that another user made in the shared temporary folder, or can write to."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder that only this user can open")
