"""Building: from the files an operator wrote to a revision, reading what has to be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_gateway.config.load import LoadedConfig, find_config, load
from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.openapi.source import awaited, read_document
from plugin_gateway.policy.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.publish.logo import MAX_LOGO_BYTES
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.placing import place_in_document
from plugin_gateway.revision.tls_files import read_tls_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.load import OnFile
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.model import Revision

MAX_USERS_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Built:
    """A revision with what it was built from."""

    revision: Revision
    loaded: LoadedConfig


def load_config(
    config: Path | None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: OnFile | None = None,
) -> LoadedConfig:
    """Find the config and read it; `on_file` is told of each file it names, and of itself, before they are looked at.

    Raises:
        ConfigError: with every mistake found.
    """
    path = find_config(config, environ=environ, on_file=on_file)
    return load(path, environ=environ, overrides=overrides, on_file=on_file)


def load_document(loaded: LoadedConfig, *, on_file: OnFile | None = None) -> Document:
    """Read the document that a config names; `on_file` is told of each of its files before it is opened.

    Raises:
        DocumentAwaitedError: its server does not answer yet.
        DocumentError: it cannot be read, or is none.
    """
    source = loaded.config.openapi
    headers = {name: secret.reveal() for name, secret in source.headers.items()}
    return read_document(source.source, headers=headers, on_file=on_file)


def build(
    loaded: LoadedConfig, *, number: int = 1, on_file: OnFile | None = None, pinned: Pinned = NOTHING_PINNED
) -> Built:
    """Read everything that a config names, and compile it; `pinned` is that of the revision before, in a gateway that runs.

    Raises:
        DocumentAwaitedError: the server of the document, or of a part that is needed, does not answer yet.
        ConfigError: the config does not fit the document, or asks for what cannot be served.
        DocumentError: the document cannot be read, or an allowed operation not be cut out of it.
    """
    document = load_document(loaded, on_file=on_file)
    logo, users = _read_logo(loaded), _read_users(loaded)
    tls_files, found = read_tls_files(loaded.config.upstream.tls)
    try:
        revision = compile_revision(
            loaded, document, number=number, logo=logo, users=users, tls_files=tls_files, found=found, pinned=pinned
        )
    except DocumentError as error:
        placed = DocumentError(place_in_document(error.findings, document.name))
        raise awaited(placed) if document.is_awaited else placed from error
    return Built(revision=revision, loaded=loaded)


def _read_logo(loaded: LoadedConfig) -> bytes | None:
    path = loaded.config.manifest.logo
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            # One byte more than is allowed is enough to be refused.
            return file.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        finding = Finding(
            rule="unreadable",
            message=f"the logo {path} cannot be read: {(error.strerror or str(error)).lower()}",
            hint="leave `logo` out for a neutral one",
            pointer=("manifest", "logo"),
        )
        raise ConfigError(loaded.located([finding])) from error


def _read_users(loaded: LoadedConfig) -> str | None:
    path = getattr(loaded.config.auth, "users", None)
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_USERS_BYTES + 1)
        if len(content) <= MAX_USERS_BYTES:
            # An editor's byte order mark would become a part of the first user's name.
            return content.decode("utf-8-sig")
        why = "it is larger than 4 MiB"
    except OSError as error:
        why = (error.strerror or str(error)).lower()
    except UnicodeDecodeError:
        why = "it is not UTF-8 text"
    finding = Finding(
        rule="unreadable", message=f"the users file {path} cannot be read: {why}", pointer=("auth", "users")
    )
    raise ConfigError(loaded.located([finding]))
