"""The answers of an operation while it is shaped.

Their schemas and examples are cut as `response` says, and the reply shape is made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from plugin_gateway.config.mistake import nearest
from plugin_gateway.diagnostics import Finding, Pointer
from plugin_gateway.openapi.nodes import copy_json
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.openapi.refs import Tokens, join_pointer, split_pointer
from plugin_gateway.shape.answer.cut import LEFT_OUT, Branch, keeps
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.describe.clash import response_clashes
from plugin_gateway.shape.describe.cut_schema import cut_example, cut_schema
from plugin_gateway.shape.describe.selectable import selectable_names, selection_parameter
from plugin_gateway.shape.media_type import describes_json
from plugin_gateway.shape.pointer import (
    Found,
    find_in_schema,
    leads_nowhere,
    promises_array,
    with_single_items,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.openapi.document import Document, JsonObject
    from plugin_gateway.shape.describe.shaping import Shaping

_OF_A_BODY: Final = re.compile(r"\$response\.body#(/[^{}\s]*)?")
_FAILURE: Final = re.compile(r"[345]..")
_REDIRECT: Final = re.compile(r"3..")


class Described(NamedTuple):
    """The description of answers with one status and one media type."""

    is_success: bool
    media_type: JsonObject


def shape_answers(shaping: Shaping) -> None:
    """Cut the described answers as `response` of gateway.yaml says, and set the shape's reply."""
    trim = shaping.settings.response
    if not trim.written & {"keep", "drop", "limit_items", "select"}:
        return
    responses = _own_responses(shaping)
    described = [*_described(responses)]
    schemas = [one.media_type.get("schema", {}) for one in described]
    reply = ReplyShape(
        keep=_with_single_items(shaping.document, schemas, trim.keep),
        drop=_with_single_items(shaping.document, schemas, trim.drop),
        limits=tuple((split_pointer(pointer), most) for pointer, most in trim.limit_items.items()),
    )
    if found := [*_judge(shaping, described), *response_clashes(shaping.settings)]:
        shaping.findings += found
        return
    for status, response in responses.items():
        if isinstance(response, dict):
            is_success = _is_success(status, responses)
            # A redirect in JSON is cut like a success, and passes if it is not JSON (`proxy.shaped_answer`).
            is_cut = is_success or _REDIRECT.fullmatch(str(status)) is not None
            branch = reply.of_success() if is_cut else reply.of_failure()
            _cut_response(shaping.document, response, branch, is_closed=reply.is_closed and is_success)
    if trim.select is not None:
        schemas = [one.media_type.get("schema", {}) for one in described if one.is_success]
        selectable = selectable_names(shaping.document, schemas)
        if (taken := _taken(shaping, trim.select)) is not None:
            shaping.findings.append(taken)
            return
        shaping.node.setdefault("parameters", []).append(selection_parameter(trim.select, selectable))
        reply = replace(reply, select=trim.select, selectable=selectable)
    shaping.shape = replace(shaping.shape, reply=reply)


def _with_single_items(document: Document, schemas: list[Any], pointers: Iterable[str]) -> tuple[Tokens, ...]:
    return tuple(one for pointer in pointers for one in with_single_items(document, schemas, split_pointer(pointer)))


def _own_responses(shaping: Shaping) -> JsonObject:
    """Replace the responses of the operation by a copy without references, and return the copy."""
    written: JsonObject = {}
    responses = shaping.node.get("responses")
    for status, response in responses.items() if isinstance(responses, dict) else ():
        target = follow(response, shaping.document)
        if target is None:
            written[status] = response
            continue
        own = written[status] = {**target, **{key: one for key, one in response.items() if key != "$ref"}}
        content = own.get("content")
        if isinstance(content, dict):
            own["content"] = {
                name: dict(followed) if (followed := follow(one, shaping.document)) is not None else one
                for name, one in content.items()
            }
        links = own.get("links")
        if isinstance(links, dict):
            own["links"] = {name: follow(one, shaping.document) or one for name, one in links.items()}
    shaping.node["responses"] = written
    return written


def _is_success(status: str, responses: JsonObject) -> bool:
    if status == "default":
        return not any(str(one).startswith("2") for one in responses)
    return not _FAILURE.fullmatch(str(status))


def _described(responses: JsonObject) -> Iterator[Described]:
    for status, response in responses.items():
        content = response.get("content") if isinstance(response, dict) else None
        for name, media_type in content.items() if isinstance(content, dict) else ():
            if isinstance(media_type, dict) and describes_json(name):
                yield Described(_is_success(status, responses), media_type)


