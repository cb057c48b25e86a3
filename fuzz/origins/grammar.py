"""A grammar of targets: it takes allowed and denied paths and applies attackers' tricks at random."""

from __future__ import annotations

import gzip
import json
import unicodedata
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from fuzz.origins.lookalikes import lookalikes
from fuzz.origins.surface import ALLOWED, CANARY, DENIED, OPERATIONS, Operation
from fuzz.origins.words import (
    AFTER,
    BEFORE,
    BODIES,
    CREDENTIALS,
    HONEST,
    HONEST_LAST,
    JOINTS,
    METHODS,
    OVERRIDES,
    PLAIN_BODIES,
    QUERIES,
    REWRITES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

_LEGIT_SHARE: Final = 0.08
_SAFE: Final = "-._~!$&'()*+,=:@"

# The kinds of hostile targets, with their weights.
_THEMES: Final = {"text": 35, "encoding": 10, "wire": 20, "body": 10, "query": 8, "method": 5, "fields": 5, "mixed": 7}


class Target(NamedTuple):
    """One raw request. An honest request must reach `expected`; a hostile one must not reach a denied route."""

    number: int
    data: bytes
    expected: str = ""


def draw(count: int, random: Random) -> Iterator[Target]:
    """Yield `count` targets, each with its number in the User-Agent."""
    for number in range(count):
        if random.random() < _LEGIT_SHARE:
            operation = random.choice(ALLOWED)
            yield Target(number, _honest(operation, number, random), operation.name)
        else:
            yield Target(number, _hostile(number, random))


def _honest(operation: Operation, number: int, random: Random) -> bytes:
    path, _, query = operation.path.partition("?")
    for name in ("petId", "name", "id", "path"):
        is_last = path.endswith("{" + name + "}")
        path = path.replace("{" + name + "}", _honest_value(random, is_path=name == "path", is_last=is_last))
    pairs = [query] if query else []
    pairs += [f"{name}={quote(_honest_text(random))}" for name in operation.query if random.random() < 0.5]
    target = path + ("?" + "&".join(pairs) if pairs else "")
    bodies = [one for one in PLAIN_BODIES if one[0] in operation.media_types]
    body = random.choice(bodies) if bodies else None
    method = "HEAD" if operation.method == "GET" and random.random() < 0.1 else operation.method
    return _request(method, target.encode(), [], body, number)


def _honest_value(random: Random, *, is_path: bool, is_last: bool) -> str:
    if is_last and not is_path and random.random() < 0.1:
        return quote(random.choice(HONEST_LAST), safe="")
    pieces = [
        quote(_honest_text(random), safe=random.choice(("", "~", _SAFE))) for _ in range(random.choice((1, 1, 1, 2, 3)))
    ]
    return "%2F".join(pieces) if is_path else pieces[0]


def _honest_text(random: Random) -> str:
    joint = random.choice(JOINTS)
    return joint.join(random.choice(HONEST) for _ in range(random.choice((1, 1, 2, 3))))


def _hostile(number: int, random: Random) -> bytes:
    """Return a hostile request. Most have one trick: the gateway's refusal of one would hide a second from the origins."""
    theme = random.choices(tuple(_THEMES), tuple(_THEMES.values()))[0]
    is_mixed = theme == "mixed"
    candidates = (
        [one for one in OPERATIONS if one.media_types]
        if theme == "body"
        else DENIED
        if random.random() < 0.8
        else ALLOWED
    )
    operation = random.choice(candidates)
    path, _, query = operation.path.partition("?")
    for name in ("petId", "name", "id", "path"):
        path = path.replace("{" + name + "}", _hostile_value(random))
    if theme == "text" or is_mixed:
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            path = random.choice(_TEXT_WAYS)(path, random)
    wire = _encode(path, random, is_odd=theme == "encoding" or (is_mixed and random.random() < 0.3))
    if theme == "wire" or is_mixed:
        for _ in range(random.choice((1, 1, 1, 2))):
            wire = random.choice(_WIRE_WAYS)(wire, random)
    target = wire.encode("utf-8", "surrogateescape")
    queries = [query] if query else []
    if theme == "query" or (is_mixed and random.random() < 0.3):
        queries += random.choices(QUERIES, k=random.choice((1, 1, 2)))
    if queries:
        random.shuffle(queries)
        target += b"?" + "&".join(queries).replace("{}", CANARY).encode()
    method = operation.method
    if theme == "method" or (is_mixed and random.random() < 0.3):
        method = random.choice(METHODS)
    elif method in {"DELETE", "PATCH"}:
        method = random.choice(("POST", "PUT", "GET"))  # an override names the real method
    bodies: tuple[tuple[str, str], ...] = BODIES if theme == "body" or random.random() < 0.1 else PLAIN_BODIES
    if random.random() < 0.8:  # mostly declared names: the gateway refuses undeclared ones anyway
        bodies = tuple(one for one in bodies if one[0].partition(";")[0].lower() in operation.media_types) or bodies
    body = random.choice(bodies) if method in {"POST", "PUT", "PATCH"} or random.random() < 0.02 else None
    return _request(method, target, _fields(operation, random), body, number, random)


def _hostile_value(random: Random) -> str:
    """Return a parameter value, mostly a segment of a denied path."""
    if random.random() < 0.3:
        return random.choice(
            ("7", "rex", "x.json", "a/b", "mineral", "exports", "..", ".", "", "private/keys/x", "%", "{id}")
        )
    words = [
        word for operation in DENIED for word in operation.path.partition("?")[0].split("/") if word and "{" not in word
    ]
    return random.choice(words)


def _fields(operation: Operation, random: Random) -> list[str]:
    fields: list[str] = []
    if random.random() < 0.4:
        fields += [field.format(CANARY) for field in random.choices(CREDENTIALS, k=random.choice((1, 1, 2)))]
    if random.random() < 0.15:
        fields.append(f"{random.choice(OVERRIDES)}: {operation.method if random.random() < 0.7 else 'DELETE'}")
    if random.random() < 0.08:
        fields.append(f"{random.choice(REWRITES)}: /base{operation.path}")
    return fields


def _request(
    method: str,
    target: bytes,
    fields: list[str],
    body: tuple[str, str] | None,
    number: int,
    random: Random | None = None,
) -> bytes:
    lines = [f"User-Agent: target/{number}", "Host: gateway.test", *fields]
    content = b""
    if body is not None:
        content = body[1].encode("utf-16" if "utf-16" in body[0] else "utf-8")
        lines += [f"Content-Type: {body[0]}"] if body[0] else []
        if coding := random.choice(("gzip", "deflate")) if random is not None and random.random() < 0.1 else "":
            content = gzip.compress(content, mtime=0) if coding == "gzip" else zlib.compress(content)
            lines.append(f"Content-Encoding: {coding}")
        if random is not None and random.random() < 0.2:
            at = random.randrange(1, len(content))
            content = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (content[:at], content[at:], b""))
            lines.append("Transfer-Encoding: chunked")
        else:
            lines.append(f"Content-Length: {len(content)}")
    head = method.encode() + b" " + target + b" HTTP/1.1\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head + content


