"""Compiling the bodies of an operation: makes the body that clients see, and the rules for calls, from one description."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Pointer, Severity
from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.refs import join_pointer
from plugin_gateway.shape.describe.body_trims import FORMS, JSON, BodyTrims, find_unnamed, is_trimmable
from plugin_gateway.shape.describe.body_validator import body_validator
from plugin_gateway.shape.describe.clash import request_clashes
from plugin_gateway.shape.describe.form_rules import form_body, multipart_body
from plugin_gateway.shape.describe.lost_members import lost_members
from plugin_gateway.shape.describe.schema_trim import SchemaTrim
from plugin_gateway.shape.media_type import FORM, declared_media_types, is_json
from plugin_gateway.shape.pointer import ANY, array_places, find_in_schema, leads_nowhere, pointers_of, tokens_of
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.values.json_text import json_octets
from plugin_gateway.shape.values.standalone import stand_alone
from plugin_gateway.shape.values.validator import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.pointer import Found
    from plugin_gateway.shape.request.bodies import Form
    from plugin_gateway.shape.values.problem import Problem

_HIDDEN: Final = "readOnly"
"""Members with this word are not required in requests."""


class _Pointer(NamedTuple):
    """A pointer of gateway.yaml and its place there."""

    setting: str
    tokens: Tokens
    at: Pointer


def shape_body(shaping: Shaping) -> None:
    """Shape the request body of the operation."""
    settings = shaping.settings
    trims = BodyTrims(
        keep=pointers_of(settings.request.keep) or None,
        drop=pointers_of(settings.request.drop),
        fixed={tokens_of(pointer): value for pointer, value in settings.request.fixed.items()},
    )
    if trims.is_nothing and settings.validates_request == "off":
        return
    if clashes := [*request_clashes(settings)]:
        shaping.findings += clashes
        return
    body = follow(shaping.node.get("requestBody"), shaping.document)
    content = body.get("content") if body is not None else None
    if body is None or not isinstance(content, dict) or not content:
        for pointer in _pointers(shaping):
            is_of_group = pointer.setting in settings.request_of_groups
            (shaping.absent if is_of_group else shaping.findings).append(_without_body(shaping, pointer))
        return
    media = {key: one for key, node in content.items() if (one := follow(node, shaping.document)) is not None}
    sources = media
    if settings.request_of_groups:
        trims = _with_a_place(shaping, media, trims)
    if not trims.is_nothing:
        found = [*_check(shaping, media, trims)]
        if found:
            shaping.findings += found
            return
        shaping.findings += _lost(shaping, media, trims)
        body, media = _trimmed(shaping, body, media, trims)
    is_judged = settings.validates_request != "off"
    declared = tuple(
        DeclaredType(name, _form(shaping, name, node, sources.get(key, node), trims, is_judged=is_judged))
        for key, node in media.items()
        for name in declared_media_types([key])
    )
    is_required = (is_judged and body.get("required") is True) or bool(trims.fixed)
    if not trims.is_nothing or is_required or any(one.form is not None for one in declared):
        shaping.shape = replace(
            shaping.shape,
            body=Bodies(
                declared=declared,
                is_required=is_required,
                is_enforced=settings.validates_request == "enforce",
                is_narrowed=not trims.is_nothing,
                has_fixed=bool(trims.fixed),
            ),
        )


def _with_a_place(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> BodyTrims:
    """Leave out the `drop` and `fixed` pointers of a group's entry that have no place in this operation."""
    schemas = [node.get("schema", True) for key, node in media.items() if is_trimmable(key, node, trims)]
    gone: set[Tokens] = set()
    for pointer in _pointers(shaping):
        if pointer.setting == "keep" or pointer.setting not in shaping.settings.request_of_groups or not schemas:
            continue
        found = [find_in_schema(shaping.document, schema, pointer.tokens) for schema in schemas]
        if not any(one.schemas for one in found):
            shaping.absent.append(_leads_nowhere(shaping, pointer, found[0]))
            gone.add(pointer.tokens)
    kept = {tokens: value for tokens, value in trims.fixed.items() if tokens not in gone}
    return trims._replace(drop=trims.drop - gone, fixed=kept)


def _trimmed(
    shaping: Shaping, body: JsonObject, media: dict[str, JsonObject], trims: BodyTrims
) -> tuple[JsonObject, dict[str, JsonObject]]:
    """Write the body that clients see into the operation, without the media types that the gateway cannot trim."""
    keep = SchemaTrim(shaping.document, trims.keep or frozenset(), keeps=True)
    drop = SchemaTrim(shaping.document, trims.hidden, keeps=False)
    shown: dict[str, JsonObject] = {}
    for key, node in media.items():
        if not is_trimmable(key, node, trims):
            shaping.findings.append(_untrimmed(shaping, key))
            continue
        copied = copy_json(node)
        if "schema" in copied:
            copied["schema"] = drop.of(keep.of(copied["schema"]))
        if "example" in copied:
            copied["example"] = drop.of_value(keep.of_value(copied["example"]))
        examples = copied.get("examples")
        for name, example in examples.items() if isinstance(examples, dict) else ():
            example = copy_json(follow(example, shaping.document) or {})  # noqa: PLW2901  # the copy is changed
            if "value" in example:
                example["value"] = drop.of_value(keep.of_value(example["value"]))
            examples[name] = example
        if isinstance(encoding := copied.get("encoding"), dict):
            copied["encoding"] = {name: one for name, one in encoding.items() if trims.leaves(name)}
        # Of the types in a range, the gateway can change only JSON.
        shown[JSON.decode() if "*" in key else key] = copied
    body = {**body, "content": shown}
    if trims.fixed:
        # Without a body there would be no place for the fixed values.
        body["required"] = True
    shaping.node["requestBody"] = body
    return body, shown


