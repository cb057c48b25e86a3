"""The files that gateway.yaml names besides the document: the logo, the users, certificates and keys, and the audit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from plugin_gateway.callers.users import hash_token
from plugin_gateway.config.auth import UserHttpAuth
from plugin_gateway.config.secrets import placeholder
from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError
from plugin_gateway.publish.logo import MAX_LOGO_BYTES
from plugin_gateway.revision.tls_files import read_tls_files
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.revision.tls_files import TlsFiles

T = TypeVar("T")
MAX_USERS_BYTES: Final = 4 * 1024 * 1024


def read_for_calls(loaded: LoadedConfig, found: list[Finding]) -> tuple[str | None, TlsFiles]:
    """Read the files with users, certificates and keys, and add the mistakes to `found`."""
    users = unless_refused(load_users, loaded, found)
    found += _find_unwritable_audit(loaded)
    tls_files, found_in_tls = read_tls_files(loaded.config.upstream.tls)
    found += found_in_tls if loaded.needs_secrets else (one for one in found_in_tls if one.rule != "unreadable")
    return users, tls_files


def or_placeholders(loaded: LoadedConfig, users: str | None) -> str | None:
    """Use placeholders for users that could not be read.

    That is reported already; "no such user" would be wrong.
    """
    return _placeholder_users(loaded) if users is None and users_path(loaded) is not None else users


def unless_refused(read: Callable[[LoadedConfig], T], loaded: LoadedConfig, found: list[Finding]) -> T | None:
    """Read one of the files that a config names; if it is refused, add its findings to `found` and return None."""
    try:
        return read(loaded)
    except ConfigError as error:
        found += error.findings
        return None


def load_logo(loaded: LoadedConfig) -> bytes | None:
    """Read the logo; None if the config names none.

    Raises:
        ConfigError: it cannot be read.
    """
    path = loaded.config.manifest.logo
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            # Read one byte more than the limit, so that a larger file is refused.
            return file.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        finding = Finding(
            rule="unreadable",
            message=f"the logo {path} cannot be read: {reason_of(error)}",
            hint="leave `logo` out to use the neutral logo",
            pointer=("manifest", "logo"),
        )
        raise ConfigError(loaded.located([finding])) from error


def _find_unwritable_audit(loaded: LoadedConfig) -> Iterator[Finding]:
    """Yield an error if the gateway cannot write its audit: people rely on it, so the gateway must not serve without it."""
    audit = loaded.config.audit
    # Without secrets, the config is checked on another machine than the one that serves.
    if audit is None or not loaded.needs_secrets:
        return
    folder = audit.file.parent
    if not folder.is_dir():
        yield Finding(
            rule="audit-unwritable",
            message=f"the folder of the audit, {folder}, does not exist",
            hint="make the folder, or name a file in another one",
            pointer=("audit", "file"),
        )
    elif not os.access(audit.file if audit.file.exists() else folder, os.W_OK):
        yield Finding(
            rule="audit-unwritable",
            message=f"the gateway may not write to {audit.file}",
            hint="let the gateway's user write to it and to its folder",
            pointer=("audit", "file"),
        )


def _placeholder_users(loaded: LoadedConfig) -> str:
    """Return a text to use in place of a missing users file, with the users that consumers name."""
    names = {one.match.user for one in loaded.config.consumers if one.match.user} or {"placeholder"}
    return "".join(f"{name}:{hash_token(placeholder(name).reveal())}\n" for name in sorted(names))


def users_path(loaded: LoadedConfig) -> Path | None:
    """Return the path of the users file; None if the config names none."""
    return loaded.config.auth.users if isinstance(loaded.config.auth, UserHttpAuth) else None


def load_users(loaded: LoadedConfig) -> str | None:
    """Read the users file; None if the config names none.

    Raises:
        ConfigError: it cannot be read, or is too large.
    """
    path = users_path(loaded)
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_USERS_BYTES + 1)
        if len(content) <= MAX_USERS_BYTES:
            # An editor's byte order mark would become a part of the first user's name.
            return content.decode("utf-8-sig")
        why = "it is larger than 4 MiB"
    except FileNotFoundError:
        if not loaded.needs_secrets:
            return _placeholder_users(loaded)
        why = "no such file or directory"
    except OSError as error:
        why = reason_of(error)
    except UnicodeDecodeError:
        why = "it is not UTF-8 text"
    finding = Finding(
        rule="unreadable", message=f"the users file {path} cannot be read: {why}", pointer=("auth", "users")
    )
    raise ConfigError(loaded.located([finding]))
