"""A built revision, for a command that shows or checks it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from plugin_gateway.cli.reading import reading
from plugin_gateway.errors import ConfigError
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.build import build, load_config
from plugin_gateway.revision.lock_file import load_lock, lock_path
from plugin_gateway.revision.stages import load_agreed, load_stages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.revision.build import Built
    from plugin_gateway.revision.kept import KeptOperation


def load_to_show(config: Path | None) -> tuple[LoadedConfig, Document]:
    """Read the config and the document that it names; placeholders replace missing secrets.

    Raises:
        ConfigError: the config is wrong.
        DocumentError: the document is wrong.
    """
    loaded, stages = load_stages_to_show(config)
    return loaded, stages[-1]


def load_stages_to_show(config: Path | None) -> tuple[LoadedConfig, tuple[Document, ...]]:
    """Do the work of `load_to_show`; return the API's own document, and the document after each overlay."""
    with reading("the config and the document"):
        loaded = load_config(config, environ=os.environ, needs_secrets=False)
        return loaded, load_stages(loaded)


def load_allowed(config: Path | None) -> tuple[Document, Mapping[OperationKey, KeptOperation]]:
    """Do the work of `load_to_show`; return the document, and the operations that `serve` would allow.

    A lock that cannot be read is ignored.
    """
    with reading("the config and the document"):
        loaded = load_config(config, environ=os.environ, needs_secrets=False)
        lock = None
        with suppress(ConfigError):
            lock = load_lock(lock_path(loaded.source_path))
        stages, agreed = load_agreed(loaded, lock)
    return stages[-1], select(stages[-1], loaded.config.allow, loaded.config.deny, agreed.pins(), agreed).kept


def build_to_show(config: Path | None) -> Built:
    """Build the revision that `serve` would; placeholders replace missing secrets.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is wrong.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=os.environ, needs_secrets=False))


def build_to_check(config: Path | None, *, needs_secrets: bool = True) -> Built:
    """Build the revision that `serve` would, and report the mistakes of config and document together.

    Raises:
        ConfigError: the config is wrong or does not fit the document.
        DocumentError: the document is wrong.
    """
    with reading("the config and the document"):
        return build(load_config(config, environ=os.environ, needs_secrets=needs_secrets, in_one_report=True))
