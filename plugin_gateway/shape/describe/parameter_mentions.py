"""Parameter mentions: texts of an operation that name a parameter which clients do not see under that name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.shape.describe.declared import DeclaredParameter
    from plugin_gateway.shape.describe.shaping import Shaping


def find_parameter_mentions(shaping: Shaping, declared: Sequence[DeclaredParameter]) -> Iterator[Finding]:
    """Warn of the texts that name a hidden or renamed parameter as a word."""
    gone = [one for one in declared if one.rule is not None and one.visible_name != one.name]
    for where, text, hint in _texts(shaping, declared) if gone else ():
        for one in gone:
            if word_of(one.name).search(text):
                how, field = ("renamed", "rename") if one.visible_name else ("hidden", "")
                yield Finding(
                    rule=f"{how}-parameter-named",
                    message=f"{where} of `{shaping.key}` names `{one.name}`, which is {how}",
                    hint=f"clients can read it: set {hint}",
                    severity=Severity.WARNING,
                    pointer=shaping.settings.pointer_to(one.key, field),
                )


def word_of(name: str) -> re.Pattern[str]:
    """Return a pattern that finds a name as a word of a text."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")


def operation_texts(shaping: Shaping) -> Iterator[tuple[str, str, str]]:
    """Yield the texts of the operation itself that the document has: the place, the text, and the key that replaces it."""
    for word in ("summary", "description"):
        if isinstance(text := shaping.node.get(word), str) and word not in shaping.settings.replaced_texts:
            yield f"the {word}", text, f"`{word}` in this entry"


def _texts(shaping: Shaping, declared: Sequence[DeclaredParameter]) -> Iterator[tuple[str, str, str]]:
    """Yield the place of each text that clients see, the text, and the key that replaces it."""
    yield from operation_texts(shaping)
    for one in declared:
        if one.visible_name and isinstance(text := one.node.get("description"), str):
            where = f"the description of the parameter `{one.visible_name}`"
            yield where, text, f"`parameters: {{{one.name}: {{description: …}}}}`"
