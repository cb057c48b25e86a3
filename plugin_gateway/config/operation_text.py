"""The text of an operation: how an entry of gateway.yaml, or an argument of a command, names one.

It is apart from the types of the config, because `prune` reads no config and must start quickly.
"""

from __future__ import annotations

import re
from typing import Final

from plugin_gateway import methods

_KEY: Final = re.compile(rf"({methods.PATTERN})[ \t]+(/\S*(?: \S+)*)")
"""A method and a path. Some documents have blanks in a path; clients send `%20` for each."""


def split_operation(text: str) -> tuple[str, str] | None:
    """Split `METHOD /path/template`; None for an operationId."""
    match = _KEY.fullmatch(text.strip())
    return (match[1].upper(), match[2]) if match else None


def run_together(text: str) -> str:
    """Return a hint for entries that YAML reads as one text, since the dash of the second is indented further.

    Any other text gives an empty hint.
    """
    entries = re.split(r"\s+-\s+", text)
    return (
        f"begin each dash in the same column: {', '.join(f'`- {entry}`' for entry in entries)}" if entries[1:] else ""
    )
