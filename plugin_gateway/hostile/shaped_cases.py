"""The cases about shaped operations: parameters and members that callers may not send, and fields that clients must not get."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import CANARY, request, tool_call
from plugin_gateway.hostile.shaped import UNKNOWN_MEMBER
from plugin_gateway.hostile.terrain import MARK
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.hostile.shaped import ShapedOperation
    from plugin_gateway.hostile.terrain import Terrain
    from plugin_gateway.openapi.refs import Tokens

DROPPED: Final = "pgdropped-9c2e"
"""The value of each field that clients must not get, in the answers of the upstream."""
_KEPT: Final = "kept"
_TYPES: Final = (
    "application/json", "application/json; charset=utf-8", "Application/JSON", "text/json", "application/hal+json",
)  # fmt: skip
_OTHER_TYPES: Final = ("text/plain", "application/octet-stream", "application/x-ndjson", "text/html", "")


def shaped_cases(terrain: Terrain, most_operations: int = 50) -> Iterator[Case]:
    """Yield the cases, for at most `most_operations` operations."""
    for shaped in terrain.shaped[:most_operations]:
        entry = str(shaped.place)
        for name, octets in (*_parameters(shaped), *_members(shaped)):
            yield Case(feature=Feature.HIDDEN, name=name, octets=octets, entry=entry)
        if shaped.keep or shaped.drop:
            yield from _dropped(shaped, terrain.mcp_path)


def _parameters(shaped: ShapedOperation) -> Iterator[tuple[str, bytes]]:
    method, path = shaped.place.method, shaped.place.path
    for place, name in shaped.parameters:
        match place:
            case "query":
                escaped = "".join(f"%{octet:02X}" for octet in name.encode())
                spelt = [name, escaped, escaped.replace("%", "%25", 1)]
                if not shaped.takes_any_query:
                    # Where any query may be sent, these may be other parameters of the API.
                    spelt += [name.upper(), f"{name}[]", f"{name}[0]", f" {name}".replace(" ", "+"), f"{name}%00"]
                for one in dict.fromkeys(spelt):
                    yield f"the hidden ?{one}", request(method, f"{path}?{one}={CANARY}")
                yield f"the hidden {name} twice", request(method, f"{path}?{name}=&{name}={CANARY}")
                yield f"the hidden {name} after a semicolon", request(method, f"{path}?x=1;{name}={CANARY}")
            case "header":
                for one in dict.fromkeys((name, name.upper(), name.replace("-", "_"))):
                    yield f"the hidden field {one}", request(method, path, f"{one}: {CANARY}")
                yield f"the hidden field {name} twice", request(method, path, f"{name}: ", f"{name}: {CANARY}")
            case "cookie":
                yield f"the hidden cookie {name}", request(method, path, f"Cookie: {name}={CANARY}")
                yield f"the hidden cookie {name} in quotes", request(method, path, f'Cookie: a="b; {name}={CANARY}"')
            case _:
                pass


def _members(shaped: ShapedOperation) -> Iterator[tuple[str, bytes]]:
    """Yield calls with members that callers may not send, all together and each in other spellings."""
    if not shaped.members:
        return
    method, path, json_type = shaped.place.method, shaped.place.path, "Content-Type: application/json"
    whole = json.dumps(_value(shaped.members, CANARY))
    for kind in (*_TYPES, *_OTHER_TYPES):
        fields = [f"Content-Type: {kind}"] if kind else []
        yield f"hidden members as {kind or 'no type'}", request(method, path, *fields, body=whole)
    yield "hidden members with a byte order mark", request(method, path, json_type, body="\u00ef\u00bb\u00bf" + whole)
    for tokens in shaped.members:
        *before, name = tokens
        if name == ANY:
            continue
        escaped = "".join(f"\\u{ord(one):04x}" for one in name)
        text = json.dumps(_value([(*before, "PGNAME")], CANARY))
        twice = json.dumps(_value([(*before, name)], _KEPT)).replace(f'"{_KEPT}"', f'"{_KEPT}", "{name}": "{CANARY}"')
        for spelling, body in (
            ("escaped", text.replace("PGNAME", escaped)),
            ("in capitals", text.replace("PGNAME", name.upper())),
            ("twice", twice),
            ("in an array", f"[{text.replace('PGNAME', name)}]"),
        ):
            yield f"the hidden member {'/'.join(tokens)} {spelling}", request(method, path, json_type, body=body)
        form = "Content-Type: application/x-www-form-urlencoded"
        yield f"the hidden member {name} in a form", request(method, path, form, body=f"{name}={CANARY}")


def _dropped(shaped: ShapedOperation, mcp_path: str) -> Iterator[Case]:
    """Yield allowed calls whose answers have fields that clients must not get."""
    octets = request(shaped.place.method, shaped.place.path, "Accept-Encoding: gzip")
    entry = str(shaped.place)
    for name, answer in _answers(shaped):
        yield Case(feature=Feature.DROPPED, name=name, octets=octets, entry=entry, answer=answer)
    if shaped.tool and mcp_path:
        call = tool_call(mcp_path, shaped.tool, dict.fromkeys(shaped.in_path, MARK))
        answer = _answer(json.dumps(_sample(shaped)).encode())
        yield Case(feature=Feature.DROPPED, name="by a tool", octets=call, entry=entry, answer=answer)


def _answers(shaped: ShapedOperation) -> Iterator[tuple[str, bytes]]:
    value = _sample(shaped)
    text = json.dumps(value).encode()
    for kind in _TYPES:
        yield f"as {kind}", _answer(text, kind=kind)
    for kind in _OTHER_TYPES:
        yield f"as {kind or 'no type'}", _answer(text, kind=kind)
    for status in ("201 Created", "206 Partial Content", "299 Odd", "302 Found"):
        yield f"with {status}", _answer(text, status=status)
    if shaped.drop:
        # `keep` is only about successful answers.
        errors = json.dumps(_value(shaped.drop, DROPPED)).encode()
        for status in ("400 Bad Request", "404 Not Found", "500 Internal Server Error"):
            yield f"with {status}", _answer(errors, status=status)
        yield "as a problem", _answer(errors, kind="application/problem+json", status="409 Conflict")
    yield "in an array", _answer(b"[" + text + b"," + text + b"]")
    yield "in arrays", _answer(b"[[" + text + b"]]")
    yield "with escaped names", _answer(_escaped_names(text))
    yield "with blanks", _answer(json.dumps(value, indent=3).encode())
    yield "with each name twice", _answer(_doubled(value).encode())
    yield "with a byte order mark", _answer(b"\xef\xbb\xbf" + text)
    yield "in UTF-16", _answer(json.dumps(value).encode("utf-16"), kind="application/json; charset=utf-16")
    yield "in UTF-16 without saying so", _answer(json.dumps(value).encode("utf-16-le"))
    yield "twice in one body", _answer(text + b"\n" + text)
    yield "with a comma too many", _answer(text[:-1] + b",}")
    yield "with a comment", _answer(b"/**/" + text)
    yield "cut off", _answer(text[:-1])
    yield "compressed", _answer(gzip.compress(text), more="Content-Encoding: gzip\r\n")
    pieces = [text[at : at + 3] for at in range(0, len(text), 3)]
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield "in small chunks", head.encode() + chunked


def _answer(body: bytes, *, kind: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    named = f"Content-Type: {kind}\r\n" if kind else ""
    return f"HTTP/1.1 {status}\r\n{named}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _sample(shaped: ShapedOperation) -> Any:
    """Return a value with each field to drop, and with an unnamed field beside each field to keep."""
    extra = [(*tokens[:depth], UNKNOWN_MEMBER) for tokens in shaped.keep for depth in range(len(tokens))]
    # A member beside `*` would turn the array into an object.
    extra = [tokens for tokens in extra if not any(one[: len(tokens)] == (*tokens[:-1], ANY) for one in shaped.keep)]
    value = _value(shaped.keep, _KEPT)
    return _value([*shaped.drop, *extra], DROPPED, value)


def _value(places: Iterable[Tokens], leaf: str, into: Any = None) -> Any:
    """Return a JSON value that has `leaf` at each place; `*` becomes the one item of an array."""
    for tokens in places:
        into = _with(into, tokens, leaf)
    return into


def _with(value: Any, tokens: Tokens, leaf: str) -> Any:
    if not tokens:
        return leaf
    name, rest = tokens[0], tokens[1:]
    if name == ANY:
        if isinstance(value, dict):
            return {one: _with(inner, rest, leaf) for one, inner in value.items()}
        items = value if isinstance(value, list) and value else [None]
        return [_with(item, rest, leaf) for item in items]
    if isinstance(value, list):
        return [_with(item, tokens, leaf) for item in value]
    held = value if isinstance(value, dict) else {}
    return {**held, name: _with(held.get(name), rest, leaf)}


def _escaped_names(text: bytes) -> bytes:
    """Write the first letter of each name as an escape."""
    pieces = text.decode().split('": ')
    for index, piece in enumerate(pieces[:-1]):
        head, quote, name = piece.rpartition('"')
        pieces[index] = f"{head}{quote}\\u{ord(name[0]):04x}{name[1:]}" if name else piece
    return '": '.join(pieces).encode()


def _doubled(value: Any) -> str:
    """Write each member twice, with an innocent value first."""
    match value:
        case dict():
            return (
                "{" + ", ".join(f"{json.dumps(n)}: 1, {json.dumps(n)}: {_doubled(v)}" for n, v in value.items()) + "}"
            )
        case list():
            return "[" + ", ".join(map(_doubled, value)) + "]"
        case _:
            return json.dumps(value)