def _judge(shaping: Shaping, described: list[Described]) -> Iterator[Finding]:
    """Yield a finding for each mistake in `response`."""
    trim = shaping.settings.response
    document = shaping.document
    successes = [one.media_type.get("schema", {}) for one in described if one.is_success]
    failures = [one.media_type.get("schema", {}) for one in described if not one.is_success]

    def finding(key: str, at: str | int | None, message: str, hint: str) -> Finding:
        pointer = (*_origin(shaping, key), *(() if at is None else (at,)))
        return Finding(rule="bad-response-pointer", message=f"{shaping.key}: {message}", hint=hint, pointer=pointer)

    if not successes:
        hint = "remove it, or describe the answer by an overlay"
        for key in sorted(trim.written - {"links"}):
            yield finding(key, None, f"`{key}` has no effect: the document describes no JSON answer", hint)
        return
    if "keep" in trim.written and not trim.keep:
        yield finding(
            "keep", None, "`keep` names nothing, so answers would be empty", "name a member, or remove `keep`"
        )
    pointers: list[tuple[str, str | int, str]] = [("keep", index, one) for index, one in enumerate(trim.keep)]
    pointers += [("drop", index, one) for index, one in enumerate(trim.drop)]
    pointers += [("limit_items", one, one) for one in trim.limit_items]
    for key, at, pointer in pointers:
        tokens = split_pointer(pointer)
        schemas = [*successes, *failures] if key == "drop" else successes
        ends = [find_in_schema(document, schema, tokens) for schema in schemas]
        if not any(end.schemas for end in ends):
            best = max(ends, key=lambda end: end.missed)
            message, hint = leads_nowhere(tokens, best)
            if (whole := _nearest(document, schemas, tokens, best)) is not None:
                hint = f"did you mean `{whole}`? {hint.rpartition('? ')[2]}"
            yield finding(key, at, message.replace("the body", "the answer"), hint)
        elif key == "limit_items" and not any(_may_be_array(end) for end in ends):
            yield finding(key, at, f"`{pointer or '/'}` is no array", "name an array of the answer")


def _origin(shaping: Shaping, key: str) -> Pointer:
    """Return the place in gateway.yaml of a setting of `response`."""
    settings = shaping.settings
    return "allow", settings.response_origins.get(key, settings.entry), "response", key


def _nearest(document: Document, schemas: list[Any], tokens: Tokens, end: Found) -> str | None:
    """Return the pointer with the misspelt token corrected, or None if no correction leads to a place."""
    for name in end.names:
        if nearest(tokens[end.missed], [name]):
            corrected = (*tokens[: end.missed], name, *tokens[end.missed + 1 :])
            if any(find_in_schema(document, schema, corrected).schemas for schema in schemas):
                return join_pointer(corrected)
    return None


def _may_be_array(end: Found) -> bool:
    return promises_array(end.schemas) or any(schema is True or schema == {} for schema in end.schemas)


def _cut_response(document: Document, response: JsonObject, branch: Branch, *, is_closed: bool) -> None:
    content = response.get("content")
    if not isinstance(content, dict) or branch is True:
        return
    for name, media_type in [*content.items()]:
        if not describes_json(name):
            if is_closed:
                # The gateway refuses such an answer, because it may contain a field that must be left out.
                del content[name]
            continue
        if not isinstance(media_type, dict):
            continue
        if "schema" in media_type:
            media_type["schema"] = cut_schema(document, media_type["schema"], branch)
        if "example" in media_type:
            _set(media_type, "example", cut_example(media_type["example"], branch))
        examples = media_type.get("examples")
        if isinstance(examples, dict):
            cuts = {key: _cut_named_example(document, one, branch) for key, one in examples.items()}
            _set(media_type, "examples", {key: one for key, one in cuts.items() if one is not None} or LEFT_OUT)
    links = response.get("links")
    if isinstance(links, dict):
        kept = {name: link for name, link in links.items() if not _reads_left_out(link, branch)}
        _set(response, "links", kept or LEFT_OUT)


def _set(node: JsonObject, key: str, value: Any) -> None:
    if value is LEFT_OUT:
        node.pop(key, None)
    else:
        node[key] = value


def _cut_named_example(document: Document, example: Any, branch: Branch) -> JsonObject | None:
    """Return a cut copy of an Example Object; None if nothing of it is kept, or if its value is external."""
    target = follow(example, document)
    if target is None:
        return None
    copied: JsonObject = {key: target[key] for key in ("summary", "description") if key in target}
    for key in ("value", "dataValue"):
        if key in target and (cut := cut_example(copy_json(target[key]), branch)) is not LEFT_OUT:
            copied[key] = cut
    return copied if {"value", "dataValue"} & copied.keys() else None


def _reads_left_out(link: Any, branch: Branch) -> bool:
    """Whether a link reads a place that is left out (OpenAPI 3.1, 4.8.20.1)."""
    return any(
        not keeps(branch, split_pointer(match[1] or "")) for text in _texts(link) for match in _OF_A_BODY.finditer(text)
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(one)


def _taken(shaping: Shaping, name: str) -> Finding | None:
    parameters = (follow(one, shaping.document) or {} for one in shaping.node.get("parameters") or ())
    if not any(one.get("in") == "query" and one.get("name") == name for one in parameters):
        return None
    return Finding(
        rule="parameter-taken",
        message=f"{shaping.key} has a query parameter `{name}` already",
        hint="choose another name for `select`",
        pointer=_origin(shaping, "select"),
    )
