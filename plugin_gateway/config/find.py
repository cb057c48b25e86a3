"""A config file: where it is, and its text."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import ConfigError
from plugin_gateway.text.position import position

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    OnFile = Callable[[Path], object]

VARIABLE: Final = "PLUGIN_GATEWAY_CONFIG"
PREFIX: Final = "PLUGIN_GATEWAY__"
"""Prefix of the environment variables that override the file."""

DEFAULT_NAME: Final = "gateway.yaml"
STANDARD_INPUT: Final = Path("-")


def find_config(
    given: Path | None, *, environ: Mapping[str, str], folder: Path = Path(), on_file: OnFile | None = None
) -> Path | None:
    """Return the config file to read: the one given, `PLUGIN_GATEWAY_CONFIG`, or `gateway.yaml` in `folder`.

    None means that there is no file, but that the environment has overrides. `on_file` is called with the path before the
    file is opened.

    Raises:
        ConfigError: there is neither a file nor an override.

    """
    default = given or folder / (environ.get(VARIABLE) or DEFAULT_NAME)
    if on_file is not None:
        on_file(default)
    if given is not None or environ.get(VARIABLE):
        return default
    if _may_exist(default):
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
    """Return whether the config comes from standard input."""
    return (given or Path(environ.get(VARIABLE) or DEFAULT_NAME)) == STANDARD_INPUT


def read_text(path: Path) -> str:
    """Return the text of a config file, or of standard input.

    Raises:
        ConfigError: the file cannot be read, or is not UTF-8.
    """
    return decode(read_content(path), path)


def read_content(path: Path) -> bytes:
    """Return the content of a config file, or of standard input.

    Raises:
        ConfigError: the file cannot be read.
    """
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a valid path"
        message = f"cannot read the config: {str(reason).lower()}"
        raise ConfigError(
            [Finding(rule="unreadable", message=message, hint=_hint(path), location=Location(str(path)))]
        ) from None


def decode(content: bytes, path: Path) -> str:
    """Return the text of a config file, without a byte order mark.

    Raises:
        ConfigError: the content is not UTF-8.
    """
    name = "<stdin>" if path == STANDARD_INPUT else str(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        location = Location(name, *position(content, error.start))
    message, hint = "the file is not UTF-8", "save the file as UTF-8"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        message = "the file is UTF-16"
    elif b"\0" in content:
        message, hint = "the file is not text", "name the YAML file with -c/--config"
    raise ConfigError([Finding(rule="not-utf-8", message=message, hint=hint, location=location)])


def _may_exist(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the gateway may not search a directory of the path; reading the file reports it
        return True


def _hint(path: Path) -> str:
    """Return a hint that names another file."""
    try:
        if path.is_dir():
            inside = path / DEFAULT_NAME
            return f"name the file: {inside}" if inside.is_file() else "name a file in this directory"
        others = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    except OSError:  # the name is too long, or the gateway may not read the directory
        others = []
    # By the stem first: the suffix alone makes short names alike.
    alike = [other for other in others if other != path.name and nearest(path.stem, [Path(other).stem])]
    near = nearest(path.name, alike)
    return near + "name another file with -c/--config, or write one with `plugin-gateway init SPEC`"
