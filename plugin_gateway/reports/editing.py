"""An editing: one change of gateway.yaml, from reading the file through edit, check and diff to writing it."""

from __future__ import annotations

import codecs
import difflib
import os
from typing import TYPE_CHECKING

from plugin_gateway.config.find import STANDARD_INPUT, decode, find_config, read_content
from plugin_gateway.config.load import LoadedConfig, load_text
from plugin_gateway.config.places import Places
from plugin_gateway.config.recovery import recover
from plugin_gateway.config.remains import RefusedConfigError
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import UsageError
from plugin_gateway.reports.replacing import replace_file
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from plugin_gateway.revision.build import Built


class Editing(Discreet, frozen=True, kw_only=True):
    """The config file as it was read. `loaded` is its valid part."""

    HIDDEN = ("content", "text")

    path: Path
    content: bytes
    text: str
    loaded: LoadedConfig

    def diff(self, edited: str) -> str:
        """Return the change as a unified diff in which secrets are masked."""
        return unified(self.path, self.text, edited)

    def check(self, edited: str) -> Built:
        """Build the revision of the edited text, as `check` would.

        Raises:
            FindingsError: `serve` would refuse the edited config.
        """
        from plugin_gateway.revision.build import build  # noqa: PLC0415  # an edit without a change must not pay for it

        return build(load_text(edited, path=self.path, environ=os.environ, needs_secrets=False))

    def write(self, edited: str) -> None:
        """Replace the file, if it is still as it was read.

        Raises:
            UsageError: it cannot be written, or has changed meanwhile.
        """
        replace(self.path, edited, self.content)


def open_config(given: Path | None) -> Editing:
    """Read the config file that an edit changes.

    Raises:
        UsageError: there is no file, or an environment variable replaces what it says.
        ConfigError: it cannot be read, or not even its `openapi` is valid.
    """
    path = find_config(given, environ=os.environ)
    if path is None:
        raise UsageError("there is no file to edit: environment variables make up the whole config")
    if path == STANDARD_INPUT:
        raise UsageError("standard input cannot be edited: name a file with -c/--config")
    content = read_content(path)
    text = decode(content, path)
    loaded = loaded_or_remains(text, path)
    if replaced := replaced_list(loaded):
        name, key = replaced
        raise UsageError(f"{name} replaces `{key}` of {path}: an edit of the file would change nothing")
    return Editing(path=path, content=content, text=text, loaded=loaded)


def replaced_list(loaded: LoadedConfig) -> tuple[str, str] | None:
    """Return the environment variable or option that replaces one of the lists, and the key of the list."""
    for pointer, name in loaded.places.overrides.items():
        if pointer[:1] in (("allow",), ("deny",)):
            return name, str(pointer[0])
    return None


def loaded_or_remains(text: str, path: Path) -> LoadedConfig:
    """Load a config, or its valid part: an edit may be what mends the rest, and `check` judges the result.

    Raises:
        ConfigError: not even its `openapi` is valid.
    """
    try:
        return load_text(text, path=path, environ=os.environ, needs_secrets=False)
    except RefusedConfigError as error:
        if error.remains is None:
            raise
        return error.remains


def masked_lines(text: str) -> list[str]:
    """Return the lines of a text, with asterisks in place of each character of a secret. A person may have broken the YAML."""
    recovery = recover(text)
    return list(Places("", text, recovery.root, doubtful=recovery.doubtful).shown_lines())


def unified(path: Path, before: str, after: str, shown_lines: Callable[[str], Sequence[str]] = masked_lines) -> str:
    """Return a unified diff of two texts of one file, with secrets masked. `patch` applies it if no secret is near the edit."""
    old, new = _ended(before, shown_lines), _ended(after, shown_lines)
    return "\n".join(difflib.unified_diff(old, new, str(path), f"{path} (edited)", lineterm=""))


def _ended(text: str, shown_lines: Callable[[str], Sequence[str]]) -> list[str]:
    lines = [*shown_lines(text)]
    if lines and not text.endswith(("\n", "\r")):
        lines[-1] += "\n\\ No newline at end of file"
    return lines


def touched_lines(before: str, after: str) -> frozenset[int]:
    """Return the numbers of the lines of `after` that `before` does not have."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    blocks = (range(start + 1, end + 1) for tag, _, _, start, end in matcher.get_opcodes() if tag != "equal")
    return frozenset(number for block in blocks for number in block)


def with_mark_of(content: bytes, text: str) -> bytes:
    """Return a new text of a file as bytes, after the byte order mark of its old content."""
    return (codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b"") + text.encode()


def replace(path: Path, text: str, expected: bytes) -> bytes:
    """Replace the text of a file, and return its new content. Its byte order mark stays.

    Raises:
        UsageError: it cannot be written, or is not as expected.
    """
    content = with_mark_of(expected, text)
    try:
        target = path.resolve(strict=True)
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "the file is read-only")
        is_replaced = replace_file(target, content, expected=expected)
    except OSError as error:
        reason = reason_of(error)
        raise UsageError(f"cannot write {path}: {reason}; apply the diff above where the file comes from") from error
    if not is_replaced:
        raise UsageError(f"{path} has changed in the meantime, so it was not written: run the command again")
    return content