def _form(
    shaping: Shaping, name: bytes, node: JsonObject, source: JsonObject, trims: BodyTrims, *, is_judged: bool
) -> Form | None:
    if name in FORMS:
        validator = _validator(shaping, node.get("schema", True), name) if is_judged else None
        return (
            form_body(shaping, node, source, trims, validator)
            if name == FORM
            else multipart_body(shaping, node, source, trims, validator)
        )
    if not is_json(name) and b"*" not in name:
        return None
    validator = _validator(shaping, node.get("schema", True), name) if is_judged else None
    if trims.is_nothing:
        return JsonBody(validator) if is_judged else None
    fixed = {tokens: json_octets(value) for tokens, value in trims.fixed.items()}
    pointers = trims.hidden | (trims.keep or frozenset())
    arrays = array_places(shaping.document, node.get("schema", True), pointers)
    return JsonBody(
        validator,
        compile_edit(trims.keep, trims.hidden, {}, arrays),
        compile_edit(None, frozenset(), fixed, arrays),
    )


def _validator(shaping: Shaping, schema: Any, name: bytes) -> Validator | None:
    bodies = f"bodies of `{shaping.key}` of type {name.decode(errors='replace')}"
    is_enforced = shaping.settings.validates_request == "enforce"
    return body_validator(shaping, schema, bodies, hidden=_HIDDEN, is_enforced=is_enforced)


def _check(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Iterator[Finding]:
    """Yield a finding for each mistake in the pointers and the fixed values."""
    schemas = [node.get("schema", True) for key, node in media.items() if is_trimmable(key, node, trims)]
    pointers = [*_pointers(shaping)]
    if not schemas:
        yield _cannot_trim(shaping, media, trims)
        return
    for pointer in pointers:
        if pointer.tokens not in trims.hidden and pointer.setting != "keep":
            continue
        found = [find_in_schema(shaping.document, schema, pointer.tokens) for schema in schemas]
        places = [one for one in found if one.schemas]
        if not places:
            yield _leads_nowhere(shaping, pointer, found[0])
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


def _cannot_trim(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Finding:
    """Say why the gateway can change no body of the operation: the first pointer that names no field, or the types."""
    takes = f"`{shaping.key}` takes {', '.join(media)}"
    pointers = [*_pointers(shaping)]
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


def _lost(shaping: Shaping, media: dict[str, JsonObject], trims: BodyTrims) -> Iterator[Finding]:
    """Yield a warning for each member that the API requires and that clients can no longer send."""
    schemas = [node.get("schema", True) for key, node in media.items() if is_trimmable(key, node, trims)]
    lost = (
        place
        for schema in schemas
        for place in lost_members(shaping.document, schema, trims.keep, trims.drop, trims.fixed)
    )
    pointers = [*_pointers(shaping)]
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


def _leads_nowhere(shaping: Shaping, pointer: _Pointer, found: Found) -> Finding:
    message, hint = leads_nowhere(pointer.tokens, found)
    return Finding(rule="pointer-leads-nowhere", message=f"{message} of `{shaping.key}`", hint=hint, pointer=pointer.at)


def _is_of_items(shaping: Shaping, schemas: list[Any], tokens: Tokens) -> bool:
    above = [one for schema in schemas for one in find_in_schema(shaping.document, schema, tokens[:-1]).schemas]
    return any(isinstance(one, dict) and ("items" in one or "prefixItems" in one) for one in above)


def _misfit(shaping: Shaping, places: list[Found], value: Any) -> Problem | None:
    """Return what is wrong with a fixed value; None if it fits one of the schemas of its place."""
    problem: Problem | None = None
    for schema in (one for place in places for one in place.direct):
        try:
            problems = Validator(stand_alone(schema, shaping.document, hidden=_HIDDEN)).problems(value)
        except ValueError:
            return None
        if not problems:
            return None
        problem = problem or problems[0]
    return problem


def _pointers(shaping: Shaping) -> Iterator[_Pointer]:
    settings = shaping.settings
    for setting, pointers in settings.request.pointers.items():
        at = ("allow", settings.request_origins.get(setting, settings.entry), "request", setting)
        for index, pointer in enumerate(pointers):
            yield _Pointer(setting, tokens_of(pointer), (*at, pointer if setting == "fixed" else index))


def _without_body(shaping: Shaping, pointer: _Pointer) -> Finding:
    return Finding(
        rule="pointer-leads-nowhere",
        message=f"`{join_pointer(pointer.tokens)}` leads nowhere: `{shaping.key}` takes no request body",
        hint="remove it",
        pointer=pointer.at,
    )


def _untrimmed(shaping: Shaping, key: str) -> Finding:
    return Finding(
        rule="cannot-trim",
        severity=Severity.WARNING,
        message=f"`{shaping.key}` no longer takes bodies of type {key}: the gateway can change only JSON bodies and single fields of forms",
        hint="clients must send another type",
        pointer=("allow", shaping.settings.entry, "request"),
    )
