"""The shaped operations of a running gateway: the cases of an attack whose outcome its answers show, and how they are judged.

A running gateway has no recording upstream behind it. So a closed value counts as leaked if the gateway did not refuse
it or the answer shows it; a dropped field, if an answer has it; a held call, if its answer is not that it is held.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import CANARY, request, tool_call
from plugin_gateway.hostile.held import claiming_calls, plain_call
from plugin_gateway.hostile.oracle import readings_of_answer
from plugin_gateway.hostile.shaped_cases import shaped_cases
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from plugin_gateway.hostile.remote import Remote
    from plugin_gateway.hostile.shaped import ShapedOperation
    from plugin_gateway.hostile.terrain import Terrain
    from plugin_gateway.openapi.refs import Tokens

_OWN_REFUSAL: Final = re.compile(rb'"type":"urn:plugin-gateway:problem:')
_HELD: Final = re.compile(rb'"approval":\{')
_ID: Final = re.compile(rb'"approval":\{"id":"([^"]+)"')
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_WAYS: Final = (
    ("plain", ()),
    ("compressed", ("Accept-Encoding: gzip",)),
    ("as another media type", ("Accept: application/hal+json, application/problem+json, */*",)),
    ("whole", ("Prefer: return=representation", "Cache-Control: no-cache")),
)


async def judged(remote: Remote, terrain: Terrain, most_operations: int) -> AsyncIterator[tuple[Case, list[str]]]:
    """Send the cases. Yield each with what leaked."""
    for shaped in terrain.shaped[:most_operations]:
        only = replace(terrain, shaped=(shaped,))
        if remote.may_call(shaped.place.method) and not shaped.is_held:
            for case in shaped_cases(only):
                if case.feature is Feature.HIDDEN:
                    yield case, list(judge_hidden(shaped, case, await remote.send(case.octets)))
            for case in _reading_calls(shaped, terrain.mcp_path):
                yield case, list(judge_dropped(shaped, await remote.send(case.octets)))
        if shaped.is_held:
            first = plain_call(shaped)
            answer = await remote.send(first.octets)
            yield first, list(judge_held(answer))
            id_ = found[1].decode("latin-1") if (found := _ID.search(answer)) else "1"
            for case in claiming_calls(shaped, "", id_):
                yield case, list(judge_held(await remote.send(case.octets)))


def judge_hidden(shaped: ShapedOperation, case: Case, answer: bytes) -> Iterator[str]:
    """Yield what is wrong with the answer to a call that has the canary where callers may send nothing."""
    if not answer or _is_refused(answer):
        return
    if any(CANARY.encode() in reading for reading in readings_of_answer(answer)):
        yield "the answer repeats a value that callers may not send, so it reached the API"
    elif case.octets.partition(b"\r\n")[0].count(b"?") and not shaped.takes_any_query:
        yield "the gateway did not refuse a parameter that callers may not send"


def judge_dropped(shaped: ShapedOperation, answer: bytes) -> Iterator[str]:
    """Yield the places in an answer that clients must not get."""
    status = _STATUS.match(answer)
    if status is None or _is_refused(answer):
        return
    keep = shaped.keep if status[1] < b"400" else ()
    for value in filter(None, map(_value_in, readings_of_answer(answer))):
        one, is_error = _tool_answer(value) if _is_of_a_tool(value) else (value, False)
        if place := next(_closed_places(one, shaped.drop, () if is_error else keep), None):
            yield f"the answer shows `/{'/'.join(place)}`, which clients must not get"
            return


def judge_held(answer: bytes) -> Iterator[str]:
    """Yield what is wrong with the answers to calls that no person approved."""
    if len(_STATUS.findall(answer)) > len(_OWN_REFUSAL.findall(answer)) + len(_HELD.findall(answer)):
        yield "the answer did not say that a person must approve the call"


def _reading_calls(shaped: ShapedOperation, mcp_path: str) -> Iterator[Case]:
    """Yield calls whose answers must lack what clients do not get."""
    if not (shaped.keep or shaped.drop):
        return
    method, path, entry = shaped.place.method, shaped.place.path, str(shaped.place)
    own = ("Content-Type: application/json",) if shaped.takes_json else ()
    body = "{}" if shaped.takes_json else ""
    for name, fields in _WAYS:
        octets = request(method, path, *own, *fields, body=body)
        yield Case(feature=Feature.DROPPED, name=f"the answer, {name}", octets=octets, entry=entry)
    if shaped.tool and mcp_path and not shaped.in_path:
        octets = tool_call(mcp_path, shaped.tool, {})
        yield Case(feature=Feature.DROPPED, name="the result of the tool", octets=octets, entry=entry)


def _is_refused(answer: bytes) -> bool:
    return len(_OWN_REFUSAL.findall(answer)) >= len(_STATUS.findall(answer))


def _value_in(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def _is_of_a_tool(value: Any) -> bool:
    return isinstance(value, dict) and value.get("jsonrpc") == "2.0"


def _tool_answer(message: dict[str, Any]) -> tuple[Any, bool]:
    """Return what the API answered, out of the text of a tool's result, and whether the result is an error."""
    result = message.get("result")
    if not isinstance(result, dict):
        return None, True
    texts = (one.get("text") for one in result.get("content") or () if isinstance(one, dict))
    values = (_value_in(text.encode(errors="replace")) for text in texts if isinstance(text, str))
    return next(filter(None, values), None), bool(result.get("isError"))


def _closed_places(value: Any, drop: Iterable[Tokens], keep: tuple[Tokens, ...]) -> Iterator[Tokens]:
    """Yield each place that `drop` names, or that no pointer of `keep` leads to or through."""
    waiting: list[tuple[Tokens, Any]] = [((), value)]
    while waiting:
        place, at = waiting.pop()
        members = at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ()
        for name, member in members:
            inner = (*place, str(name))
            is_item = isinstance(at, list)
            if any(len(one) == len(inner) and _fits(one, inner) for one in drop) or (
                keep and not is_item and not any(_fits(one, inner) for one in keep)
            ):
                yield inner
            else:
                waiting.append((inner, member))


def _fits(pointer: Tokens, place: Tokens) -> bool:
    """Return whether one of the two leads through the other."""
    return all(token in {name, ANY} for token, name in zip(pointer, place, strict=False))
