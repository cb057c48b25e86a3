"""The illegible value: stands in a tree for a value whose text is not YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.config.mistake import Mistake

if TYPE_CHECKING:
    from plugin_gateway.diagnostics import Pointer


class Illegible:
    """The type of `ILLEGIBLE`, which no key takes."""


ILLEGIBLE: Final = Illegible()


def illegible(at: Pointer = ()) -> Mistake:
    """Return the mistake of an illegible value. It is never reported: the syntax error is."""
    return Mistake("yaml-syntax", "not YAML", at=at)
