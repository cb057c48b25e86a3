"""A tree: YAML text as nodes with their place in the text, before the model gives them a meaning.

The builder turns parser events into nodes with its own stack: no text can cause deep recursion, no alias is copied,
and a merge costs only what it adds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, assert_never

import yaml
from msgspec import Struct

from plugin_gateway.config.illegible import ILLEGIBLE
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.node import Node, TextSpan
from plugin_gateway.config.scalar import is_switch, plain_scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.diagnostics import Pointer

MAX_CHARACTERS: Final = 1_000_000
ILLEGIBLE_TEXT: Final = "\ue000"
"""Stands for an illegible value in a text that is read again: a character for private use, which no config needs."""
_MAX_DEPTH: Final = 50
_STUCK: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*):(\S.*)")
_TOO_DEEP: Final = Mistake("too-deep", f"nested deeper than {_MAX_DEPTH} levels")
_MAX_VALUES: Final = 100_000
_MAX_MISTAKES: Final = 200


def read(
    text: str, written: Mapping[int, str] | None = None
) -> tuple[Node | None, list[tuple[TextSpan, Pointer, Mistake]]]:
    """Read one YAML document. Return its root, or None, and its mistakes.

    Reading goes on after a mistake if the meaning is still clear, and ends at the first other mistake. `written` has the lines
    in which the file differs from the text, because places are places in the file.
    """
    if len(text) > MAX_CHARACTERS:
        return None, [(TextSpan(0, 0, 1), (), Mistake("too-large", f"larger than {MAX_CHARACTERS:,} characters"))]
    builder = _Builder(text, written or {})
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except _StopReadingError as stop:
        builder.note(stop.span, stop.mistake)
        return None, builder.found
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        builder.note(*_complained(error, text, builder))
        return None, builder.found
    return builder.root, builder.found


def _complained(error: yaml.YAMLError | UnicodeEncodeError, text: str, builder: _Builder) -> tuple[TextSpan, Mistake]:
    # Only a wrong config needs these.
    from plugin_gateway.config.syntax import as_mistake, find_syntax_mistake
    from plugin_gateway.text.complaint import BadSyntax, IllegalCharacter, complaint_of

    complaint = complaint_of(error, text.encode(errors="replace"))
    match complaint:
        case IllegalCharacter(name=name):
            message, hint = f"character {name} is not allowed in YAML", "delete it, or write it as an escape"
            return TextSpan(*complaint.at, 1), Mistake("yaml-syntax", message, hint=hint)
        case BadSyntax(is_too_deep=True):
            return TextSpan(*complaint.at, 1), _TOO_DEEP
        case BadSyntax():
            mistake = find_syntax_mistake(complaint, builder.lines)
            return TextSpan(mistake.line, builder.column(mistake.line, mistake.column), 1), as_mistake(mistake)
        case _:
            assert_never(complaint)


def _of_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent, text: str) -> Mistake:
    from plugin_gateway.config.syntax import of_tag

    return of_tag(str(event.tag), text)


class _StopReadingError(Exception):
    def __init__(self, span: TextSpan, mistake: Mistake) -> None:
        self.span, self.mistake = span, mistake
        super().__init__(mistake)


class _Open(Struct):
    """A container that is not finished, and the key that waits for its value."""

    node: Node
    pointer: Pointer = ()
    key: tuple[TextSpan, str] | None = None


class _Builder:
    """Puts events together; `stack` holds the open containers, the innermost last."""

    def __init__(self, text: str, written: Mapping[int, str]) -> None:
        self.written = written
        self.lines = [line.rstrip() for line in text.splitlines()] or [""]
        self.found: list[tuple[TextSpan, Pointer, Mistake]] = []
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.anchors: dict[str | None, Node] = {}
        self.values = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                if self.root is not None:
                    raise _StopReadingError(
                        self.span(event),
                        Mistake("many-documents", "a second document starts here", hint="keep one of them"),
                    )
            case yaml.ScalarEvent():
                self.place(event, Node(self.span(event), self.scalar(event)))
            case yaml.MappingStartEvent():
                self.open(event, Node(self.span(event), members={}))
            case yaml.SequenceStartEvent():
                self.open(event, Node(self.span(event), items=[]))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close()
            case yaml.AliasEvent():
                self.alias(event)
            case _:
                pass

    def note(self, span: TextSpan, mistake: Mistake) -> None:
        # An operator does not correct more from one report, and each mistake costs a search for its place.
        if len(self.found) < _MAX_MISTAKES:
            self.found.append((span, self.pointer(), mistake))

    def pointer(self) -> Pointer:
        """Return the pointer of the next value; for a key, the pointer of its mapping."""
        if not self.stack:
            return ()
        parent = self.stack[-1]
        if parent.node.items is not None:
            return (*parent.pointer, len(parent.node.items))
        return (*parent.pointer, parent.key[1]) if parent.key else parent.pointer

    def open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, node: Node) -> None:
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self.note(node.span, _of_tag(event, ""))
        pointer = self.pointer()
        self.place(event, node)
        self.stack.append(_Open(node, pointer))

    def close(self) -> None:
        node = self.stack.pop().node
        if node.members is not None and "<<" in node.members:
            self.merge(node)
        children = [member for _, member in (node.members or {}).values()] + (node.items or [])
        node.size = 1 + sum(child.size for child in children)
        node.height = 1 + max((child.height for child in children), default=0)

    def place(self, event: yaml.NodeEvent, node: Node) -> None:
        # An alias counts with all values and levels of its anchor: this stops an alias bomb.
        self.count(node.size, node.span)
        if len(self.stack) + node.height >= _MAX_DEPTH:
            raise _StopReadingError(self.span(event), _TOO_DEEP)
        if event.anchor and not isinstance(event, yaml.AliasEvent):
            self.anchors[event.anchor] = node
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.node.members is None:
            parent.node.items = [] if parent.node.items is None else parent.node.items
            parent.node.items.append(node)
        elif parent.key is None:
            parent.key = (self.span(event), self.key(node))
        else:
            (span, key), parent.key = parent.key, None
            if (stuck := _STUCK.fullmatch(key)) and node.value is None and node.members is None and node.items is None:
                # `{url:https://…}`: a flow mapping reads all of it as a key.
                key, at = stuck[1], len(stuck[1]) + 1
                self.note(
                    span,
                    Mistake("yaml-syntax", f"no space after the colon of `{key}`", hint="write a space there"),
                )
                node = Node(TextSpan(span.line, span.column + at, max(1, span.length - at), span.last_line), stuck[2])
            if key in parent.node.members:
                first = parent.node.members[key][0].line
                message = f"key `{key}` is already in line {first}"
                self.note(span, Mistake("duplicate-key", message, hint="keep one of them"))
                parent.node.shadowed.append((key, node))
            else:
                parent.node.members[key] = (span, node)

    def key(self, node: Node) -> str:
        if node.members is not None or node.items is not None:
            line = self.lines[node.span.line - 1] if 0 < node.span.line <= len(self.lines) else ""
            from plugin_gateway.config.syntax import of_key_that_is_a_mapping

            raise _StopReadingError(node.span, of_key_that_is_a_mapping(line, node.span.column))
        if not isinstance(node.value, str):
            message = f"a key must be text, not {node.value!r}"
            self.note(node.span, Mistake("bad-key", message, hint="put quotes around it"))
        return str(node.value)

    def alias(self, event: yaml.AliasEvent) -> None:
        span = self.span(event)
        node = self.anchors.get(event.anchor)
        if node is None:
            hint = f"write `&{event.anchor}` before its value, further up"
            self.note(span, Mistake("yaml-alias", f"there is no anchor `&{event.anchor}` before this alias", hint=hint))
            node = Node(span)
        if any(node is container.node for container in self.stack):
            raise _StopReadingError(span, Mistake("yaml-alias", "an alias inside the value that it refers to"))
        self.place(event, node)

    def count(self, more: int, span: TextSpan) -> None:
        self.values += more
        if self.values > _MAX_VALUES:
            raise _StopReadingError(
                span, Mistake("too-large", f"more than {_MAX_VALUES:,} values, aliases counted in full")
            )

    def merge(self, node: Node) -> None:
        members = node.members if node.members is not None else {}
        span, source = members.pop("<<")
        node.shadowed.append(("<<", source))
        for mapping in source.items if source.items is not None else [source]:
            if mapping.members is None and mapping.value is None and mapping.items is None:
                # An alias without an anchor, which is reported already, or an empty value.
                continue
            if mapping.members is None:
                hint = "write `<<: *name`, with `&name` before a mapping further up"
                raise _StopReadingError(
                    span, Mistake("yaml-merge", "`<<` merges a mapping or a list of them", hint=hint)
                )
            for key, member in mapping.members.items():
                members.setdefault(key, member)
                self.count(1, span)

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if text == ILLEGIBLE_TEXT and self.written:
            return ILLEGIBLE
        if event.tag == "tag:yaml.org,2002:str" or not event.implicit[0]:
            if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
                self.note(self.span(event), _of_tag(event, text))
            return text
        try:
            return plain_scalar(text)
        except Mistake as mistake:
            if not is_switch(self.pointer(), text):
                self.note(self.span(event), mistake)
            return text

    def span(self, event: yaml.Event) -> TextSpan:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return TextSpan(0, 0, 1)
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        stop = end.column if end.line == start.line else len(line)
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            stop = len(line)
        column = self.column(start.line + 1, start.column + 1)
        return TextSpan(start.line + 1, column, max(1, stop - start.column), end.line + (end.column > 0))

    def column(self, number: int, column: int) -> int:
        """Return the column of a character in the line of the file."""
        if (written := self.written.get(number)) is None:
            return column
        line = self.lines[number - 1] if number <= len(self.lines) else ""
        alike = next(
            (at for at, (one, other) in enumerate(zip(line, written, strict=False)) if one != other), len(line)
        )
        return column if column <= alike else max(1, column + len(written.rstrip()) - len(line))
