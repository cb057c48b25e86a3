"""A body validator: judges bodies that the document gives a schema for, in requests and in answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.shape.values.standalone import stand_alone
from plugin_gateway.shape.values.validator import Validator

if TYPE_CHECKING:
    from plugin_gateway.shape.describe.shaping import Shaping

HiddenWord = Literal["readOnly", "writeOnly"]


def body_validator(
    shaping: Shaping, schema: Any, bodies: str, *, hidden: HiddenWord, is_enforced: bool
) -> Validator | None:
    """Return the validator of a schema. If it is to be enforced and cannot be compiled, return None and add a warning.

    `bodies` completes the message "the gateway cannot validate ...". Properties with the word `hidden` are not required,
    because only the other side sends them.
    """
    make = partial(stand_alone, schema, shaping.document, hidden=hidden, copies=shaping.copies)
    if not is_enforced and shaping.copies is not None:
        # `check` and the console never look at a body, and a thousand operations may reach the same thousand schemas.
        return Validator(make=make)
    validator = Validator(make())
    if not is_enforced:
        # With `report`, the first body that is looked at compiles it.
        return validator
    try:
        validator.compile()
    except ValueError as error:
        shaping.findings.append(
            Finding(
                rule="cannot-validate",
                severity=Severity.WARNING,
                message=f"the gateway cannot validate {bodies}: {error}",
                hint="correct the schema, or change it by an overlay",
                pointer=("allow", shaping.settings.entry),
            )
        )
        return None
    return validator