def _at(text: str, random: Random) -> int:
    return random.randrange(len(text) + 1)


def _fold_letter(path: str, random: Random) -> str:
    """Replace one to three characters, mostly of the last segment, by look-alikes."""
    table = lookalikes(by_case=random.random() < 0.8)
    start = path.rindex("/") if random.random() < 0.7 and "/" in path else 0
    at, length = start + _at(path[start:], random), random.choice((1, 1, 1, 2, 3))
    found = table.get(path[at : at + length].lower())
    return path[:at] + random.choice(found) + path[at + length :] if found else path


def _swap_case(path: str, random: Random) -> str:
    return "".join(c.swapcase() if random.random() < 0.3 else c for c in path)


def _insert_mark(path: str, random: Random) -> str:
    at = _at(path, random)
    return (
        path[:at]
        + random.choice("\u0301\u0307\u0308\u00ad\u200b\u200c\u200d\u2060\ufeff\u180e\ufe0f\u034f \t")
        + path[at:]
    )


def _decompose(path: str, random: Random) -> str:
    return unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), path)


def _swap_segments(path: str, random: Random) -> str:
    segments = path.split("/")
    one, other = random.randrange(len(segments)), random.randrange(len(segments))
    segments[one], segments[other] = segments[other], segments[one]
    return "/".join(segments)


