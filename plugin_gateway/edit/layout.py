"""A layout: the place of each part of a YAML text, to the character.

`config.tree` says what a text means. A layout keeps what an edit must not change: quotes, dashes, commas, anchors, aliases.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import Enum
from typing import TYPE_CHECKING, Final

import yaml
from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.diagnostics import Pointer


_BREAKS: Final = "\r\n\x85\u2028\u2029"
"""The line breaks of YAML 1.1, which libyaml counts."""


class PartKind(Enum):
    """What a part is."""

    SCALAR = "scalar"
    MAPPING = "mapping"
    SEQUENCE = "sequence"
    ALIAS = "alias"


class TextPart(Struct):
    """A node of the text. `start` is at its anchor or tag, if it has one; `end` is behind its last character.

    `keys` are the keys of a mapping; `items` are their values, or the items of a sequence.
    """

    kind: PartKind
    start: int
    end: int
    value: str = ""
    quote: str = ""
    """Of a scalar: `'`, `"`, `|`, `>`, or nothing if it is plain."""
    is_flow: bool = False
    keys: list[TextPart] = field(default_factory=list)
    items: list[TextPart] = field(default_factory=list)

    def member(self, key: str) -> tuple[TextPart, TextPart] | None:
        """Return a key of a mapping with its value."""
        return next(((one, item) for one, item in zip(self.keys, self.items, strict=False) if one.value == key), None)

    def key_of(self, item: TextPart) -> TextPart:
        """Return the key of a value of this mapping."""
        return next(key for key, value in zip(self.keys, self.items, strict=True) if value is item)

    def walk(self) -> Iterator[TextPart]:
        """Yield this part and all below it."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.items)


class Layout:
    """The parts of a text that `config.tree` reads without a mistake, and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = _parts(text)
        tokens = list(yaml.scan(text, Loader=yaml.CSafeLoader))
        self._dashes: list[int] = [
            token.start_mark.index for token in tokens if isinstance(token, yaml.BlockEntryToken)
        ]
        self._commas: list[int] = [token.start_mark.index for token in tokens if isinstance(token, yaml.FlowEntryToken)]

    def at(self, pointer: Pointer) -> TextPart | None:
        """Return the part at a pointer, if it is written there; None for what an alias or a merge brings."""
        part = self.root
        for step in pointer:
            if part is None:
                return None
            if isinstance(step, int):
                is_there = part.kind is PartKind.SEQUENCE and step < len(part.items)
                part = part.items[step] if is_there else None
            else:
                found = part.member(step) if part.kind is PartKind.MAPPING else None
                part = found[1] if found else None
        return part

    def dash(self, item: TextPart) -> int:
        """Return where the dash of an item of a block sequence is."""
        return self._dashes[bisect_right(self._dashes, item.start) - 1]

    def comma_after(self, item: TextPart, sequence: TextPart) -> int | None:
        """Return where the comma behind an item of a flow sequence is."""
        index = bisect_left(self._commas, item.end)
        return self._commas[index] if index < len(self._commas) and self._commas[index] < sequence.end else None

    def line_start(self, offset: int) -> int:
        """Return where the line of an offset begins."""
        return max((self.text.rfind(one, 0, offset) for one in _BREAKS), default=-1) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line of an offset ends, before its line break."""
        found = [at for one in _BREAKS if (at := self.text.find(one, offset)) >= 0]
        return min(found, default=len(self.text))

    def next_line(self, offset: int) -> int:
        """Return where the next line after an offset begins, or the end of the text."""
        end = self.line_end(offset)
        return end + (2 if self.text.startswith("\r\n", end) else 1 if end < len(self.text) else 0)

    def previous_end(self, offset: int) -> int:
        """Return where the line before `offset` ends, before its line break; `offset` begins a line that is not the first."""
        return offset - (2 if self.text.startswith("\r\n", offset - 2) else 1)

    def column(self, offset: int) -> int:
        return offset - self.line_start(offset)

    def after(self, part: TextPart) -> int:
        """Return where the line after the last line of a part begins, or the end of the text."""
        # A block scalar that keeps its line breaks ends at the beginning of a line.
        if part.end > part.start and self.text[part.end - 1] in _BREAKS:
            return part.end
        return self.next_line(part.end)

    def behind(self, part: TextPart, column: int) -> int:
        """Return where the line after a part begins, with the comments after it that are indented deeper than `column`."""
        offset = self.after(part)
        while offset < len(self.text):
            line = self.text[offset : self.line_end(offset)]
            shown = line.lstrip(" \t")
            if not shown.startswith("#") or len(line) - len(shown) <= column:
                break
            offset = self.next_line(offset)
        return offset

    def with_line(self, offset: int, line: str) -> str:
        """Return the text with a line before `offset`, which begins a line or is the end of the text."""
        if offset and self.line_start(offset) != offset:
            # The last line has no line break; neither has the new last line.
            return f"{self.text[:offset]}{self.line_break}{line}"
        return f"{self.text[:offset]}{line}{self.line_break}{self.text[offset:]}"

    def without_lines(self, begins: int, ends: int) -> str:
        """Return the text without the lines from `begins` to `ends`, which begins a line or is the end of the text."""
        if ends == len(self.text) and self.line_start(ends) != ends and begins:
            # The line before becomes the last one, and has no line break either; a blank line needs its line break.
            end = self.previous_end(begins)
            begins = end if self.line_start(end) != end else begins
        return self.text[:begins] + self.text[ends:]

    def with_lines_as(self, begins: int, ends: int, line: str) -> str:
        """Return the text with one line in place of the lines from `begins` to `ends`."""
        return self.text[:begins] + line + self._last_break(begins, ends) + self.text[ends:]

    def _last_break(self, begins: int, ends: int) -> str:
        lines = self.text[begins:ends]
        return "\r\n" if lines.endswith("\r\n") else lines[-1:] if lines[-1:] in _BREAKS else ""

    @property
    def line_break(self) -> str:
        """The line break of the first line; a line feed if the text has only one line."""
        end = self.line_end(0)
        return self.text[end : self.next_line(0)] or "\n"


