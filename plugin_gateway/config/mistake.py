"""A mistake: what is wrong with one value of gateway.yaml, before its location in the file is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.text.closest import NEARLY_EQUAL, closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.diagnostics import Pointer

_YES: Final = frozenset({"yes", "y", "on", "enabled"})
_NO: Final = frozenset({"no", "n", "off", "disabled"})
NOTHING: Final = object()
"""Marks a mistake without an offending value."""


class Mistake(ValueError):  # noqa: N818  # the word of the findings; it never leaves config
    """Raised when a value cannot be parsed. It never leaves `config`, which turns it into a located `Finding`.

    `got` is the offending value. It is shown only if it cannot be a secret, so `message` must not repeat it. `at` leads
    from the parsed value to the wrong part. `on_key` points at the key instead of its value. `instead_of` is the right
    spelling of a misspelt key, under which its value is judged. `corrected` is the line as it was most likely meant.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        hint: str = "",
        got: object = NOTHING,
        at: Pointer = (),
        on_key: bool = False,
        instead_of: str = "",
        corrected: str = "",
    ) -> None:
        self.rule, self.message, self.hint, self.got, self.at, self.on_key = rule, message, hint, got, at, on_key
        self.instead_of, self.corrected = instead_of, corrected
        super().__init__(rule, message)


def nearest(word: object, words: Iterable[str]) -> str:
    """Return `did you mean …? ` with the most similar of `words`, or an empty text."""
    close = closest(str(word), words)
    return f"did you mean `{close[0]}`? " if close else ""


def nearest_key(key: object, keys: Iterable[str], other_words: Mapping[str, str] | None = None) -> str:
    """Return the one of `keys` that was surely meant, or an empty text; `other_words` are the names in other tools.

    The value of a key is judged by it, so a guess must be good: a resemblance is not enough.
    """
    word = _folded(str(key))
    folded = {_folded(candidate): candidate for candidate in keys}
    named = (other_words or {}).get(word, "")
    if named in folded.values():
        return named
    for candidate, name in folded.items():
        shorter, longer = sorted((candidate, word), key=len)
        if len(shorter) > 2 and (longer.startswith(shorter) or sorted(candidate) == sorted(word)):
            return name
    close = closest(word, folded, at_least=NEARLY_EQUAL)
    return folded[close[0]] if close else ""


def _folded(key: str) -> str:
    """Write `operationId`, `operation-id` and `operation_ids` alike."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.strip()).casefold().replace("-", "_")
    return re.sub(r"(?<![su])s$", "", words)


def flag_hint(value: object) -> str:
    """Return the hint for a value that means true or false but is neither; empty if it means something else."""
    if isinstance(value, int) and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    word = value.strip().casefold() if isinstance(value, str) else ""
    if word in ("true", "false"):
        return f"write {word}, without quotes"
    return "write true" if word in _YES else "write false" if word in _NO else ""