def _repeat_segment(path: str, random: Random) -> str:
    segments = path.split("/")
    segments.insert(random.randrange(len(segments)) + 1, random.choice((*segments, "x", "", "meta", "toys", "7")))
    return "/".join(segments)


def _drop_character(path: str, random: Random) -> str:
    at = _at(path, random)
    return path[:at] + path[at + 1 :]


def _insert(tokens: tuple[str, ...], *, is_after: bool) -> Callable[[str, Random], str]:
    def insert(wire: str, random: Random) -> str:
        # Most tokens work only beside a slash or at the end of a name.
        places = [at for at, c in enumerate(wire + "/") if c == "/"]
        at = random.choice(places) + (0 if is_after else 1) if random.random() < 0.85 else _at(wire, random)
        return wire[:at] + random.choice(tokens) + wire[at:]

    return insert


def _escape_slash(wire: str, random: Random) -> str:
    places = [at for at, c in enumerate(wire) if c == "/" and at]
    if not places:
        return wire
    at = random.choice(places)
    return (
        wire[:at] + random.choice(("%2f", "%2F", "%252f", "%5c", "\\", "//", "%c0%af", "/./", "/%2e/")) + wire[at + 1 :]
    )


def _absolute(wire: str, random: Random) -> str:
    return (
        random.choice(("http://gateway.test", "https://gateway.test", "http://evil.test", "//evil.test", "http:/", "*"))
        + wire
    )


def _climb(wire: str, random: Random) -> str:
    return (
        random.choice(("/base", "/..", "/../base", "/%2e%2e", "/..%2f", "/.", "/%2e%2e/%2e%2e", "/;x", "/x/..")) + wire
    )


def _flip_octet(wire: str, random: Random) -> str:
    at = _at(wire, random)
    return wire[:at] + f"%{random.randrange(256):02x}" + wire[at + random.choice((0, 1)) :]


def _raw_octet(wire: str, random: Random) -> str:
    at = _at(wire, random)
    return wire[:at] + bytes((random.randrange(256),)).decode("utf-8", "surrogateescape") + wire[at:]


_TEXT_WAYS: Final = (
    _fold_letter, _fold_letter, _fold_letter, _swap_case, _swap_case, _insert_mark, _decompose, _swap_segments, _repeat_segment,
    _repeat_segment, _drop_character,
)  # fmt: skip
_WIRE_WAYS: Final = (
    _insert(AFTER, is_after=True), _insert(AFTER, is_after=True), _insert(AFTER, is_after=True), _insert(BEFORE, is_after=False),
    _insert(BEFORE, is_after=False), _escape_slash, _escape_slash, _absolute, _climb, _flip_octet, _raw_octet,
)  # fmt: skip


def _encode(path: str, random: Random, *, is_odd: bool) -> str:
    """Encode the path: like clients do, or with unnecessary, nested or obsolete escapes."""
    if not is_odd:
        # Clients escape slashes only in a parameter that takes them.
        at = path.rfind("/") if path.startswith("/tree/") and random.random() < 0.5 else len(path)
        return quote(path[:at], safe="/" + _SAFE) + quote(path[at:], safe=_SAFE)
    share = random.choice((0.1, 0.3, 1.0))
    return "".join(
        c if c == "/" or random.random() > share else _escape(c, random) for c in quote(path, safe="/" + _SAFE)
    )


def _escape(c: str, random: Random) -> str:
    if c == "%":
        return random.choice(("%", "%", "%25"))
    number = ord(c)
    kind = random.random()
    if kind < 0.8:
        text = f"%{number:02x}" if random.random() < 0.5 else f"%{number:02X}"
        for _ in range(random.choice((0, 0, 0, 0, 1, 2, 3))):
            text = text.replace("%", "%25")
        return text
    if kind < 0.87:
        return f"%{0xC0 | number >> 6:02x}%{0x80 | number & 0x3F:02x}"
    if kind < 0.93:
        return f"%u00{number:02x}"
    return "".join(f"%{octet:02x}" for octet in chr(number + 0xFEE0).encode())  # full width


def describe(target: Target) -> str:
    """Return the target on one line, for a report."""
    return json.dumps(target.data.decode("latin-1"))
