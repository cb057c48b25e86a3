"""Rendering: writing a document as JSON or YAML. Both read back as equal values."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json

# Plain (unquoted) only if every reader sees a string: the text starts with a letter, `/` or `$`, and has no characters with a
# meaning in some YAML version. This quotes 012, 1e3, 0x1f, 12:30:45, dates, `=`, `<<`, `~` and `- x`.
_PLAIN = re.compile(r"[A-Za-z/$][A-Za-z0-9_./$(){}+-]*(?: [A-Za-z0-9_./$()+-]+)*", re.ASCII)
# Words that match `_PLAIN` but are booleans or null to YAML 1.1 or 1.2.
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# Characters that must be escaped. NEL, LS and PS are line breaks in YAML 1.1, U+FEFF is a byte order mark, C0 and C1 controls
# and surrogates are not printable (YAML 1.2.2, 5.1).
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPED = re.compile(f'{_UNPRINTABLE.pattern}|["\\\\]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LONGEST_SIMPLE_KEY = 1000  # a key with its colon on one line may have 1024 characters (YAML 1.2.2, 7.4.2)


def to_json(root: Json, *, indent: bool = False) -> bytes:
    """Render as UTF-8 JSON, keeping the order of keys. A number that is not finite becomes null."""
    try:
        return orjson.dumps(root, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else 0)
    except TypeError:
        # orjson stops at 254 levels and at 64-bit integers.
        return "".join(_json_parts(root)).encode()


def to_canonical_json(value: Json) -> bytes:
    """Render as JSON with sorted keys, so that equal values have equal bytes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # orjson stops at 254 levels, at 64-bit integers and at lone surrogates.
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def to_yaml(root: Json) -> bytes:
    """Render as UTF-8 YAML. Readers of YAML 1.1 and 1.2 get the same value as from `to_json`.

    The output is in block style without anchors, tags or folded lines. Does not recurse.
    """
    return "".join(_yaml_parts(root)).encode()


def _json_parts(root: Json) -> Iterator[str]:
    stack: list[tuple[Iterator[tuple[str, Json]], str]] = [(iter([("", root)]), "")]
    comma = ""
    while stack:
        entries, closing = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
            yield closing
            comma = ","
            continue
        head, value = entry
        if isinstance(value, dict):
            yield f"{comma}{head}{{"
            stack.append((((f"{json.dumps(key, ensure_ascii=False)}:", item) for key, item in value.items()), "}"))
            comma = ""
        elif isinstance(value, list):
            yield f"{comma}{head}["
            stack.append(((("", item) for item in value), "]"))
            comma = ""
        else:
            finite = None if isinstance(value, float) and not math.isfinite(value) else value
            yield f"{comma}{head}{json.dumps(finite, ensure_ascii=False)}"
            comma = ","


def _yaml_parts(root: Json) -> Iterator[str]:
    if not (isinstance(root, dict | list) and root):
        yield _scalar(root, 0) + "\n"
        return
    # `lead` replaces the margin of the first entry of a collection inside a list entry (`- name: x`).
    stack: list[tuple[Iterator[tuple[str, Json]], int]] = [(_entries(root), 0)]
    lead = ""
    while stack:
        entries, level = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
            continue
        head, value = entry
        margin = "  " * level
        yield (lead or margin) + head
        lead = ""
        if head.startswith("?"):
            yield f"\n{margin}:"
        if isinstance(value, dict | list) and value:
            if head == "-":
                lead = " "
            else:
                yield "\n"
            stack.append((_entries(value), level + 1))
        else:
            yield f" {_scalar(value, level + 1)}\n"


def _entries(node: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(node, list):
        return (("-", item) for item in node)
    return ((_key(key), value) for key, value in node.items())


def _key(key: str) -> str:
    text = key if _is_plain(key) else _quoted(key)
    return f"{text}:" if len(text) <= _LONGEST_SIMPLE_KEY else f"? {text}"


def _scalar(value: Json, level: int) -> str:
    match value:
        case str():
            if _is_plain(value):
                return value
            return _literal(value, level) if _is_literal(value) else _quoted(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case dict():
            return "{}"
        case list():
            return "[]"
        case _:
            return str(value)


def _is_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _RESERVED


def _is_literal(text: str) -> bool:
    """Return whether a literal block without an indentation indicator preserves `text`."""
    if "\n" not in text or text[0] in " \n\t" or text.endswith("\n\n"):
        return False
    lines = text.removesuffix("\n").split("\n")
    return all(not _UNPRINTABLE.search(line) and (not line or line.strip(" ")) for line in lines)


def _literal(text: str, level: int) -> str:
    margin = "  " * level
    lines = text.removesuffix("\n").split("\n")
    chomp = "" if text.endswith("\n") else "-"
    return "\n".join([f"|{chomp}", *(margin + line if line else "" for line in lines)])


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    mantissa, exponent, power = repr(value).partition("e")
    if not exponent:
        return mantissa
    # YAML 1.1 requires a point and a signed exponent: it reads `1e-07` as a string.
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{power if power[0] in '+-' else f'+{power}'}"
