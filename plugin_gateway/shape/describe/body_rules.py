"""Compiling the bodies of an operation: makes the body that clients see, and the rules for calls, from one description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.describe.body_trims import FORMS, JSON, BodyTrims, is_trimmable
from plugin_gateway.shape.describe.body_validator import body_validator
from plugin_gateway.shape.describe.clash import request_clashes
from plugin_gateway.shape.describe.form_rules import form_body, multipart_body
from plugin_gateway.shape.describe.schema_trim import SchemaTrim
from plugin_gateway.shape.describe.trim_findings import (
    check_trims,
    trim_pointers,
    untrimmed_type,
    warn_of_lost,
    without_body,
    without_place,
)
from plugin_gateway.shape.media_type import FORM, declared_media_types, is_json
from plugin_gateway.shape.pointer import array_places, find_in_schema, pointers_of, tokens_of
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.values.json_text import json_octets

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.refs import Tokens
    from plugin_gateway.shape.describe.shaping import Shaping
    from plugin_gateway.shape.request.bodies import Form
    from plugin_gateway.shape.values.validator import Validator


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
        for pointer in trim_pointers(shaping):
            is_of_group = pointer.setting in settings.request_of_groups
            (shaping.absent if is_of_group else shaping.findings).append(without_body(shaping, pointer))
        return
    media = {key: one for key, node in content.items() if (one := follow(node, shaping.document)) is not None}
    sources = media
    if settings.request_of_groups:
        trims = _with_a_place(shaping, media, trims)
    if not trims.is_nothing:
        found = [*check_trims(shaping, media, trims)]
        if found:
            shaping.findings += found
            return
        shaping.findings += warn_of_lost(shaping, media, trims)
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
    for pointer in trim_pointers(shaping):
        if pointer.setting == "keep" or pointer.setting not in shaping.settings.request_of_groups or not schemas:
            continue
        found = [find_in_schema(shaping.document, schema, pointer.tokens) for schema in schemas]
        if not any(one.schemas for one in found):
            shaping.absent.append(without_place(shaping, pointer, found[0]))
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
            shaping.findings.append(untrimmed_type(shaping, key))
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
    return body_validator(shaping, schema, bodies, hidden="readOnly", is_enforced=is_enforced)
