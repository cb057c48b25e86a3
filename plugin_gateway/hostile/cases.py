"""The cases of an attack, made from the operator's own allow-list."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Final

from plugin_gateway.hostile.case import Case, Echo, Feature
from plugin_gateway.hostile.terrain import MARK, AttackedOperation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.hostile.terrain import Destination, Terrain

CANARY: Final = "pgcanary-5e1f"
"""The value of fields that a caller sends and that must not go up."""
_METHODS: Final = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "QUERY",
    "PROPFIND",
    "get",
    "CONNECT",
)
_OVERRIDE_FIELDS: Final = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Http_Method-Override")
_OVERRIDE_NAMES: Final = ("_method", "_METHOD", "%5Fmethod", "x-http-method-override", "_method[]")
_REWRITE_FIELDS: Final = ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Path", "X-Original-URI")
_KEPT_FROM_UPSTREAM: Final = (
    "Authorization: Bearer", "Proxy-Authorization: Basic", "Cookie: session=", "X-Forwarded-For:", "X-Real-IP:", "Forwarded: for=",
    "X-Forwarded-Host:", "X-Api-Key:", "X_Api_Key:", "Via: 1.1", "X-Amzn-Oidc-Identity:", "X-Remote-User:", "True-Client-IP:",
)  # fmt: skip
_PATH_VALUES: Final = (
    "..", ".", "", "/", "../x", "x/../../y", "..%2f..", "%2e%2e/", "x/y", "x\\y", "x;y", "x?y=1", "x#y", "x\u0000", "x\r\nA: b", "\u2025",
    "\uff0e\uff0e", "x ", "%00", "{x}",
)  # fmt: skip
MOST_CASES_OF_ONE: Final = 400


def cases_for(terrain: Terrain, most_operations: int = 50) -> Iterator[Case]:
    """Yield the cases, for at most `most_operations` allowed operations, and for 20 times as many denied ones."""
    # Where gateway.yaml sets members of the body, a call without one is refused.
    with_body = {shaped.place for shaped in terrain.shaped if shaped.takes_json}
    for place in terrain.targets[:most_operations]:
        octets = request(place.method, place.path)
        if place in with_body:
            octets = request(place.method, place.path, "Content-Type: application/json", body="{}")
        yield Case(feature=Feature.CONTROL, name="allowed", octets=octets, entry=str(place))
    for place in terrain.denied[: 20 * most_operations]:
        octets = request(place.method, place.path)
        yield Case(feature=Feature.DENIED, name="as documented", octets=octets, entry=str(place))
    for place in terrain.targets[:most_operations]:
        yield from islice(_at(place, terrain), MOST_CASES_OF_ONE)
    if terrain.mcp_path:
        yield from _tool_calls(terrain, most_operations)


def _at(place: AttackedOperation, terrain: Terrain) -> Iterator[Case]:
    """Yield the cases around one allowed operation."""
    entry = str(place)
    for method in _METHODS:
        if AttackedOperation(method, place.template) not in terrain.allowed:
            octets = request(method, place.path)
            yield Case(feature=Feature.DENIED, name=f"other method {method}", octets=octets, entry=entry)
    for name, octets in (*_overrides(place), *_rewrites(place, terrain)):
        yield Case(feature=Feature.OVERRIDE, name=name, octets=octets, entry=entry)
    for name, octets in _smuggled(place, _near(place, terrain.denied), terrain.destination):
        yield Case(feature=Feature.FRAMING, name=name, octets=octets, entry=entry)
    for name, octets in _credentials(place, terrain):
        yield Case(feature=Feature.CREDENTIALS, name=name, octets=octets, entry=entry)
    for echo in Echo:
        octets = request(
            place.method, place.path, "Accept-Encoding: gzip, deflate, br, zstd", "Range: bytes=0-40", "TE: trailers"
        )
        yield Case(feature=Feature.ECHO, name=f"as {echo}", octets=octets, entry=entry, echo=echo)
    for denied in _near(place, terrain.denied):
        for name, path in spellings(denied.path, place.path):
            octets = request(denied.method, path)
            yield Case(feature=Feature.SPELLING, name=name, octets=octets, entry=str(denied))


def _near(place: AttackedOperation, denied: Iterable[AttackedOperation], most: int = 4) -> list[AttackedOperation]:
    """Return the denied operations whose paths have most in common with the path of an allowed one."""

    def common(other: AttackedOperation) -> int:
        pairs = zip(place.template.split("/"), other.template.split("/"), strict=False)
        return sum(a == b or "{" in a for a, b in pairs) * 2 + (place.method == other.method)

    return sorted(denied, key=common, reverse=True)[:most]


def spellings(path: str, allowed: str) -> Iterator[tuple[str, str]]:
    """Yield other spellings of a path that some server reads as that path, some of them by way of an `allowed` one."""
    last = path.rstrip("/").rpartition("/")[2] or "x"
    head = path[: len(path) - len(last)] if path.endswith(last) else path
    escaped = "".join(f"%{ord(one):02X}" for one in last)
    yield "upper case", path.upper()
    yield "mixed case", path.swapcase()
    yield "escaped last segment", head + escaped
    yield "escaped twice", head + escaped.replace("%", "%25")
    yield "escaped lower case", head + escaped.lower()
    yield "trailing slash", path + "/"
    yield "trailing dot", path + "."
    yield "trailing space", path + "%20"
    yield "trailing zero", path + "%00"
    yield "trailing line end", path + "%0a"
    yield "format suffix", path + ".json"
    yield "double slash", path.replace("/", "//", 1)
    yield "double slash inside", head + "/" + last
    yield "encoded slash", path[:1] + path[1:].replace("/", "%2f")
    yield "encoded slash twice", path[:1] + path[1:].replace("/", "%252F")
    yield "backslash", path[:1] + path[1:].replace("/", "\\")
    yield "encoded backslash", path[:1] + path[1:].replace("/", "%5c")
    yield "dot segment", head + "./" + last
    yield "dot segments from an allowed path", allowed + "/.." * allowed.count("/") + path
    yield "escaped dot segments", allowed + "/%2e%2e" * allowed.count("/") + path
    yield "half escaped dot segments", allowed + "/.%2e" * allowed.count("/") + path
    yield "dot segments behind a parameter", f"{allowed}/..;{'/..;' * (allowed.count('/') - 1)}{path}"
    yield "path parameter", path + ";x=1"
    yield "path parameter inside", head.rstrip("/") + ";x/" + last
    yield "overlong slash", path[:1] + path[1:].replace("/", "%c0%af")
    yield "full-width last segment", head + "".join(_full_width(one) for one in last)
    yield "soft hyphen", head + last[:1] + "%C2%AD" + last[1:]
    yield "plus for a space", head + last.replace("-", "+")
    yield "fragment", path + "%23x"
    yield "raw fragment", path + "#x"
    yield "absolute form", f"http://localhost{path}"
    yield "absolute form of another host", f"http://127.0.0.1:9{path}"
    yield "authority before the path", f"//localhost{path}"
    yield "query in the path", allowed + "%3f/.." + path
    yield "unicode escape", head + f"%u00{ord(last[0]):02x}" + last[1:]
    yield "tab", head + "%09" + last
    if "k" in last.lower() or "s" in last.lower():
        yield "letters that fold", head + last.replace("k", "%E2%84%AA").replace("s", "%C5%BF")
    if "i" in last.lower():
        yield "Turkish letters", head + last.replace("i", "%C4%B0").replace("I", "%C4%B1")


def _full_width(one: str) -> str:
    if not "!" <= one <= "~":
        return one
    return "".join(f"%{octet:02X}" for octet in chr(ord(one) + 0xFEE0).encode())


def _overrides(place: AttackedOperation) -> Iterator[tuple[str, bytes]]:
    wanted = "DELETE" if place.method != "DELETE" else "PUT"
    for field in _OVERRIDE_FIELDS:
        yield f"{field} field", request(place.method, place.path, f"{field}: {wanted}")
    for name in _OVERRIDE_NAMES:
        yield f"{name} in the query", request(place.method, f"{place.path}?{name}={wanted}")
    for name in _OVERRIDE_NAMES[:2]:
        form = f"{name}={wanted}"
        yield (
            f"{name} in a form",
            request(place.method, place.path, "Content-Type: application/x-www-form-urlencoded", body=form),
        )
        text = f'{{"{name}":"{wanted}"}}'
        yield f"{name} in JSON", request(place.method, place.path, "Content-Type: application/json", body=text)


def _rewrites(place: AttackedOperation, terrain: Terrain) -> Iterator[tuple[str, bytes]]:
    for denied in _near(place, terrain.denied, most=1):
        for field in _REWRITE_FIELDS:
            yield f"{field} field", request(place.method, place.path, f"{field}: {denied.path}")


def _smuggled(
    place: AttackedOperation, denied: list[AttackedOperation], destination: Destination
) -> Iterator[tuple[str, bytes]]:
    """Yield requests with a second request inside, which a server finds if it reads the framing in another way."""
    inner_place = denied[0] if denied else place
    line = f"{inner_place.method} {destination.prefix}{inner_place.path}/{MARK} HTTP/1.1"
    inner = f"{line}\r\nHost: {destination.host}\r\n{destination.lines}\r\n".encode("latin-1")
    head = f"{place.method} {place.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode()
    size = len(inner)
    chunked = b"0\r\n\r\n"
    framings = {
        "length and chunked": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % (size + 5) + chunked,
        "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked,
        "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % size,
        "list of lengths": b"Content-Length: 0, %d\r\n\r\n" % size,
        "signed length": b"Content-Length: +0\r\n\r\n",
        "hexadecimal length": b"Content-Length: 0x0\r\n\r\n",
        "chunked with a tab": b"Transfer-Encoding:\tchunked\r\nContent-Length: %d\r\n\r\n" % size + chunked,
        "chunked misspelt": b"Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n" % size + chunked,
        "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n" + chunked,
        "identity": b"Transfer-Encoding: identity\r\nContent-Length: %d\r\n\r\n" % size,
        "space before the colon": b"Content-Length : %d\r\n\r\n" % size,
        "folded line": b"X-A: 1\r\n Content-Length: %d\r\n\r\n" % size,
        "bare line feeds": b"X-A: 1\nContent-Length: %d\r\n\r\n" % size,
        "bare carriage return": b"X-A: 1\rContent-Length: %d\r\n\r\n" % size,
        "chunk extension with a line feed": b"Transfer-Encoding: chunked\r\n\r\n0;a\n\r\n\r\n",
        "chunk size with a sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
        "zero octet": b"X-A: a\x00b\r\n\r\n",
        "body without a length": b"\r\n",
    }
    for name, rest in framings.items():
        yield name, head + rest + inner


def _tool_calls(terrain: Terrain, most: int) -> Iterator[Case]:
    """Yield calls of tools with path arguments that could lead to another operation, and calls of tools that do not exist."""
    for tool in terrain.tools[:most]:
        for argument in tool.in_path:
            others = {name: MARK for name in tool.in_path if name != argument}
            for value in _PATH_VALUES:
                octets = tool_call(terrain.mcp_path, tool.name, {**others, argument: value})
                yield Case(feature=Feature.TOOLS, name=f"{argument} = {value!a}", octets=octets, entry=tool.name)
    known = {tool.name for tool in terrain.tools}
    for place in terrain.denied[: 4 * most]:
        for name in (str(place), place.template):
            if name not in known:
                octets = tool_call(terrain.mcp_path, name, {})
                yield Case(feature=Feature.TOOLS, name="a tool that is not listed", octets=octets, entry=str(place))


def tool_call(path: str, name: str, arguments: dict[str, str], **params: object) -> bytes:
    """Return a call of a tool as octets; `params` are further members of the message's."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments, **params},
    }
    fields = (
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2025-11-25",
    )
    return request("POST", path, *fields, body=json.dumps(message))


