"""YAML values: building JSON values from libyaml's events, by the core schema of YAML 1.2.

PyYAML's loaders lack four features that an API's document needs: keys as they are written (`200:`, `on:`), errors for duplicate
keys with their place, aliases that share values and have a budget, and no constructor that a tag could call. This builder is
also five times as fast as `CSafeLoader`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, assert_never

import yaml
from yaml import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml._yaml import CParser

from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.extent import MAX_DEPTH, MAX_NODES, MAX_TEXTS_SHARED
from plugin_gateway.openapi.refs import index_of
from plugin_gateway.text.complaint import BadSyntax, IllegalCharacter, complaint_of
from plugin_gateway.text.plain_scalar import plain_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from yaml._yaml import Mark
    from yaml.events import Event

    from plugin_gateway.openapi.decode.places import Tokens, Wanted
    from plugin_gateway.text.complaint import Complaint

_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", _CORE + "str", _CORE + "timestamp", _CORE + "binary"})
_PLAIN_TAGS = frozenset({_CORE + "null", _CORE + "bool", _CORE + "int", _CORE + "float"})
_COLLECTION_TAGS = frozenset({"!", _CORE + "map", _CORE + "seq"})
_MERGE = "<<"
_UNKNOWN: Any = object()


class _Anchored(NamedTuple):
    value: Any
    nodes: int
    key: str | None
    """The text of a scalar, for use as a key."""


class _OpenCollection:
    """An open collection. A mapping with a `key` waits for the value of that key."""

    __slots__ = ("collection", "is_mapping", "is_merging", "key", "merged", "nodes_before", "start")

    def __init__(self, collection: dict[str, Any] | list[Any], start: CollectionStartEvent, nodes_before: int) -> None:
        self.collection: Any = collection
        self.is_mapping = type(collection) is dict
        self.start = start
        self.nodes_before = nodes_before
        self.key: str | None = None
        self.is_merging = False
        self.merged: list[dict[str, Any]] | None = None

    @property
    def wants_key(self) -> bool:
        return self.key is None and self.is_mapping


class _UnusableYamlError(Exception):
    def __init__(self, rule: str, message: str, event: Event, hint: str = "", length: int = 1) -> None:
        self.rule, self.message, self.hint, self.length = rule, message, hint, length
        self.mark = event.start_mark


def decode_yaml(data: bytes, name: str, levels_above: int = 0) -> Any:
    """Decode `data`, which is UTF-8 without a BOM. Raises `DocumentError` with a finding for each mistake.

    An empty stream is None, like an explicit null. `levels_above` is the depth of the value in its document.
    """
    builder = _ValueBuilder(MAX_DEPTH - levels_above)
    try:
        value = builder.build(CParser(data).get_event)
    except _UnusableYamlError as refused:
        builder.refused.append(refused)
    except yaml.YAMLError as error:
        raise DocumentError([_misspelt(complaint_of(error, data), name)]) from error
    else:
        if not builder.refused:
            return value
    raise DocumentError(
        Finding(rule=each.rule, message=each.message, hint=each.hint, location=_location(name, each.mark, each.length))
        for each in builder.refused
    )


def locate_yaml(data: bytes, name: str, wanted: Wanted) -> dict[Tokens, Location]:
    """Return the places of the root and of each wanted key or item that exists. `data` must be valid."""
    root = yaml.compose(data, Loader=yaml.CBaseLoader)
    if root is None:
        return {(): Location(name)}
    found: dict[Tokens, Location] = {(): _location(name, root.start_mark)}
    stack: list[tuple[Tokens, yaml.Node, Wanted]] = [((), root, wanted)]
    while stack:
        path, node, branches = stack.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value if branches else ():
                if isinstance(key, yaml.ScalarNode) and key.value in branches and (*path, key.value) not in found:
                    found[(*path, key.value)] = _location(name, key.start_mark, len(key.value))
                    stack.append(((*path, key.value), value, branches[key.value]))
        elif isinstance(node, yaml.SequenceNode):
            for token, branch in branches.items():
                index = index_of(token)
                if index is not None and index < len(node.value):
                    item = node.value[index]
                    found[(*path, token)] = _location(name, item.start_mark)
                    stack.append(((*path, token), item, branch))
    return found


def _location(name: str, mark: Mark | yaml.Mark | None, length: int = 1) -> Location:
    if mark is None:
        return Location(name)
    return Location(name, mark.line + 1, mark.column + 1, max(1, length))


def _misspelt(complaint: Complaint, name: str) -> Finding:
    location = Location(name, *complaint.at)
    match complaint:
        case IllegalCharacter():
            return Finding(
                rule="document-characters",
                message=f"{complaint.name} is not allowed here: {complaint.reason}",
                hint="remove it, or write it as an escape in double quotes",
                location=location,
            )
        case BadSyntax(is_too_deep=True):
            return Finding(rule="document-depth", message=f"nested deeper than {MAX_DEPTH} levels", location=location)
        case BadSyntax():
            return Finding(
                rule="document-syntax",
                message=", ".join(part for part in (complaint.context, complaint.problem) if part),
                hint="YAML indents with spaces; quote a text that holds ': ' or ' #' or begins with a special character",
                location=location,
            )
        case _:
            assert_never(complaint)


def _duplicate(key: str, frame: _OpenCollection, event: Event, hint: str = "keep one") -> _UnusableYamlError:
    line = f" that begins in line {mark.line + 1}" if (mark := frame.start.start_mark) else ""
    message = f"{key!r} is given twice in the mapping{line}"
    return _UnusableYamlError("duplicate-key", message, event, hint, len(key))


class _ValueBuilder:
    """Builds one value from events. `refused` collects the mistakes after which the rest is still readable."""

    def __init__(self, max_depth: int) -> None:
        self.refused: list[_UnusableYamlError] = []
        self._max_depth = max_depth
        self._stack: list[_OpenCollection] = []
        self._anchors: dict[str, _Anchored] = {}
        self._plain: dict[str, Any] = {}
        self._texts: dict[str, str] = {}

    def build(self, next_event: Callable[[], Any]) -> Any:
        stack, plain, texts = self._stack, self._plain, self._texts
        top: _OpenCollection | None = None
        result: Any = None
        documents = 0
        nodes = 0
        while (event := next_event()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                nodes += 1
                # The fast path: most events are scalars without an anchor or a tag.
                if top is not None and event.tag is None and event.anchor is None:
                    text = event.value
                    if top.key is None and top.is_mapping:
                        if text != _MERGE:
                            if text in top.collection:
                                self.refused.append(_duplicate(text, top, event))
                            top.key = texts.setdefault(text, text)
                            continue
                    elif not top.is_merging and nodes <= MAX_NODES:
                        if event.implicit[0]:
                            value = plain.get(text, _UNKNOWN)
                            if value is _UNKNOWN:
                                value = self._plain_value(text, event)
                        else:
                            value = text if len(text) > MAX_TEXTS_SHARED else texts.setdefault(text, text)
                        if top.key is None:
                            top.collection.append(value)
                        else:
                            top.collection[top.key] = value
                            top.key = None
                        continue
                if top is not None and top.wants_key:
                    self._key(top, event)
                    continue
                value = self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                nodes += 1
                self._open(event, top, nodes)
                top = stack[-1]
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = self._close(nodes)
                top = stack[-1] if stack else None
            elif kind is AliasEvent:
                anchored = self._aliased(event)
                nodes += anchored.nodes
                if top is not None and top.wants_key:
                    self._aliased_key(top, anchored.key, event)
                    continue
                value = anchored.value
            else:
                documents += kind is DocumentStartEvent
                if documents > 1:
                    raise _UnusableYamlError(
                        "document-stream", "a second YAML document begins here", event, "keep one document per file"
                    )
                continue
            if nodes > MAX_NODES:
                raise _UnusableYamlError(
                    "document-size",
                    f"more than {MAX_NODES:,} values (an aliased value counts each time it is used)",
                    event,
                )
            if top is None:
                result = value
            elif top.key is None:
                top.collection.append(value)
            elif top.is_merging:
                self._merge(top, value, event)
                top.key, top.is_merging = None, False
            else:
                top.collection[top.key] = value
                top.key = None
        return result

    def _open(self, event: CollectionStartEvent, top: _OpenCollection | None, nodes: int) -> None:
        if len(self._stack) >= self._max_depth:
            raise _UnusableYamlError("document-depth", f"nested deeper than {MAX_DEPTH} levels", event)
        if top is not None and top.wants_key:
            raise _UnusableYamlError("document-key", "a key must be a scalar, not a collection", event)
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_OpenCollection({} if type(event) is MappingStartEvent else [], event, nodes - 1))

    def _close(self, nodes: int) -> Any:
        frame = self._stack.pop()
        if frame.merged:
            own = dict(frame.collection)
            frame.collection.clear()
            for mapping in reversed(frame.merged):
                frame.collection.update(mapping)
            frame.collection.update(own)
        if frame.start.anchor is not None:
            self._anchors[frame.start.anchor] = _Anchored(frame.collection, nodes - frame.nodes_before, None)
        return frame.collection

    def _aliased(self, event: AliasEvent) -> _Anchored:
        anchor = event.anchor or ""
        anchored = self._anchors.get(anchor)
        if anchored is None:
            is_inside = any(frame.start.anchor == anchor for frame in self._stack)
            why = "stands inside the value that it repeats" if is_inside else "has no anchor before it"
            raise _UnusableYamlError("document-alias", f"*{anchor} {why}", event, length=len(anchor) + 1)
        return anchored

    def _key(self, frame: _OpenCollection, event: ScalarEvent) -> None:
        if event.anchor is not None or event.tag is not None:
            self._scalar(event)
        if event.value == _MERGE and event.implicit[0]:
            if frame.merged is not None:
                self.refused.append(_duplicate(_MERGE, frame, event, "write a single key: <<: [*a, *b]"))
            frame.key, frame.is_merging, frame.merged = _MERGE, True, frame.merged or []
        else:
            self._new_key(frame, event.value, event)

    def _aliased_key(self, frame: _OpenCollection, key: str | None, event: AliasEvent) -> None:
        if key is None:
            raise _UnusableYamlError(
                "document-key", "a key must be a scalar, and this alias stands for a collection", event
            )
        self._new_key(frame, key, event)

    def _new_key(self, frame: _OpenCollection, key: str, event: Event) -> None:
        if key in frame.collection:
            self.refused.append(_duplicate(key, frame, event))
        frame.key = self._texts.setdefault(key, key)

    def _merge(self, frame: _OpenCollection, value: Any, event: Event) -> None:
        mappings = value if type(value) is list else [value]
        if frame.merged is not None and all(type(mapping) is dict for mapping in mappings):
            frame.merged += mappings
        else:
            self.refused.append(
                _UnusableYamlError(
                    "merge-key", "'<<' merges mappings, and this is not a mapping", event, "quote it: '<<'"
                )
            )

    def _scalar(self, event: ScalarEvent) -> Any:
        text: str = event.value
        if event.tag is None and event.implicit[0]:
            value = self._plain[text] if text in self._plain else self._plain_value(text, event)
        elif event.tag is None or event.tag in _TEXT_TAGS:
            value = text if len(text) > MAX_TEXTS_SHARED else self._texts.setdefault(text, text)
        elif event.tag in _PLAIN_TAGS:
            value = self._plain_value(text, event)
        else:
            value = text
            self._refuse_tag(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, text)
        return value

    def _plain_value(self, text: str, event: ScalarEvent) -> Any:
        value: Any = plain_value(text)
        if value is text:
            value = self._texts.setdefault(text, text)
        elif isinstance(value, float) and math.isinf(value):
            hint = f"quote it if it is meant as a string: {text[:20]!r}"
            self.refused.append(
                _UnusableYamlError("document-number", "JSON cannot represent this number", event, hint, len(text))
            )
        if len(text) <= MAX_TEXTS_SHARED:
            self._plain[text] = value
        return value

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        tag = str(event.tag).replace(_CORE, "!!")
        hint = "remove it: the gateway does not act on tags"
        self.refused.append(
            _UnusableYamlError("document-tag", f"{tag!r} is not a tag of YAML's core schema", event, hint, len(tag))
        )
