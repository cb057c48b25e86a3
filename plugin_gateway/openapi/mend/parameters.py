"""Parameters that break the rules of their version: locations, styles and values, and their fit with the path template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import METHODS, ObjectKind, is_reference
from plugin_gateway.openapi.mend.notes import Notes, describe_value
from plugin_gateway.openapi.mend.plain_values import Unmendable, mended
from plugin_gateway.openapi.refs import RefError, Tokens
from plugin_gateway.openapi.vocabulary import Type

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import Document, Json, JsonObject

_PLACES: Final = {
    "2.0": frozenset({"query", "header", "path", "formData", "body"}),
    "3.2": frozenset({"query", "header", "path", "cookie", "querystring"}),
}
_PLACES_3: Final = frozenset({"query", "header", "path", "cookie"})
_STYLES: Final = {
    "path": frozenset({"matrix", "label", "simple"}),
    "header": frozenset({"simple"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "cookie": frozenset({"form", "cookie"}),
}
_IN_BRACES: Final = re.compile(r"\{([^{}/]+)\}")
_PAIRED: Final = re.compile(r"\{[^{}]*\}")
_WITH_ONE_BRACE: Final = re.compile(r"(?<=/)(?:\{([^{}/]+)|([^{}/]+)\})(?=/|$)")


class ParameterMender:
    """Mends the parameters in `root`, a copy of the document's root."""

    def __init__(self, document: Document, root: JsonObject, notes: Notes) -> None:
        self._document, self._version = document, document.version
        self._root, self._notes = root, notes

    def mend(self, node: JsonObject, tokens: Tokens) -> None:
        """Mend a parameter: its name, its location, and the fields that depend on the location."""
        name, place = node.get("name"), node.get("in")
        if not isinstance(name, str) or not name:
            self._notes.refuse(
                tokens, "a parameter has no name" if name is None else f"{describe_value(name)} is not a parameter name"
            )
            return
        if isinstance(place, str) and place not in (known := _PLACES.get(self._version, _PLACES_3)):
            for better in known:
                if better.lower() == place.lower():
                    self._notes.mended((*tokens, "in"), f"the location {place!r} is read as {better!r}")
                    node["in"] = place = better
        if not isinstance(place, str) or place not in _PLACES.get(self._version, _PLACES_3):
            places = ", ".join(sorted(_PLACES.get(self._version, _PLACES_3)))
            what = "has no `in`" if place is None else f"is in {describe_value(place)}"
            self._notes.refuse(tokens, f"the parameter {name!r} {what}: it must be one of {places}")
            return
        if place == "path" and node.get("required") is not True:
            self._notes.mended(tokens, f"the parameter {name!r} is in the path: it is served as required")
            node["required"] = True
        if self._version == "2.0":
            if place != "body" and "type" not in node:
                self._notes.mended(tokens, f"the parameter {name!r} has no type: it is served as a string")
                node["type"] = "string"
            if place == "body" and not isinstance(node.get("schema"), dict):
                node["schema"] = {}
            return
        if place == "querystring":
            return
        if place != "query":
            for field in ("allowEmptyValue", *(("allowReserved",) if self._version != "3.2" else ())):
                node.pop(field, None)
        self.mend_value(node, tokens, place)

    def mend_value(self, node: JsonObject, tokens: Tokens, place: str) -> None:
        """Leave either a schema or one media type; only a schema goes with a style and examples."""
        if "schema" in node and "content" in node:
            self._notes.drop(node, "content", (*tokens, "content"), "`content` is not allowed beside `schema`")
        if isinstance(content := node.get("content"), dict):
            for name in list(content)[1:]:
                self._notes.drop(
                    content, name, (*tokens, "content", name), "`content` must have exactly one media type"
                )
            if not content:
                del node["content"]
        if "schema" not in node and not isinstance(node.get("content"), dict):
            node["schema"] = {}
        if "content" in node:
            for name in ("style", "explode", "allowReserved", "example", "examples"):
                if name in node:
                    self._notes.drop(node, name, (*tokens, name), f"{name!r} is not allowed beside `content`")
        self.mend_style(node, tokens, place)

    def mend_style(self, node: JsonObject, tokens: Tokens, place: str) -> None:
        """Leave out a style that does not exist for this location."""
        if "style" in node and node["style"] not in _STYLES.get(place, _STYLES["query"]):
            self._notes.drop(
                node, "style", (*tokens, "style"), f"{describe_value(node['style'])} is not a valid style in a {place}"
            )

    def check_template(self, path: str) -> None:
        """Refuse a path template with a brace that is not paired: servers would not find a parameter there."""
        without = _PAIRED.sub("", path)
        if "{" not in without and "}" not in without:
            return
        whole = _WITH_ONE_BRACE.sub(lambda found: f"{{{found[1] or found[2]}}}", path)
        hint = f"write `{whole}`" if whole != path else "write each parameter as `{name}`"
        self._notes.refuse(("paths", path), "the path template has a brace without its other half", hint)

    def drop_strange(self, node: JsonObject, tokens: Tokens) -> None:
        """Leave out path parameters that are missing from the template: a client cannot send them."""
        listed = node.get("parameters")
        if tokens[:1] != ("paths",) or not 2 <= len(tokens) <= 4 or not isinstance(listed, list):
            return
        places = set(_IN_BRACES.findall(tokens[1]))
        for index in reversed(range(len(listed))):
            parameter = self.followed(listed[index])
            try:
                name = mended(Type.TEXT, parameter.get("name"))
            except Unmendable:
                continue  # `mend` reports it
            if str(parameter.get("in")).lower() == "path" and name and name not in places:
                del listed[index]
                self._notes.dropped(
                    (*tokens, "parameters", str(index)), f"the path {tokens[1]} has no parameter {name!r}"
                )

    def drop_second_body(self, node: JsonObject, tokens: Tokens) -> None:
        """Leave the first body parameter alone with the body (2.0, Parameter Object).

        A second one or a form would contradict it.
        """
        listed = node.get("parameters")
        if self._version != "2.0" or tokens[:1] != ("paths",) or not isinstance(listed, list):
            return
        places = [str(self.followed(entry).get("in")).lower() for entry in listed]
        if "body" not in places:
            return
        first = places.index("body")
        for index in reversed(range(len(listed))):
            if index != first and places[index] in ("body", "formdata"):
                del listed[index]
                self._notes.dropped(
                    (*tokens, "parameters", str(index)), "an operation has one body, and another parameter describes it"
                )

    def declare_missing(self, node: JsonObject, tokens: Tokens) -> None:
        """Declare each undescribed variable of the template as a required string."""
        match tokens:
            case ("paths", path, method) if method in METHODS:
                pass
            case ("paths", path, "additionalOperations", _):
                pass
            case _:
                return
        declared: set[str] = set()
        item = self._root["paths"][path]
        for owner in (node, item):
            listed = owner.get("parameters")
            for entry in listed if isinstance(listed, list) else ():
                parameter = self.followed(entry)
                if str(parameter.get("in")).lower() == "path":
                    declared.add(str(parameter.get("name")))
        for name in dict.fromkeys(_IN_BRACES.findall(path.partition("?")[0])):
            if name not in declared:
                value: JsonObject = {"type": "string"}
                parameter = {"name": name, "in": "path", "required": True}
                parameter |= value if self._version == "2.0" else {"schema": value}
                if not isinstance(node.get("parameters"), list):
                    node["parameters"] = []
                node["parameters"].append(parameter)
                self._notes.mended(tokens, f"the path parameter {name!r} is not described: it is served as a string")

    def followed(self, entry: Json) -> JsonObject:
        """Return the parameter that an entry is or refers to, or an empty mapping."""
        for _ in range(100):  # longer chains are loops
            if not is_reference(ObjectKind.PARAMETER, entry):
                break
            try:
                entry = self._document.resolve(entry["$ref"]).value
            except RefError:
                return {}
        return entry if isinstance(entry, dict) else {}
