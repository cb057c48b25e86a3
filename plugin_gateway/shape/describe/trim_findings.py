"""Findings about body trims: pointers and values of `request` that do not fit the bodies of an operation."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.describe.body_trims import FORMS, BodyTrims, find_unnamed, is_trimmable
from plugin_gateway.shape.describe.lost_members import lost_members
from plugin_gateway.shape.media_type import declared_media_types
from plugin_gateway.shape.pointer import ANY, find_in_schema, leads_nowhere, tokens_of
from plugin_gateway.shape.values.standalone import stand_alone
from plugin_gateway.shape.values.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.pointer import Found
    from plugin_gateway.shape.values.problem import Problem


class TrimPointer(NamedTuple):
    """A pointer of gateway.yaml and its place there."""

    setting: str
    tokens: Tokens
    at: Pointer


def trim_pointers(shaping: Shaping) -> Iterator[TrimPointer]:
    """Yield the pointers of `request` for the operation."""
    settings = shaping.settings
    for setting, pointers in settings.request.pointers.items():
        at = ("allow", settings.request_origins.get(setting, settings.entry), "request", setting)
        for index, pointer in enumerate(pointers):
            yield TrimPointer(setting, tokens_of(pointer), (*at, pointer if setting == "fixed" else index))


def check_trims(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Iterator[Finding]:
    """Yield a finding for each mistake in the pointers and the fixed values."""
    schemas = [node.get("schema", True) for key, node in media.items() if is_trimmable(key, node, trims)]
    pointers = [*trim_pointers(shaping)]
    if not schemas:
        yield _cannot_trim(shaping, media, trims)
        return
    for pointer in pointers:
        if pointer.tokens not in trims.hidden and pointer.setting != "keep":
            continue
        found = [find_in_schema(shaping.document, schema, pointer.tokens) for schema in schemas]
        places = [one for one in found if one.schemas]
        if not places:
            yield without_place(shaping, pointer, found[0])
        elif pointer.setting != "keep" and pointer.tokens[-1] == ANY and _is_of_items(shaping, schemas, pointer.tokens):
            yield Finding(
                rule="pointer-leads-nowhere",
                message=f"`{join_pointer(pointer.tokens)}` names the items of an array, and `{pointer.setting}` needs a member of an object",
                hint=f"write {join_pointer(pointer.tokens[:-1]) or '/*/name'} or {join_pointer(pointer.tokens)}/name",
                pointer=pointer.at,
            )
        elif (
            pointer.setting == "fixed"
            and (problem := _misfit(shaping, places, trims.fixed[pointer.tokens])) is not None
        ):
            where = f" at `{problem.pointer}`" if problem.pointer else ""
            yield Finding(
                rule="value-does-not-fit",
                message=f"the value for `{join_pointer(pointer.tokens)}` does not fit the schema of `{shaping.key}`{where}: {problem.detail}",
                hint="write a value that the API accepts",
                pointer=pointer.at,
            )


def warn_of_lost(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Iterator[Finding]:
    """Yield a warning for each member that the API requires and that clients can no longer send."""
    schemas = [node.get("schema", True) for key, node in media.items() if is_trimmable(key, node, trims)]
    lost = (
        place
        for schema in schemas
        for place in lost_members(shaping.document, schema, trims.keep, trims.drop, trims.fixed)
    )
    pointers = [*trim_pointers(shaping)]
    for place in dict.fromkeys(lost):
        name = join_pointer(place)
        at = next((one.at for one in pointers if one.setting == "drop" and one.tokens == place), None)
        yield Finding(
            rule="required-lost",
            severity=Severity.WARNING,
            message=f"the API requires `{name}` in the body of `{shaping.key}`, and clients cannot send it",
            hint=f"set it with `fixed: {{{name}: VALUE}}`, or let clients send it",
            pointer=at or next(one.at[:-1] for one in pointers if one.setting != "fixed"),
        )


def without_place(shaping: Shaping, pointer: TrimPointer, found: Found) -> Finding:
    """Report a pointer that leads nowhere in the schema of a body."""
    message, hint = leads_nowhere(pointer.tokens, found)
    return Finding(rule="pointer-leads-nowhere", message=f"{message} of `{shaping.key}`", hint=hint, pointer=pointer.at)


def without_body(shaping: Shaping, pointer: TrimPointer) -> Finding:
    """Report a pointer for an operation that has no body."""
    return Finding(
        rule="pointer-leads-nowhere",
        message=f"`{join_pointer(pointer.tokens)}` leads nowhere: `{shaping.key}` takes no request body",
        hint="remove it",
        pointer=pointer.at,
    )


def untrimmed_type(shaping: Shaping, key: str) -> Finding:
    """Warn of a media type that clients can no longer send, because the gateway cannot change its bodies."""
    return Finding(
        rule="cannot-trim",
        severity=Severity.WARNING,
        message=f"`{shaping.key}` no longer takes bodies of type {key}: the gateway can change only JSON bodies and single fields of forms",
        hint="clients must send another type",
        pointer=("allow", shaping.settings.entry, "request"),
    )


def _cannot_trim(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Finding:
    """Say why the gateway can change no body of the operation: the first pointer that names no field, or the types."""
    takes = f"`{shaping.key}` takes {', '.join(media)}"
    pointers = [*trim_pointers(shaping)]
    forms = [node for key, node in media.items() if FORMS.intersection(declared_media_types([key]))]
    for pointer, form in product(pointers, forms):
        values = [trims.fixed[pointer.tokens]] if pointer.setting == "fixed" else []
        if (unnamed := find_unnamed(form, pointer.tokens, *values)) is not None:
            return Finding(
                rule="cannot-trim",
                message=f"{unnamed.reason}, and {takes}: in a form, the gateway can change whole fields, and members of fields whose "
                "`encoding` is JSON or deepObject",
                hint=unnamed.hint,
                pointer=pointer.at,
            )
    return Finding(
        rule="cannot-trim",
        message=f"the gateway can change only JSON bodies and single fields of forms, and {takes}",
        hint="remove `request`, or deny the operation",
        pointer=pointers[0].at[:3],
    )


def _is_of_items(shaping: Shaping, schemas: list[Any], tokens: Tokens) -> bool:
    above = [one for schema in schemas for one in find_in_schema(shaping.document, schema, tokens[:-1]).schemas]
    return any(isinstance(one, dict) and ("items" in one or "prefixItems" in one) for one in above)


def _misfit(shaping: Shaping, places: list[Found], value: Any) -> Problem | None:
    """Return what is wrong with a fixed value; None if it fits one of the schemas of its place."""
    problem: Problem | None = None
    for schema in (one for place in places for one in place.direct):
        try:
            problems = Validator(stand_alone(schema, shaping.document, hidden="readOnly")).problems(value)
        except ValueError:
            return None
        if not problems:
            return None
        problem = problem or problems[0]
    return problem
