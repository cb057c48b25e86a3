"""A declared parameter: its object in the document, its rule in gateway.yaml, and how its values are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway.shape.values.json_text import json_ascii
from plugin_gateway.shape.values.scalar import UnwritableError, escape, escape_octets, plain
from plugin_gateway.shape.values.style import DELIMITERS, bare, deep_object, form, simple

if TYPE_CHECKING:
    from plugin_gateway.config.parameter_rule import ParameterRule
    from plugin_gateway.openapi.document import JsonObject

PLACES: Final = ("path", "query", "header", "cookie")
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
_EXPLODED: Final = frozenset({"form", "cookie"})
_is_json: Final = re.compile(r"(?:application|text)/(?:[^;]*\+)?json(?:;.*)?", re.IGNORECASE).fullmatch
_is_field_value: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?").fullmatch
_is_cookie_value: Final = re.compile(r"[!#-+\--:<-\[\]-~]*").fullmatch


class DeclaredParameter(Struct):
    """One declared parameter, with the rule for it."""

    node: JsonObject
    place: str
    name: str
    rule: ParameterRule | None = None
    key: str = ""
    """The key of the rule in gateway.yaml."""
    is_narrowed: bool = False

    @property
    def style(self) -> str:
        if self.media_type:
            return "content"
        style = self.node.get("style")
        return style if isinstance(style, str) else _STYLES[self.place]

    @property
    def explode(self) -> bool:
        explode = self.node.get("explode")
        return explode if isinstance(explode, bool) else self.style in _EXPLODED

    @property
    def media_type(self) -> str:
        content = self.node.get("content")
        return next(iter(content), "") if isinstance(content, dict) and "schema" not in self.node else ""

    @property
    def is_json(self) -> bool:
        """Whether `content` says that the value is JSON."""
        return _is_json(self.media_type) is not None

    @property
    def holder(self) -> JsonObject:
        """The object that holds the schema: the parameter, or its media type."""
        if media_type := self.media_type:
            content = self.node["content"][media_type]
            return content if isinstance(content, dict) else {}
        return self.node

    @property
    def schema(self) -> Any:
        return self.holder.get("schema", {})

    @schema.setter
    def schema(self, schema: JsonObject) -> None:
        self.holder["schema"] = schema

    @property
    def is_ignored(self) -> bool:
        """Whether OpenAPI says to ignore the parameter because of its name (Parameter Object, `name`)."""
        return self.place == "header" and self.name.lower() in _IGNORED

    @property
    def visible_name(self) -> str:
        """The name for clients; empty if they may not send it."""
        rule = self.rule
        if rule is None:
            return self.name
        if rule.hidden or "fixed" in rule.written:
            return ""
        return rule.rename or self.name


def find_named(key: str, declared: list[DeclaredParameter]) -> list[DeclaredParameter]:
    """Return the parameters that a key of gateway.yaml names: by name, or by place and name as in `query:id`."""
    found = [one for one in declared if _is_called(one, key)]
    place, colon, name = key.partition(":")
    if not found and colon and place in PLACES:
        found = [one for one in declared if one.place == place and _is_called(one, name)]
    return found


def _is_called(one: DeclaredParameter, name: str) -> bool:
    return one.name.lower() == name.lower() if one.place == "header" else one.name == name


def written(one: DeclaredParameter, value: Any) -> bytes:
    """Return the pairs, the field line or the cookie pairs of a value.

    Raises:
        UnwritableError: the style of the parameter cannot write it.
    """
    text = (json_ascii(value) if one.is_json else plain(value)) if one.media_type else None
    match one.place:
        case "query":
            name = escape_octets(one.name.encode(errors="replace"))
            if text is not None:
                pairs = [f"{name}={escape(text)}"]
            elif one.style == "deepObject":
                pairs = deep_object(one.name, value, escaped=escape)
            else:
                pairs = form(name, value, explode=one.explode, escaped=escape, delimiter=DELIMITERS.get(one.style, ","))
            return "&".join(pairs).encode("ascii")
        case "header":
            written = simple(value, explode=one.explode, escaped=bare, escaped_name=bare) if text is None else text
            if not _is_field_value(written):
                raise UnwritableError(
                    "must be printable ASCII without blanks at its ends, because it is a header field"
                )
            return f"{one.name}: {written}\r\n".encode("ascii")
        case _:
            pairs = (
                form(one.name, value, explode=False, escaped=escape, delimiter="%2C")
                if text is None
                else [f"{one.name}={escape(text)}"]
            )
            if not all(_is_cookie_value(pair.partition("=")[2]) for pair in pairs):
                raise UnwritableError("must not contain blanks, quotes, commas or semicolons, because it is a cookie")
            return "; ".join(pairs).encode("ascii")
