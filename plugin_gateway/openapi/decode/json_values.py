"""JSON values: decoding by orjson, plus duplicate keys, large integers and places in the text, which orjson lacks."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH, MAX_NODES
from plugin_gateway.text.position import position, positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.openapi.decode.places import Tokens, Wanted

_ORJSON_DEPTH = 254
_MAX_FINDINGS = 50
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_SPACE_BEFORE_COLON = re.compile(rb'"[ \t\r\n]+:')
_ESCAPE_THAT_COUNTS = re.compile(rb"\\u00(?:3[aA]|22|5[cC])")
_LARGE_NUMBER = re.compile(rb"e\+[0-9]+[,}\]]")


def decode_json_part(data: bytes, name: str, whole: bytes, levels_above: int) -> Any:
    """Decode `data`, a part of `whole` that is `levels_above` deep in it. Errors give places in `whole`."""
    try:
        return decode_json(data, name, levels_above)
    except DocumentError:
        decode_json(whole, name)
        raise


def decode_json(data: bytes, name: str, levels_above: int = 0) -> Any:
    """Decode `data`, which is UTF-8 without a BOM. Raises `DocumentError` with a finding for each mistake."""
    check_size(data, name)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _misspelt(error, name) from None
    rendered = _render(value, name, levels_above)
    if _may_repeat_keys(data, rendered) and _has_duplicates(data):
        raise DocumentError(islice(_duplicates(data, name), _MAX_FINDINGS))
    # orjson reads an integer beyond 64 bits as the nearest double, and writes doubles of that size as 1e+20.
    return json.loads(data) if _LARGE_NUMBER.search(rendered) else value


def repeated_keys(data: bytes, value: Any) -> Iterator[Tokens]:
    """Yield the place of each key that is given again in its object. `value` is the decoded data, at most 254 levels deep."""
    try:
        rendered = orjson.dumps(value)
    except TypeError:
        # The value has a number that orjson cannot write.
        rendered = None
    if (rendered is None or _may_repeat_keys(data, rendered)) and _has_duplicates(data):
        yield from (finding.pointer or () for finding in _duplicates(data, ""))  # type: ignore[misc]  # its tokens are texts


def check_size(data: bytes, name: str) -> None:
    """Raise `DocumentError` if `data` may hold too many values. The estimate counts commas, also those in strings."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_NODES:
        raise _refused("document-size", f"more than {MAX_NODES:,} values", Location(name))


def locate_json(data: bytes, name: str, wanted: Wanted) -> dict[Tokens, Location]:
    """Return the places of the root and of each wanted key or item that exists. `data` must be valid."""
    missing = {(), *_paths(wanted)}
    spans: dict[Tokens, tuple[int, int]] = {}
    for path, start, end in _places(data):
        if path in missing:
            spans[path] = start, end - start
            missing.remove(path)
            if not missing:
                break
    return located(data, name, spans)


def located(data: bytes, name: str, spans: Mapping[Tokens, tuple[int, int]]) -> dict[Tokens, Location]:
    """Return the location for each span, which has an offset and a length."""
    at = positions(data, {offset for offset, _ in spans.values()})
    return {path: Location(name, *at[offset], length) for path, (offset, length) in spans.items()}


def _paths(wanted: Wanted, above: Tokens = ()) -> Iterator[Tokens]:
    for token, branch in wanted.items():
        yield (*above, token)
        yield from _paths(branch, (*above, token))


def _render(value: Any, name: str, levels_above: int) -> bytes:
    """Write the value as compact JSON. orjson refuses a value that is nested too deeply."""
    wrapped = value
    for _ in range(_ORJSON_DEPTH - MAX_DEPTH + levels_above):
        wrapped = [wrapped]
    try:
        return orjson.dumps(wrapped)
    except TypeError:
        raise _refused("document-depth", f"nested deeper than {MAX_DEPTH} levels", Location(name)) from None


def _may_repeat_keys(data: bytes, rendered: bytes) -> bool:
    r"""Compare the number of keys in the text with the number in the value, at the speed of `bytes.count`.

    A key counts as `":` without a backslash before it. Strings that begin with a colon count, too, but equally on both sides,
    if no space precedes a colon, no key ends in a backslash, and the text spells `"`, `:` and `\` like the rendering. Then the
    numbers differ only by the keys that a later duplicate replaced.
    """
    if 0x5C not in data:
        # Each quote begins or ends a string, and each replaced key takes two with it.
        return data.count(0x22) != rendered.count(0x22)
    if _SPACE_BEFORE_COLON.search(data) or _ESCAPE_THAT_COUNTS.search(data) or b'\\\\":' in data:
        return True
    return data.count(b'":') - data.count(b'\\":') != rendered.count(b'":') - rendered.count(b'\\":')


def _has_duplicates(data: bytes) -> bool:
    found = False

    def check(pairs: list[tuple[str, None]]) -> None:
        nonlocal found
        found = found or len({key for key, _ in pairs}) != len(pairs)

    json.loads(data, object_pairs_hook=check)
    return found


def _duplicates(data: bytes, name: str) -> Iterator[Finding]:
    seen: dict[int, tuple[tuple[str, ...], set[str]]] = {}
    """For each depth, the object visited last and its keys so far."""
    for path, start, end in _places(data):
        depth, parent = len(path), path[:-1]
        if depth not in seen or seen[depth][0] != parent:
            seen[depth] = (parent, set())
        keys = seen[depth][1]
        if path and path[-1] in keys:
            seen.pop(depth + 1, None)
            yield Finding(
                rule="duplicate-key",
                message=f"{path[-1]!r} is given twice in one object",
                hint="keep one",
                pointer=path,
                location=Location(name, *position(data, start), end - start),
            )
        keys.update(path[-1:])


def _places(data: bytes) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield pointer, start and end of the root, each key and each item of valid JSON, in text order."""
    path: list[str | int] = []
    """The key in each open object and the index in each open array."""
    expects_key = False
    for token in _TOKEN.finditer(data):
        first = token[0][:1]
        if first in b"}]":
            path.pop()
        elif first == b",":
            expects_key = isinstance(path[-1], str)
            if isinstance(index := path[-1], int):
                path[-1] = index + 1
        elif first == b":":
            expects_key = False
        elif expects_key:
            path[-1] = str(orjson.loads(token[0]))
            yield tuple(map(str, path)), token.start(), token.end()
        else:
            if not path or isinstance(path[-1], int):
                yield tuple(map(str, path)), token.start(), token.start() + 1
            if first in b"{[":
                path.append("" if first == b"{" else 0)
                expects_key = first == b"{"


def _refused(rule: str, message: str, location: Location, hint: str = "") -> DocumentError:
    return DocumentError([Finding(rule=rule, message=message, hint=hint, location=location)])


def _misspelt(error: orjson.JSONDecodeError, name: str) -> DocumentError:
    location = Location(name, error.lineno, error.colno)
    if "depth" in error.msg:
        return _refused("document-depth", f"nested deeper than {MAX_DEPTH} levels", location)
    is_comment = error.doc[error.pos : error.pos + 2] in ("//", "/*")
    return _refused("document-syntax", error.msg, location, "JSON has no comments: remove it" if is_comment else "")