def _credentials(place: AttackedOperation, terrain: Terrain) -> Iterator[tuple[str, bytes]]:
    """Yield calls with fields that must not go up, and with other spellings of the injected names."""
    for field in _KEPT_FROM_UPSTREAM:
        if field.partition(":")[0].lower() in terrain.passed_fields:
            continue
        yield f"the caller's {field.partition(':')[0]}", request(place.method, place.path, f"{field} {CANARY}")
    for name in terrain.injected_headers:
        for spelt in dict.fromkeys((name, name.upper(), name.replace("-", "_"), f"{name} ")):
            yield f"the caller's `{spelt}`", request(place.method, place.path, f"{spelt}: {CANARY}")
        fields = (f"Connection: close, {name}", f"{name}: {CANARY}")
        yield f"{name} nominated by Connection", request(place.method, place.path, *fields)
    for name in terrain.injected_query:
        for spelt in dict.fromkeys((name, name.upper(), f"{name}[]", "".join(f"%{ord(one):02X}" for one in name))):
            yield f"the caller's ?{spelt}", request(place.method, f"{place.path}?{spelt}={CANARY}")
    for name in terrain.injected_cookies:
        yield f"the caller's cookie {name}", request(place.method, place.path, f"Cookie: {name}={CANARY}")


def request(method: str, target: str, *fields: str, body: str = "") -> bytes:
    """Return a request as octets."""
    length = [f"Content-Length: {len(body)}"] if body or method in ("POST", "PUT", "PATCH") else []
    closing = [] if any(field.startswith("Connection:") for field in fields) else ["Connection: close"]
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *closing, *fields, *length, "", body]
    return "\r\n".join(lines).encode("latin-1", "replace")
