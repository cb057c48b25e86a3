"""A told parameter: one that clients do not see under its name, and that a text of the operation names all the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plugin_gateway.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.shape.compile import Shaping
    from plugin_gateway.shape.declared import Declared


def find_told(shaping: Shaping, declared: Sequence[Declared]) -> Iterator[Finding]:
    """Warn of the texts that name a hidden or renamed parameter as a word."""
    gone = [one for one in declared if one.rule is not None and one.visible_name != one.name]
    for where, text, hint in _texts(shaping, declared) if gone else ():
        for one in gone:
            if re.search(rf"(?<![\w-]){re.escape(one.name)}(?![\w-])", text):
                how, field = ("renamed", "rename") if one.visible_name else ("hidden", "")
                yield Finding(
                    rule=f"{how}-parameter-named",
                    message=f"{where} of `{shaping.key}` names `{one.name}`, which is {how}",
                    hint=f"clients can read it: set {hint}",
                    severity=Severity.WARNING,
                    pointer=shaping.wanted.pointer_to(one.key, field),
                )


def _texts(shaping: Shaping, declared: Sequence[Declared]) -> Iterator[tuple[str, str, str]]:
    """Yield the place of each text that clients see, the text, and the key that replaces it."""
    for word in ("summary", "description"):
        if isinstance(text := shaping.node.get(word), str) and word not in shaping.wanted.retold:
            yield f"the {word}", text, f"`{word}` in this entry"
    for one in declared:
        if one.visible_name and isinstance(text := one.node.get("description"), str):
            where = f"the description of the parameter `{one.visible_name}`"
            yield where, text, f"`parameters: {{{one.name}: {{description: …}}}}`"
