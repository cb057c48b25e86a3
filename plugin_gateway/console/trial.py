"""A trial: one call of an allowed operation from the console, through the gate and with the credentials of a client's call."""

from __future__ import annotations

import asyncio
import re
from codecs import getincrementaldecoder
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.console.answer import of_members, problem
from plugin_gateway.console.operation_sheet import line_of_entry
from plugin_gateway.console.shown_text import MASK
from plugin_gateway.export.connections import token_scheme
from plugin_gateway.reports.call_once import call
from plugin_gateway.reports.callee import view_of
from plugin_gateway.tools.request import RequestWriter, ToolRequest
from plugin_gateway.tools.tokens import tokens_of_size
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.console.answer import WorkshopAnswer
    from plugin_gateway.console.material import MaterialReading
    from plugin_gateway.openapi.document import OperationKey
    from plugin_gateway.reports.call_once import CallAnswer
    from plugin_gateway.revision.build import Built
    from plugin_gateway.tools.tool import Tool

PATIENCE_S: Final = 25.0
_SHOWN_BYTES: Final = 100_000
_MASKED: Final = re.compile(r"\*{4,}")


async def try_operation(
    reading: MaterialReading, built: Built, key: OperationKey, arguments: Mapping[str, Any], body: Any, consumer: str
) -> WorkshopAnswer:
    """Make the call, and return its outcome.

    Raises:
        GatewayError: there is no such consumer, or a file that the call needs cannot be used.
    """
    gate, tools, access = view_of(built.revision, consumer)
    tool = next((one for one in tools if (one.method, one.path_template) == key), None)
    if tool is None:
        rule = f"`{consumer}` may not call {key}" if consumer else f"gateway.yaml does not allow {key}"
        return of_members({"verdict": "refused", "rule": rule, "request": None, "response": None, "curl": ""})
    try:
        request = RequestWriter(tool, gate).write(arguments_of(tool, arguments, body, _renamed(reading, key)))
    except TypeError as error:
        return problem(400, "invalid-arguments", str(error))
    if not isinstance(request, ToolRequest):
        detail = "\n".join(one.detail for one in request)
        return problem(400, "invalid-arguments", detail)
    try:
        async with asyncio.timeout(PATIENCE_S):
            reply = await call(built.revision, access, request, keep_bytes=_SHOWN_BYTES)
    except TimeoutError:
        return problem(504, "trial-timeout", f"The upstream has not answered within {PATIENCE_S:.0f} s.")
    return of_members(_result(reading, built, key, request, reply))


def _renamed(reading: MaterialReading, key: OperationKey) -> dict[str, str]:
    """Return the names that gateway.yaml gives to parameters of the document."""
    rules = reading.kept[key].parameters if key in reading.kept else {}
    return {word.rpartition(":")[2]: name for word, rule in rules.items() if (name := rule.rename) is not None}


def arguments_of(tool: Tool, given: Mapping[str, Any], body: Any, renamed: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments of the tool: a form has the parameters' names of the document, and one body.

    Raises:
        TypeError: the body has no place in them.
    """
    by_wire_name = {one.wire_name: one.name for one in tool.arguments if one.place is not Place.BODY}
    arguments = {
        by_wire_name.get(renamed.get(name, name), by_wire_name.get(name, name)): value for name, value in given.items()
    }
    if body is None or tool.body is None:
        return arguments
    if tool.body.whole:
        return {**arguments, tool.body.whole: body}
    if not isinstance(body, dict):
        raise TypeError("The body of this operation is an object.")
    members = {one.wire_name: one.name for one in tool.arguments if one.place is Place.BODY}
    return {**arguments, **{members.get(str(name)) or str(name): value for name, value in body.items()}}


def _result(
    reading: MaterialReading, built: Built, key: OperationKey, request: ToolRequest, reply: CallAnswer
) -> dict[str, Any]:
    record = reply.record
    entry = reading.kept[key].entries[0].index if key in reading.kept else None
    line: dict[str, Any] = line_of_entry(reading, entry) if entry is not None else {"line": 0, "text": ""}
    by = f"line {line['line']} of gateway.yaml: {line['text'].strip()}" if line["line"] else "the allow-list"
    cause = f"{record.reason}: {record.cause}" if record.cause else record.reason
    return {
        "verdict": "refused" if record.reason else "allowed",
        "rule": cause or by,
        "request": _sent(built, reply) if reply.sent else None,
        "response": _answered(reply),
        "curl": curl_of(built, request),
    }


def _sent(built: Built, reply: CallAnswer) -> dict[str, Any]:
    head, _, body = reply.sent.partition(b"\r\n\r\n")
    first, *lines = _evenly(head.decode(errors="replace")).split("\r\n")
    method, _, rest = first.partition(" ")
    upstream = built.revision.upstream
    place = f"http{'s' if upstream.tls else ''}://{upstream.authority.decode(errors='replace')}"
    return {
        "method": method,
        "url": place + rest.rpartition(" ")[0],
        "headers": [[name, value.strip()] for name, _, value in (line.partition(":") for line in lines)],
        "body": _text(body),
    }


def _answered(reply: CallAnswer) -> dict[str, Any] | None:
    if not reply.status:
        return None
    body = _text(reply.body)
    is_masked = _MASKED.search(reply.body.decode("latin-1")) is not None
    # The length of an answer would reveal the length of a secret in it.
    size = len(body.encode(errors="replace")) if is_masked else reply.size
    return {
        "status": reply.status,
        "headers": [
            [name.decode("latin-1"), _evenly(value.decode("latin-1"))]
            for name, value in reply.fields
            if not (is_masked and name.lower() == b"content-length")
        ],
        "body": body + ("" if reply.is_complete else "\n(the answer ended early)"),
        "bytes": size,
        "tokens": tokens_of_size(size),
        "ms": round(reply.took_s * 1000, 1),
    }


def curl_of(built: Built, request: ToolRequest) -> str:
    """Return the same call of a client as a command. The token is left for the person to fill in."""
    url = built.revision.public_url.rstrip("/") + request.target.decode(errors="replace")
    method = request.method.decode(errors="replace")
    parts = ["curl", *(["-X", method] if method != "GET" else []), quote(url)]
    for name, value in request.fields:
        parts += ["-H", quote(f"{name.decode('latin-1')}: {value.decode('latin-1')}")]
    if scheme := token_scheme(built.loaded.config.auth):
        parts += ["-H", f'"Authorization: {scheme} $TOKEN"']
    if request.body:
        text = request.body.decode(errors="replace")
        parts += ["--data-binary", quote(text if "\ufffd" not in text else "@body")]
    return " ".join(parts)


def _text(octets: bytes) -> str:
    try:
        # The last character may be cut. Leaving out other octets would join the text around them.
        text = getincrementaldecoder("utf-8")().decode(octets, final=len(octets) < _SHOWN_BYTES)
    except UnicodeDecodeError:
        return f"({len(octets)} bytes that are not text)"
    return _evenly(text)


def _evenly(text: str) -> str:
    """Replace each mask by one of a fixed length: on the wire, a mask is as long as the secret."""
    return _MASKED.sub(MASK, text)
