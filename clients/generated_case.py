"""A generated case: one call that schemathesis makes up, and whether schemathesis expects the right answer to it.

Its expectation is wrong in these cases:

* The gate refuses some calls that a document allows, because servers read them in different ways or they are too long (ADR 38).
* The gateway does not judge bodies that are neither JSON nor a form.
* A style has no text for some values, and schemathesis sends the text of another value.
* A text does not tell its type, so an invalid call can be a valid one byte for byte: both `{}` and `[{}]` are one part with `{}`.
  A search for the valid body, a twin, ends with a comparison of the two calls.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import requests

from clients.twin import fitting, is_valid, objects_of, twins_of
from plugin_gateway.gate.alias import examine
from plugin_gateway.gate.override import override_of
from plugin_gateway.gate.query import is_plain_name
from plugin_gateway.gate.target import MAX_TARGET_BYTES
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.parameters import follow
from plugin_gateway.shape.media_type import FORM, MULTIPART, is_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case

    AnyCase: TypeAlias = Case[Any]

_REQUEST_FIELDS = ("method", "url", "headers", "files", "data", "params")


def why_left_out(case: AnyCase) -> str:
    """Return why schemathesis expects the wrong answer to a call; empty if it expects the right one."""
    call = prepared(case)
    if has_a_refused_target(case, call):
        return "target that the gate refuses"
    if case.meta is None:
        return ""
    if case.meta.generation.mode.is_positive:
        if has_a_refused_name(case, call):
            return "name that the gate refuses"
        return "value without a text" if has_no_text(case) or has_false_json(call) else ""
    broken = {place.value for place, one in case.meta.components.items() if one.mode.is_negative}
    if broken == {"body"} and not is_judged(call):
        return "type that is not judged"
    is_valid_call = (broken == {"body"} and has_a_valid_body(case, call)) or (
        broken == {"query"} and has_a_valid_query(case, call)
    )
    return "valid call" if is_valid_call else ""


def without_positions(document: Any) -> None:
    """Take `prefixItems` out, with which schemathesis cannot judge an answer, and the `items` after them."""
    nodes = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("prefixItems"), list):
                del node["prefixItems"]
                node.pop("items", None)
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node


def prepared(case: AnyCase) -> requests.PreparedRequest:
    """Return the request that schemathesis will send, without a body of JSON: a large one takes long to write."""
    passed = case.as_transport_kwargs("http://api.example.com")
    return requests.Request(**{name: passed[name] for name in _REQUEST_FIELDS if name in passed}).prepare()


def has_a_refused_target(case: AnyCase, call: requests.PreparedRequest) -> bool:
    """Whether the gate refuses the target with every method: it is too long, or servers read its path in different ways."""
    values = [unquote(str(value)) for value in (case.path_parameters or {}).values()]
    return len(call.path_url) > MAX_TARGET_BYTES or not all(map(is_unambiguous, values))


def has_a_refused_name(case: AnyCase, call: requests.PreparedRequest) -> bool:
    """Whether servers read the name of a pair, part or member in different ways, or as one that changes the method."""
    declared = {one["name"] for one in _query_parameters(case)}
    members = case.body if isinstance(case.body, dict) else {}
    parts = members if _media_type(call).startswith(b"multipart/") else {}
    return (
        not all(
            is_plain_name(name.encode())
            for name, _ in parse_qsl(urlsplit(call.path_url).query, keep_blank_values=True)
            if name not in declared
        )
        or not all(map(is_part_name, parts))
        or any(override_of(name.encode(errors="replace")) for name in members)
    )


def is_unambiguous(value: str) -> bool:
    """Whether all servers read a path segment with this value in the same way."""
    return not value or examine(quote(value, safe="").encode(), is_last=False) is None


def is_part_name(name: str) -> bool:
    """Whether all servers read this name of a part in the same way."""
    return "\0" not in unquote(name) and "=?" not in name and "\\" not in name


def is_judged(call: requests.PreparedRequest) -> bool:
    """Whether the gateway judges bodies of this type. It judges a missing body."""
    media_type = _media_type(call)
    return not media_type or media_type in (FORM, MULTIPART) or is_json(media_type)


def has_no_text(case: AnyCase) -> bool:
    """Whether the case has a deepObject with a list or an empty object, for which OpenAPI has no text (Style Values).

    The text `p[]=5` of an object with an empty name is the text of a list to all servers that read lists.
    """
    deep: list[Any] = []
    for one in _query_parameters(case):
        if one.get("style") == "deepObject":
            name = one["name"]
            deep += [
                [] if "[]" in key else value
                for key, value in case.query.items()
                if key == name or key.startswith(f"{name}[")
            ]
    _, encoding = _body_of(case)
    if isinstance(case.body, dict):
        deep += [
            case.body[name] for name, one in encoding.items() if one.get("style") == "deepObject" and name in case.body
        ]
    return any(map(_is_unwritable, deep))


def _is_unwritable(value: Any) -> bool:
    if isinstance(value, dict):
        return not value or "" in value or any(map(_is_unwritable, value.values()))
    return isinstance(value, list)


def has_false_json(call: requests.PreparedRequest) -> bool:
    """Whether a part says that it is JSON and is not: schemathesis sends the strings of an array of any items so."""
    for _, content in _json_parts(call):
        try:
            json.loads(content)
        except ValueError:
            return True
    return False


def _json_parts(call: requests.PreparedRequest) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the parts that say that they are JSON."""
    for part in re.split(rb"\r\n--|^--", _octets(call)) if _media_type(call) == MULTIPART else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b"content-type: application/json" in head.lower() and (name := re.search(rb'name="([^"]*)"', head)):
            yield name[1].decode(), content


