"""The words of a command line that give the arguments of a tool: `key=value`, `key:=JSON`, `key=@FILE` and `@FILE`."""

from __future__ import annotations

import base64
import json
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.errors import UsageError
from plugin_gateway.publish.shorten import shorten
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plugin_gateway.tools.tool import Tool

_WORD: Final = re.compile(r"([^=:@]+)(:?=)(@?)(.*)", re.DOTALL)
_INTEGER: Final = re.compile(r"-?[0-9]{1,4000}")
_MAX_REFS: Final = 20
_SHOWN_CHARACTERS: Final = 60
_WIDEST_NAME: Final = 32


def read_words(words: Iterable[str], tool: Tool) -> dict[str, Any]:
    """Return the arguments that the words give, each with the type that the tool's input schema names.

    Raises:
        UsageError: a word cannot be read.
    """
    schema = json.loads(tool.definition)["inputSchema"]
    binary = _binary_names(tool)
    arguments: dict[str, Any] = {}
    repeated: set[str] = set()
    for word in words:
        if word.startswith("@"):
            arguments |= _members(_json(_content(word[1:]), word))
            continue
        match = _WORD.fullmatch(word)
        if match is None:
            raise UsageError(
                f"cannot read `{word}`: write key=value, key:=JSON, key=@FILE, or @FILE for a JSON object of arguments"
            )
        name, sign, at, text = match.groups()
        kinds = _PropertyTypes(schema, schema["properties"].get(name, {}))
        if sign == ":=":
            value = _json(_content(text) if at else text.encode(errors="surrogateescape"), word)
        elif at:
            content = _content(text)
            value = base64.b64encode(content).decode() if name in binary else _text(content, word)
        else:
            value = kinds.read(name, text)
        if name in arguments and kinds.has_lists:
            before = arguments[name] if name in repeated else _listed(arguments[name])
            repeated.add(name)
            arguments[name] = before + _listed(value)
        else:
            arguments[name] = value
    return arguments


def describe(tool: Tool) -> str:
    """List the arguments that a tool takes, one a line."""
    schema = json.loads(tool.definition)["inputSchema"]
    properties, required = schema["properties"], schema.get("required", ())
    if not properties:
        return f"{tool.name} takes no arguments"
    width = min(_WIDEST_NAME, max(map(len, properties)))
    lines = [f"{tool.name} takes:"]
    for name in sorted(properties, key=lambda name: name not in required):
        types = " | ".join(sorted(_PropertyTypes(schema, properties[name]).names)) or "any value"
        mark = ", required" if name in required else ""
        text = properties[name].get("description", "") if isinstance(properties[name], dict) else ""
        first = shorten(text.strip().partition("\n")[0], _SHOWN_CHARACTERS) if isinstance(text, str) else ""
        lines.append(f"  {name:{width}}  {types}{mark}{'  ' + first if first else ''}".rstrip())
    return "\n".join(lines)


class _PropertyTypes:
    """The types that a property may have, as its schema names them: directly, by reference, or in alternatives."""

    def __init__(self, root: dict[str, Any], schema: Any) -> None:
        self._root = root
        self._schema = schema
        self.names = set(self._find(schema, set()))

    @property
    def has_lists(self) -> bool:
        return "array" in self.names

    def read(self, name: str, text: str) -> Any:
        """Return the value that a text means.

        Raises:
            UsageError: it means no value of these types.
        """
        kinds = self.names
        if "array" in kinds and "string" not in kinds:
            if text.startswith("["):
                return _json(text.encode(errors="surrogateescape"), f"{name}={text}")
            return [_PropertyTypes(self._root, self._items()).read(name, text)]
        if "boolean" in kinds and text in {"true", "false"}:
            return text == "true"
        if "string" in kinds or not kinds:
            return text
        if "integer" in kinds and _INTEGER.fullmatch(text):
            return int(text)
        if "null" in kinds and text == "null":
            return None
        if kinds & {"number", "object"}:
            with suppress(UsageError):
                value = _json(text.encode(errors="surrogateescape"), name)
                if isinstance(value, dict if "object" in kinds else float | int) and not isinstance(value, bool):
                    return value
        wanted = " or ".join(f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in sorted(kinds))
        hint = f"; write an object as JSON: {name}:='{{…}}'" if "object" in kinds else ""
        raise UsageError(f"`{name}` takes {wanted}, not `{text[:_SHOWN_CHARACTERS]}`{hint}")

    def _items(self) -> Any:
        schema = self._follow(self._schema)
        for one in (schema, *_alternatives(schema)):
            followed = self._follow(one)
            if "items" in followed:
                return followed["items"]
        return {}

    def _follow(self, schema: Any) -> dict[str, Any]:
        for _ in range(_MAX_REFS):
            ref = schema.get("$ref") if isinstance(schema, dict) else None
            if not isinstance(ref, str):
                break
            schema = self._root.get("$defs", {}).get(ref.removeprefix("#/$defs/"), {})
        return schema if isinstance(schema, dict) else {}

    def _find(self, schema: Any, seen: set[int]) -> Iterator[str]:
        schema = self._follow(schema)
        named = schema.get("type")
        if named is not None:
            yield from [named] if isinstance(named, str) else named
        elif id(schema) not in seen:
            seen.add(id(schema))
            for one in _alternatives(schema):
                yield from self._find(one, seen)
            if "properties" in schema:
                yield "object"


def _alternatives(schema: dict[str, Any]) -> list[Any]:
    return [one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())]


def _binary_names(tool: Tool) -> set[str]:
    encodings = tool.body.encodings if tool.body is not None else {}
    return {
        one.name
        for one in tool.arguments
        if one.is_binary or (one.place == "body" and one.wire_name in encodings and encodings[one.wire_name].is_binary)
    }


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        why = reason_of(error)
        raise UsageError(f"cannot read {path}: {why}; write a text that begins with @ as key:='\"@…\"'") from error


def _text(content: bytes, word: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read `{word}`: the file is not UTF-8 text, and the argument is no file") from error


def _json(content: bytes, word: str) -> Any:
    try:
        # Unlike orjson, this keeps integers of more than 64 bits.
        return json.loads(content.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read `{word[:_SHOWN_CHARACTERS]}` as JSON: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _members(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError("a file of arguments must be a JSON object")
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
