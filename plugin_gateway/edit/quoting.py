"""Quoting: how text is written as a scalar of YAML, so that every parser reads this text."""

from __future__ import annotations

import re
from typing import Final

_SAFE_PATH: Final = re.compile(r"\.{0,2}/[A-Za-z0-9_./*~@$-]*")
"""A path or a JSON pointer. Its slash keeps parsers from reading it as a number, such as `.5`."""
_PLAIN: Final = re.compile(r"(?!_+$)[A-Za-z_][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*")
_OPERATION: Final = re.compile(r"[A-Z]+ /[A-Za-z0-9_./-]*")
_OPERATION_IN_BLOCK: Final = re.compile(r"[A-Z]+ /[A-Za-z0-9_./{}*-]*")
"""In a flow list, braces begin a mapping."""
_URL: Final = re.compile(r"https?://[A-Za-z0-9.:/_~-]+[A-Za-z0-9/]")
_AMBIGUOUS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def is_plain(text: str, *, in_block: bool = False) -> bool:
    """Return whether text needs no quotes, in a flow collection or, with `in_block`, as a whole line."""
    if _PLAIN.fullmatch(text):
        return text.casefold() not in _AMBIGUOUS
    operation = _OPERATION_IN_BLOCK if in_block else _OPERATION
    return any(form.fullmatch(text) for form in (operation, _URL, _SAFE_PATH))


def scalar(text: str, *, quote: str = "", in_block: bool = False) -> str:
    """Write text as a scalar: in quotes if it needs them or `quote` is given, else plain."""
    if not quote and is_plain(text, in_block=in_block):
        return text
    if quote == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def comment(text: object, length: int = 80) -> str:
    """Make a text of the document safe for a comment: one line of printable characters."""
    line = " ".join("".join(character if character.isprintable() else " " for character in str(text)).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
