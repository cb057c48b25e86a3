"""A config file: where it is, and its text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    OnFile = Callable[[Path], object]

VARIABLE: Final = "PLUGIN_GATEWAY_CONFIG"
PREFIX: Final = "PLUGIN_GATEWAY__"
"""Of the environment variables that are laid over the file."""

DEFAULT_NAME: Final = "gateway.yaml"
STANDARD_INPUT: Final = Path("-")


def find_config(
    given: Path | None, *, environ: Mapping[str, str], folder: Path = Path(), on_file: OnFile | None = None
) -> Path | None:
    """Return the config file to read: the one given, `PLUGIN_GATEWAY_CONFIG`, or `gateway.yaml` in `folder`.

    None means that there is none, and that overrides from the environment are enough to try without. `on_file` is told
    of the file before it is looked for.

    Raises:
        ConfigError: there is no file and no override either.

    """
    default = given or folder / (environ.get(VARIABLE) or DEFAULT_NAME)
    if on_file is not None:
        on_file(default)
    if given is not None or environ.get(VARIABLE):
        return default
    if default.is_file():
        return default
    if any(name.upper().startswith(PREFIX) for name in environ):
        return None
    finding = Finding(
        rule="no-config",
        message=f"no config: neither -c/--config nor {VARIABLE} is given, and {default.absolute()} does not exist",
        hint="write one with `plugin-gateway init SPEC`",
    )
    raise ConfigError([finding])


def is_standard_input(given: Path | None, environ: Mapping[str, str]) -> bool:
    """Tell whether the config is to be read from standard input."""
    return (given or Path(environ.get(VARIABLE) or DEFAULT_NAME)) == STANDARD_INPUT


def read_text(path: Path) -> str:
    """Return the text of a config file, or of standard input.

    Raises:
        ConfigError: it cannot be read, or is not UTF-8.
    """
    if path == STANDARD_INPUT:
        return _decoded(sys.stdin.buffer.read(), "<stdin>")
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a legal path"
        folder = path.parent
        near = nearest(path.name, [other.name for other in folder.iterdir()]) if folder.is_dir() else ""
        hint = near + "give another with -c/--config, or write one with `plugin-gateway init SPEC`"
        raise ConfigError(
            [Finding(rule="unreadable", message=f"{reason}", hint=hint, location=Location(str(path)))]
        ) from None
    return _decoded(content, str(path))


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        location = Location(name, before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        finding = Finding(rule="not-utf-8", message="not UTF-8", hint="save the file as UTF-8", location=location)
    raise ConfigError([finding])
