"""Body names: which fields a body may not have, because a server could read them in place of the judged values.

These are method overrides, and the query names by which the gateway selects the operation, adds its credential, or hides or
narrows a parameter. Rails, Laravel and PHP's `$_REQUEST` keep the fields of the body and of the query in one place, and a field
of the body wins there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.gate.override import (
    fold_name,
    may_become_override,
    may_hold,
    override_of,
    refuse_override,
    shown_name,
)
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection


class BodyNames(Struct, frozen=True):
    """What the bodies of one operation may not have."""

    declared_overrides: Collection[bytes] = ()
    """Method overrides that a body may have."""
    closed: Collection[bytes] = ()
    """Folded names of the query (`gate.override.fold_name`)."""

    def refuse(self, name: bytes) -> Refusal | None:
        """Return the refusal of a body with a field of this name, or None if a body may have it."""
        folded = fold_name(name)
        # Every override contains `method`. A body may have a hundred thousand names, and most do not contain it.
        if b"method" in folded and (override := override_of(name)):
            return None if override in self.declared_overrides else refuse_override(name)
        return _refuse_parameter(name) if folded in self.closed else None

    def may_be_closed_in(self, text: bytes) -> bool:
        """Whether one of the closed names may be in a text without escapes."""
        return may_hold(text, self.closed)

    def may_become(self, beginning: bytes) -> bool:
        """Whether a name with this beginning may be refused when the rest of it arrives."""
        return may_become_override(beginning, self.closed)


def _refuse_parameter(name: bytes) -> Refusal:
    return Refusal(
        status=400,
        code="parameter-in-body",
        detail=f"The body has the field {shown_name(name)}, which some servers read in place of the query parameter.",
        hint="Leave it out of the body.",
    )