def _parts(text: str) -> TextPart | None:
    root: TextPart | None = None
    is_key_next: list[bool] = []
    open_parts: list[TextPart] = []

    def place(part: TextPart) -> None:
        nonlocal root
        if not open_parts:
            root = part
            return
        holder = open_parts[-1]
        if holder.kind is PartKind.MAPPING and is_key_next[-1]:
            holder.keys.append(part)
        else:
            holder.items.append(part)
        is_key_next[-1] = not is_key_next[-1]

    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if event.start_mark is None or event.end_mark is None:
            continue
        start, end = event.start_mark.index, event.end_mark.index
        match event:
            case yaml.AliasEvent():
                place(TextPart(PartKind.ALIAS, start, end))
            case yaml.ScalarEvent():
                place(
                    TextPart(
                        PartKind.SCALAR, start, _end_of(text, start, end, event.style), event.value, event.style or ""
                    )
                )
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                kind = PartKind.MAPPING if isinstance(event, yaml.MappingStartEvent) else PartKind.SEQUENCE
                part = TextPart(kind, start, end, is_flow=bool(event.flow_style))
                place(part)
                open_parts.append(part)
                is_key_next.append(True)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                part = open_parts.pop()
                is_key_next.pop()
                # For the end of a block collection, libyaml reports the beginning of what follows.
                part.end = (
                    end if part.is_flow else max((one.end for one in (*part.keys, *part.items)), default=part.end)
                )
            case _:
                pass
    return root


def _end_of(text: str, start: int, end: int, style: str | None) -> int:
    """Return the end of a scalar, without the blank lines behind a block scalar that are not a part of it."""
    if style not in ("|", ">"):
        return end
    header = text[start:end].splitlines()[0].partition("#")[0]
    return end if "+" in header else start + len(text[start:end].rstrip())