def has_a_valid_body(case: AnyCase, call: requests.PreparedRequest) -> bool:
    """Whether the body has a twin with the same bytes, or has no bytes where the operation needs no body."""
    document, operation = _operation_of(case)
    schema, _ = _body_of(case)
    if is_json(_media_type(call)):
        return is_valid(case.body, schema, document)  # a text of JSON tells its type
    if not call.body:
        return not (follow(operation.get("requestBody"), document) or {}).get("required", False)
    return any(
        _octets(call) == _octets(prepared(_with_body(case, one))) and not _has_strings_in_json(one, call)
        for one in twins_of(case.body, schema, document)
    )


def _has_strings_in_json(body: Any, call: requests.PreparedRequest) -> bool:
    """Whether a member is a string, or a list with one, and its part says that it is JSON: schemathesis sends a string as it is."""
    members = (body.get(name) for name, _ in _json_parts(call))
    return any(isinstance(one, str) for member in members for one in (member if isinstance(member, list) else [member]))


def has_a_valid_query(case: AnyCase, call: requests.PreparedRequest) -> bool:
    """Whether the pairs that are sent are a valid query (Style Values: form).

    For each invalid value of an exploded object `p`, schemathesis sends `p=`, which is a member `p`, and for an empty object in
    place of another value it sends nothing. Other styles are not read here.
    """
    document, _ = _operation_of(case)
    pairs: dict[str, list[str]] = {}
    for name, text in parse_qsl(urlsplit(call.path_url).query, keep_blank_values=True):
        pairs.setdefault(name, []).append(text)
    exploded: list[Any] = []
    for one in _query_parameters(case):
        if "content" in one or one.get("style", "form") != "form":
            return False
        schema = one.get("schema", True)
        is_object = any(form.keys() & {"properties", "additionalProperties"} for form in objects_of(schema, document))
        is_exploded = one.get("explode", True)
        if is_object and is_exploded:
            exploded.append(schema)
        elif one["name"] in pairs:
            texts = pairs.pop(one["name"])
            if not is_exploded and (is_object or len(texts) > 1):
                return False
            value = _one_or_all(texts if is_exploded else texts[0].split(","))
            if not is_valid(fitting(value, schema, document), schema, document):
                return False
        elif one.get("required"):
            return False
    if not exploded:
        return not pairs
    members = {name: _one_or_all(texts) for name, texts in pairs.items()}
    return len(exploded) == 1 and next(twins_of(members, exploded[0], document), None) is not None


def _one_or_all(texts: list[str]) -> Any:
    return texts[0] if len(texts) == 1 else texts


def _with_body(case: AnyCase, body: Any) -> AnyCase:
    """Return the case with another body, in which schemathesis sends each item of an array as a part (Encoding Object)."""
    if case.media_type == MULTIPART.decode():
        body = {name: _only_item(value) for name, value in body.items()}
    twin: AnyCase = case.operation.Case(
        method=case.method,
        path_parameters=case.path_parameters,
        headers=case.headers,
        cookies=case.cookies,
        query=case.query,
        body=body,
        media_type=case.media_type,
        multipart_content_types=case.multipart_content_types,
    )
    return twin


def _only_item(value: Any) -> Any:
    """Return the item of an array of one, which is the same part; an array in an array would become the parts of its items."""
    is_one = isinstance(value, list) and len(value) == 1 and not isinstance(value[0], list)
    return value[0] if is_one else value


def _octets(call: requests.PreparedRequest) -> bytes:
    """Return the body with the same boundary for each call; schemathesis draws one."""
    octets = call.body.encode() if isinstance(call.body, str) else call.body
    if not isinstance(octets, bytes):  # there is no body; schemathesis streams nothing
        return b""
    boundary = str(call.headers.get("Content-Type", "")).partition("boundary=")[2]
    return octets.replace(boundary.encode(), b"boundary") if boundary else octets


def _media_type(call: requests.PreparedRequest) -> bytes:
    return str(call.headers.get("Content-Type", "")).partition(";")[0].encode()


def _operation_of(case: AnyCase) -> tuple[Document, dict[str, Any]]:
    root = case.operation.schema.raw_schema
    return Document(root=root, name=""), root["paths"][case.operation.path][case.operation.method]


def _query_parameters(case: AnyCase) -> Iterator[dict[str, Any]]:
    document, operation = _operation_of(case)
    for parameter in operation.get("parameters", ()):
        one = follow(parameter, document) or {}
        if one.get("in") == "query":
            yield one


def _body_of(case: AnyCase) -> tuple[Any, dict[str, Any]]:
    """Return the schema of the body of a case, and its `encoding`."""
    document, operation = _operation_of(case)
    content = (follow(operation.get("requestBody"), document) or {}).get("content", {})
    node = content.get(case.media_type, {})
    return node.get("schema", True), node.get("encoding", {})
