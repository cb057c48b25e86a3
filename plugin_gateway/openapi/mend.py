"""Mending: a pruned document that breaks the rules of its own version, as clients can take it.

Where it is sure what was meant, it is written so; a field that no version of OpenAPI knows, or a value that says nothing, is
left out. Both are warnings. An object that is none is an error: what it was meant to allow or demand cannot be told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import (
    FIELDS,
    METHODS,
    OTHER_FIELDS,
    ROOT_FIELDS,
    Field,
    Kind,
    Shape,
    components_at,
    is_extension,
    is_reference,
    sections,
    siblings_count,
)
from plugin_gateway.openapi.mend_schema import mend_schema
from plugin_gateway.openapi.plain_values import Unmendable, mended
from plugin_gateway.openapi.refs import RefError, Tokens, to_ref
from plugin_gateway.openapi.upgrade_walk import copy_json
from plugin_gateway.openapi.vocabulary import PLAIN_FIELDS, Type, is_known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.openapi.document import Json, JsonObject

_REPLACED: Final = frozenset({Kind.SERVER, Kind.SECURITY_SCHEME, Kind.OAUTH_FLOWS, Kind.OAUTH_FLOW})
"""The gateway's own take the place of these wherever a document is served."""
_PLACES: Final = {
    "2.0": frozenset({"query", "header", "path", "formData", "body"}),
    "3.2": frozenset({"query", "header", "path", "cookie", "querystring"}),
}
_PLACES_3: Final = frozenset({"query", "header", "path", "cookie"})
_NEEDED: Final = {
    Kind.DISCRIMINATOR: frozenset({"propertyName"}),
    Kind.EXTERNAL_DOCS: frozenset({"url"}),
    Kind.LICENSE: frozenset({"name"}),
    Kind.LINK: frozenset({"operationRef", "operationId", "$ref"}),
}
"""Objects that say nothing without one of these fields."""
_STYLES: Final = {
    "path": frozenset({"matrix", "label", "simple"}),
    "header": frozenset({"simple"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "cookie": frozenset({"form", "cookie"}),
}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_STATUS: Final = re.compile(r"default|[1-5](?:\d\d|XX)")
_STATUS_OTHERWISE: Final = re.compile(r"[1-5](?:\d\d|xx|XX|Xx|xX|\?\?|\*\*)")
_IN_BRACES: Final = re.compile(r"\{([^{}/]+)\}")
_SHOWN_CHARACTERS: Final = 60


class _Job(NamedTuple):
    """An object to be mended, where it is, and what holds it."""

    kind: Kind
    tokens: Tokens
    holder: Json
    key: str | int


def mend(document: Document) -> tuple[Document, tuple[Finding, ...]]:
    """Mend `document`, which is pruned and is not changed.

    With an error among the findings the result is not to be served. Their pointers lead into `document`.
    """
    mender = _Mender(document)
    mender.mend()
    return Document(root=mender.root, name=document.name, warnings=document.warnings), tuple(mender.findings)


class _Mender:
    def __init__(self, document: Document) -> None:
        self.root: JsonObject = copy_json(document.root)
        self.findings: list[Finding] = []
        self._document = document
        self._version = document.version
        self._jobs: list[_Job] = []

    def mend(self) -> None:
        self._mend_root()
        while self._jobs:
            kind, tokens, holder, key = self._jobs.pop()
            if isinstance(holder, dict) and key not in holder:
                continue  # left out since
            node = holder[key]
            if isinstance(node, dict):
                self._mend_object(kind, node, tokens)
                if (needed := _NEEDED.get(kind)) is not None and not node.keys() & needed:
                    self._drop(
                        holder, str(key), tokens, f"the {kind} object has no {' or '.join(sorted(needed - {'$ref'}))}"
                    )
            elif kind is Kind.SCHEMA and isinstance(node, bool):
                if self._version not in {"3.1", "3.2"} and tokens[-1:] != ("additionalProperties",):
                    holder[key] = {} if node else {"not": {}}
                    self._mended(
                        tokens, f"OpenAPI {self._version} has no schema {_shown(node)}: the same is said in words"
                    )
            else:
                self._mend_none(kind, tokens, holder, key)

    # Where objects are

    def _mend_root(self) -> None:
        root = self.root
        info = root.get("info")
        if not isinstance(info, dict):
            self._mended((), f"the document has no `info`{_instead(info)}")
            root["info"] = {}
        for name, field in ROOT_FIELDS.items():
            if name in root and field.kind not in _REPLACED:
                self._field(field, (), root, name)
        paths = root.get("paths")
        for path in paths if isinstance(paths, dict) else ():
            if not is_extension(path):
                self._jobs.append(_Job(Kind.PATH_ITEM, ("paths", path), paths, path))
        at = components_at(self._version)
        holder = root.get(at[0], {}) if at else root
        if not isinstance(holder, dict):
            self._drop(root, at[0], at, f"{_shown(holder)} is no mapping of components")
            return
        for section, kind in sections(self._version).items():
            members = holder.get(section)
            if kind in _REPLACED or members is None:
                continue
            if not isinstance(members, dict):
                self._drop(holder, section, (*at, section), f"{_shown(members)} is no mapping of components")
                continue
            self._jobs += [_Job(kind, (*at, section, name), members, name) for name in members]
        if at:
            known = {*sections(self._version)}
            for name in [name for name in holder if name not in known and not is_extension(name)]:
                self._drop(holder, name, (*at, name), f"components have no section {name!r}")

    def _mend_object(self, kind: Kind, node: JsonObject, tokens: Tokens) -> None:
        if self._is_reference(kind, node) and not siblings_count(kind, self._version):
            if kind is Kind.PARAMETER and not {"name", "in"} & self._followed(node).keys():
                self._refuse(tokens, f"{node['$ref']!r} leads to no parameter")
            return
        if (other := OTHER_FIELDS.get(kind)) is not None:
            if kind is Kind.RESPONSES:
                self._mend_statuses(node, tokens)
            self._jobs += [_Job(other, (*tokens, name), node, name) for name in node if not is_extension(name)]
            return
        if kind in (Kind.PATH_ITEM, Kind.OPERATION):
            self._drop_strange_path_parameters(node, tokens)
        for name in list(node):
            place = (*tokens, name)
            if is_extension(name):
                continue
            if not is_known(kind, name, self._version):
                self._drop(node, name, place, f"{name!r} is no field of the {kind} object in OpenAPI {self._version}")
            elif (field := FIELDS[kind].get(name)) is not None:
                self._field(field, tokens, node, name)
            else:
                self._mend_plain(kind, node, name, place)
        self._mend_whole(kind, node, tokens)

    def _is_reference(self, kind: Kind, node: Json) -> bool:
        return is_reference(kind, node) and (kind is not Kind.MEDIA_TYPE or self._version == "3.2")

    def _field(self, field: Field, tokens: Tokens, node: JsonObject, name: str) -> None:
        """Mend what a field holds, as far as it is of the shape that it should have."""
        kind, value, place = field.kind, node[name], (*tokens, name)
        if kind in _REPLACED:
            return
        if value is None:
            # An empty value of YAML: the field was begun and never filled in.
            self._drop(node, name, place, f"{name!r} has no value")
        elif isinstance(value, list) and (field.shape is Shape.LIST or (kind is Kind.SCHEMA and name == "items")):
            if kind is Kind.SCHEMA and field.shape is Shape.LIST and not value:
                self._drop(node, name, place, f"{name!r} is an empty list")
                return
            self._jobs += [_Job(kind, (*place, str(index)), value, index) for index in range(len(value))]
        elif isinstance(value, dict) and field.shape is Shape.MAP:
            if name == "dependencies":
                entries = [key for key, entry in value.items() if not isinstance(entry, list)]
            else:
                entries = list(value)
            self._jobs += [_Job(kind, (*place, key), value, key) for key in entries]
        elif field.shape is Shape.ONE and not isinstance(value, list):
            self._jobs.append(_Job(kind, place, node, name))
        else:
            wanted = "list" if field.shape is Shape.LIST else "mapping"
            self._refuse(place, f"{name!r} must be a {wanted} of {kind} objects, this is {_shown(value)}")

    def _mend_none(self, kind: Kind, tokens: Tokens, holder: Json, key: str | int) -> None:
        """Something stands where an object must be."""
        value = holder[key]
        if kind in (Kind.EXTERNAL_DOCS, Kind.XML, Kind.CONTACT, Kind.LICENSE, Kind.DISCRIMINATOR) and isinstance(
            holder, dict
        ):
            if kind is Kind.DISCRIMINATOR and self._version == "2.0" and isinstance(value, str):
                return  # there it is the name of the property
            if kind is Kind.DISCRIMINATOR and isinstance(value, str):
                self._mended(tokens, f"the discriminator {value!r} is the name of a property")
                holder[key] = {"propertyName": value}
                return
            self._drop(holder, str(key), tokens, f"{_shown(value)} is no {kind}")
        elif kind is Kind.SCHEMA and value is None:
            self._mended(tokens, "a schema without a value says nothing: any value is described")
            holder[key] = {}
        elif kind is Kind.EXAMPLE and isinstance(holder, dict):
            # The examples of 3.x are objects; many wrote the value itself.
            self._mended(tokens, f"{_shown(value)} is no example object: it is taken for the value of one")
            holder[key] = {"value": value}
        elif value is None and isinstance(holder, dict) and kind in (Kind.HEADER, Kind.MEDIA_TYPE):
            self._mended(tokens, f"the {kind} object has no value, and so says nothing")
            holder[key] = {}
            self._mend_object(kind, holder[key], tokens)
        else:
            self._refuse(tokens, f"the {kind} object must be a mapping, this is {_shown(value)}")

    # Plain fields

    def _mend_plain(self, kind: Kind, node: JsonObject, name: str, place: Tokens) -> None:
        value, type_ = node[name], PLAIN_FIELDS[kind][name].type
        if type_ is Type.ANY:
            return
        if name.startswith("$") and type_ is Type.TEXT and not isinstance(value, str):
            self._drop(node, name, place, f"{name!r} must be {type_.value}, this is {_shown(value)}")
            return
        try:
            better = mended(type_, value)
        except Unmendable:
            if kind is Kind.PARAMETER and name in ("name", "in"):
                return  # told of with the whole object
            self._drop(node, name, place, f"{name!r} must be {type_.value}, this is {_shown(value)}")
            return
        if better is not value:
            node[name] = better
            self._mended(
                place,
                f"{name!r} must be {type_.value}: {_shown(value, whole=True)} is taken for {_shown(better, whole=True)}",
            )

    # Objects as a whole

    def _mend_whole(self, kind: Kind, node: JsonObject, tokens: Tokens) -> None:
        match kind:
            case Kind.INFO:
                self._need(node, tokens, "title", "API")
                self._need(node, tokens, "version", "0")
            case Kind.CONTACT if "email" in node and not _EMAIL.fullmatch(node["email"]):
                self._drop(node, "email", (*tokens, "email"), f"{_shown(node['email'])} is no e-mail address")
            case Kind.OPERATION:
                responses = node.get("responses")
                if not isinstance(responses, dict) or is_reference(Kind.RESPONSE, responses):
                    if "responses" in node:
                        self._drop(node, "responses", (*tokens, "responses"), f"{_shown(responses)} are no responses")
                    node["responses"] = {"default": {"description": ""}}
                self._declare_path_parameters(node, tokens)
            case Kind.PARAMETER | Kind.HEADER | Kind.ITEMS if self._version == "2.0":
                if kind is Kind.PARAMETER:
                    self._mend_parameter(node, tokens)
                # The value's own fields are those of a schema there.
                mend_schema(self._document, node, self._version, lambda name, why: self._say(tokens, name, why))
            case Kind.PARAMETER:
                self._mend_parameter(node, tokens)
            case Kind.HEADER:
                self._mend_value(node, tokens, "header")
            case Kind.REQUEST_BODY:
                self._need(node, tokens, "content", {})
            case Kind.RESPONSE:
                if "description" not in node and "summary" not in node:
                    node["description"] = ""  # so common that a warning of each would hide the others
            case Kind.ENCODING:
                self._mend_style(node, tokens, "query")
            case Kind.EXAMPLE if "value" in node and "externalValue" in node:
                self._drop(node, "externalValue", (*tokens, "externalValue"), "an example has a value already")
            case Kind.LINK if "operationRef" in node and "operationId" in node:
                self._drop(node, "operationRef", (*tokens, "operationRef"), "a link has an operationId already")
            case Kind.SCHEMA:
                mend_schema(self._document, node, self._version, lambda name, why: self._say(tokens, name, why))
            case _:
                pass

    def _mend_parameter(self, node: JsonObject, tokens: Tokens) -> None:
        name, place = node.get("name"), node.get("in")
        if not isinstance(name, str) or not name:
            self._refuse(tokens, "a parameter has no name" if name is None else f"{_shown(name)} is no name")
            return
        if isinstance(place, str) and place not in (known := _PLACES.get(self._version, _PLACES_3)):
            for better in known:
                if better.lower() == place.lower():
                    self._mended((*tokens, "in"), f"the place {place!r} is taken for {better!r}")
                    node["in"] = place = better
        if not isinstance(place, str) or place not in _PLACES.get(self._version, _PLACES_3):
            places = ", ".join(sorted(_PLACES.get(self._version, _PLACES_3)))
            what = "has no `in`" if place is None else f"is in {_shown(place)}"
            self._refuse(tokens, f"the parameter {name!r} {what}: it must be one of {places}")
            return
        if place == "path" and node.get("required") is not True:
            self._mended(tokens, f"the parameter {name!r} is in the path, and so it is required")
            node["required"] = True
        if self._version == "2.0":
            if place != "body" and "type" not in node:
                self._mended(tokens, f"the parameter {name!r} has no type: a text is described")
                node["type"] = "string"
            if place == "body" and not isinstance(node.get("schema"), dict):
                node["schema"] = {}
            return
        if place == "querystring":
            return
        if place != "query":
            for field in ("allowEmptyValue", *(("allowReserved",) if self._version != "3.2" else ())):
                node.pop(field, None)
        self._mend_value(node, tokens, place)

    def _mend_value(self, node: JsonObject, tokens: Tokens, place: str) -> None:
        """A parameter or header has a schema or one media type, and only with a schema a style and examples."""
        if "schema" in node and "content" in node:
            self._drop(node, "content", (*tokens, "content"), "there is a schema already")
        if isinstance(content := node.get("content"), dict):
            for name in list(content)[1:]:
                self._drop(content, name, (*tokens, "content", name), "one media type only can describe a value")
            if not content:
                del node["content"]
        if "schema" not in node and not isinstance(node.get("content"), dict):
            node["schema"] = {}
        if "content" in node:
            for name in ("style", "explode", "allowReserved", "example", "examples"):
                if name in node:
                    self._drop(node, name, (*tokens, name), f"{name!r} does not go with `content`")
        self._mend_style(node, tokens, place)

    def _mend_style(self, node: JsonObject, tokens: Tokens, place: str) -> None:
        if "style" in node and node["style"] not in _STYLES.get(place, _STYLES["query"]):
            self._drop(node, "style", (*tokens, "style"), f"{_shown(node['style'])} is no style in a {place}")

    def _drop_strange_path_parameters(self, node: JsonObject, tokens: Tokens) -> None:
        """Leave out parameters in the path that the template has no place for: no caller can send them."""
        listed = node.get("parameters")
        if tokens[:1] != ("paths",) or not 2 <= len(tokens) <= 4 or not isinstance(listed, list):
            return
        places = set(_IN_BRACES.findall(tokens[1]))
        for index in reversed(range(len(listed))):
            parameter = self._followed(listed[index])
            try:
                name = mended(Type.TEXT, parameter.get("name"))
            except Unmendable:
                continue  # told of with the parameter
            if str(parameter.get("in")).lower() == "path" and name and name not in places:
                del listed[index]
                self._dropped((*tokens, "parameters", str(index)), f"{tokens[1]} has no place for {name!r} in its path")

    def _declare_path_parameters(self, node: JsonObject, tokens: Tokens) -> None:
        """Declare what the template has in braces and nothing else describes: it is a required text, whatever it is."""
        match tokens:
            case ("paths", path, method) if method in METHODS:
                pass
            case ("paths", path, "additionalOperations", _):
                pass
            case _:
                return
        declared: set[str] = set()
        item = self.root["paths"][path]
        for owner in (node, item):
            listed = owner.get("parameters")
            for entry in listed if isinstance(listed, list) else ():
                parameter = self._followed(entry)
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
                self._mended(tokens, f"{name!r} of the path is not described: a text is")

    def _followed(self, entry: Json) -> JsonObject:
        for _ in range(100):  # longer chains are loops
            if not is_reference(Kind.PARAMETER, entry):
                break
            try:
                entry = self._document.resolve(entry["$ref"]).value
            except RefError:
                return {}
        return entry if isinstance(entry, dict) else {}

    def _mend_statuses(self, responses: JsonObject, tokens: Tokens) -> None:
        names = {name: _status(name) for name in responses if not is_extension(name)}
        if all(name == better for name, better in names.items()):
            if not names:
                responses["default"] = {"description": ""}
            return
        entries = dict(responses)
        responses.clear()
        for name, value in entries.items():
            better = names.get(name, name)
            if better is None:
                self._dropped((*tokens, name), f"{name!r} is no status code")
            elif better in responses or (better != name and better in entries):
                self._dropped((*tokens, name), f"{name!r} says {better!r} again")
            else:
                if better != name:
                    self._mended((*tokens, name), f"the status {name!r} is written {better!r}")
                responses[better] = value
        if not any(not is_extension(name) for name in responses):
            responses["default"] = {"description": ""}

    # Findings

    def _need(self, node: JsonObject, tokens: Tokens, name: str, value: Json) -> None:
        if name not in node:
            node[name] = value
            self._mended(tokens, f"{name!r} is missing: {_shown(value)} is put there")

    def _drop(self, node: JsonObject, name: str, place: Tokens, why: str) -> None:
        del node[name]
        self._dropped(place, why)

    def _say(self, tokens: Tokens, name: str, why: str) -> None:
        self.findings.append(_warning("document-mended", (*tokens, name), why))

    def _dropped(self, place: Tokens, why: str) -> None:
        self.findings.append(_warning("document-mended", place, f"{why}: it is left out of what is served"))

    def _mended(self, place: Tokens, why: str) -> None:
        self.findings.append(_warning("document-mended", place, why))

    def _refuse(self, place: Tokens, why: str) -> None:
        finding = Finding(
            rule="document-node",
            message=f"{why} (at {to_ref(place)})",
            hint="mend the document, or deny the operation",
            pointer=place,
        )
        self.findings.append(finding)


def _status(name: str) -> str | None:
    if _STATUS.fullmatch(name):
        return name
    if name.lower() == "default":
        return "default"
    if _STATUS_OTHERWISE.fullmatch(name):
        return f"{name[0]}XX"
    return None


def _warning(rule: str, place: Tokens, why: str) -> Finding:
    return Finding(
        rule=rule,
        message=f"{why} (at {to_ref(place)})",
        hint="mend the document",
        severity=Severity.WARNING,
        pointer=place,
    )


def _instead(value: Json) -> str:
    return "" if value is None else f", but {_shown(value)}"


def _shown(value: Json, *, whole: bool = False) -> str:
    match value:
        case None:
            return "nothing"
        case dict() if not whole:
            return "a mapping"
        case list() if not whole:
            return "a list"
        case _:
            text = repr(value) if isinstance(value, str | dict | list) else str(value)
            return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def errors_in(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield the errors among findings."""
    return (finding for finding in findings if finding.severity is Severity.ERROR)
