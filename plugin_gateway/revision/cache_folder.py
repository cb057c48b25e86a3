"""The cache folder: where `serve` keeps the last good copy of a document at a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.config.document_source import DocumentSource

_NAME: Final = "plugin-gateway"
_OF_SYSTEM: Final = Path("/var/cache") / _NAME


def cache_folder(source: DocumentSource, environ: Mapping[str, str]) -> Path | None:
    """Return the folder, or None if no copy is kept: for a file, and if neither `refresh` nor `cache` is set."""
    if not source.is_url or not (source.refresh or source.cache):
        return None
    if source.cache is not None:
        return source.cache
    # systemd gives several folders, separated by colons.
    if folder := environ.get("CACHE_DIRECTORY", "").partition(":")[0]:
        return Path(folder)
    if (folder := environ.get("XDG_CACHE_HOME", "")).startswith("/"):
        return Path(folder) / _NAME
    try:
        return Path.home() / ".cache" / _NAME
    except RuntimeError:  # the user has no home
        return _OF_SYSTEM
