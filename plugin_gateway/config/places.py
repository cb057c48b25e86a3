"""Places: where each value of a config was written, in the file or in an override."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from plugin_gateway.config.mistake import NOTHING, Mistake
from plugin_gateway.config.node import Node, TextSpan, walk
from plugin_gateway.config.secrecy import (
    is_perhaps_secret,
    masked_unparsed,
    without_comment_secrets,
    without_url_secrets,
)
from plugin_gateway.diagnostics import Finding, Location, Pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_MAX_SHOWN = 60
_MAX_LINE = 400
# Beside these, `value` holds a secret source. Plain text there is already a mistake.
_SOURCES_BESIDE = frozenset({"header", "query", "cookie"})

_COMMENT = re.compile(r"\s*#[^\s#]")


class Places:
    """The file's name, its lines with secrets masked, its tree, and the names of the overrides laid over it."""

    __slots__ = ("_is_packed", "_lines", "moved", "name", "overrides", "root")

    def __init__(
        self, name: str, text: str, root: Node | None, doubtful: Collection[int] = (), *, is_packed: bool = False
    ) -> None:
        """Take the tree of a text. For the `doubtful` lines the tree may be wrong, because something near them is not YAML.

        A packed text has no lines that an operator could open. The place of all its values is the file.
        """
        self.name = name
        self.root = root
        self._is_packed = is_packed
        self.overrides: dict[Pointer, str] = {}
        self.moved: dict[Pointer, Pointer] = {}
        """Where a misplaced value is written, by the pointer where it belongs."""
        lines = text.splitlines()
        unparsed = masked_unparsed(lines) if root is None or doubtful else []
        for number in doubtful:
            lines[number - 1] = unparsed[number - 1]
        self._lines = unparsed if root is None else _masked(lines, root)

    def top(self) -> Location:
        return Location(self.name)

    def shown_lines(self) -> tuple[str, ...]:
        """Return the lines of the file, with secrets masked."""
        return tuple(self._lines)

    def written(self, pointer: Pointer) -> Pointer:
        """Return the pointer that leads to a value in the file.

        A value may be misplaced, and a short form leaves out parts of the pointer: the config has a single credential as a
        list of one, and the token `{name: a, env: A}` as `{name: a, token: {env: A}}`.
        """
        for _ in self.moved:
            prefix = max((one for one in self.moved if pointer[: len(one)] == one), key=len, default=None)
            if prefix is None:
                break
            pointer = (*self.moved[prefix], *pointer[len(prefix) :])
        if any(laid[: len(pointer)] == pointer[: len(laid)] for laid in self.overrides):
            return pointer
        node, there = self.root, list[str | int]()
        for index, part in enumerate(pointer):
            if node is None or (node.members is None and node.items is None):
                return tuple(there)
            if (child := node.child(part)) is not None:
                there.append(part)
                node = child
            elif not (part == 0 and node.items is None) and not any(
                node.child(later) for later in pointer[index + 1 :][:1]
            ):
                return (*there, *pointer[index:])
        return tuple(there)

    def locate(self, pointer: Pointer, *, key: bool = False) -> Location:
        """Return the location of the value at `pointer`, or of its key; else of the nearest written value around it."""
        pointer = self.written(pointer)
        covering = [laid for laid in self.overrides if pointer[: len(laid)] == laid]
        if covering:
            return Location(self.overrides[max(covering, key=len)])
        within = [laid for laid in self.overrides if laid[: len(pointer)] == pointer] if pointer else []
        node, span = self.root, None
        for depth, part in enumerate(pointer):
            child = node.child(part) if node is not None else None
            if child is None:
                if within:
                    return Location(self.overrides[within[0]])
                break
            is_last = depth == len(pointer) - 1
            span = node.members[part][0] if key and is_last and node and node.members is not None else child.span
            node = child
        if span is None:
            return (
                self.top()
                if self.root is None or not pointer or self._is_packed
                # Leave out the text of the line: a missing key has nothing to do with the first key.
                else Location(self.name, self.root.span.line, self.root.span.column)
            )
        return self._location(span)

    def mistaken(self, pointer: Pointer, mistake: Mistake) -> Finding:
        """Return the finding for a mistake at `pointer`, with the location of the value."""
        location = self.locate(pointer, key=mistake.on_key)
        return as_finding(mistake, pointer, location=location, written=self.written(pointer))

    def found(self, span: TextSpan, pointer: Pointer, mistake: Mistake) -> Finding:
        """Return the finding for a mistake in the YAML itself."""
        return as_finding(mistake, pointer, location=self._location(span))

    def secrets_in(self, value: Any, pointer: Pointer = ()) -> Iterator[Pointer]:
        """Yield the pointer of each secret that is written in plain text."""
        if isinstance(value, dict):
            for key, member in value.items():
                below = (*pointer, key)
                if (
                    key == "value"
                    and isinstance(member, str)
                    and _SOURCES_BESIDE.isdisjoint(value)
                    and "parameters" not in pointer
                ):
                    yield below
                yield from self.secrets_in(member, below)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.secrets_in(item, (*pointer, index))

    def commented_out(self) -> Iterator[Pointer]:
        """Yield the pointer of each empty value that is followed by `#` and text, such as `color: #ff0000`."""
        for pointer, node in walk(self.root) if self.root is not None else ():
            is_empty = node.value is None and node.members is None and node.items is None
            # The value of `? key` at the end of a file has a place after the last line.
            if is_empty and 0 < node.span.line <= len(self._lines):
                rest = self._lines[node.span.line - 1][node.span.column - 1 :]
                if _COMMENT.match(rest) and (*pointer,) not in self.overrides:
                    yield pointer

    def _location(self, span: TextSpan) -> Location:
        if not span.line or self._is_packed:
            return self.top()
        index = span.line - 1
        line = self._lines[index] if index < len(self._lines) else ""
        return Location(self.name, span.line, span.column, span.length, line[:_MAX_LINE])


def as_finding(mistake: Mistake, pointer: Pointer, *, location: Location, written: Pointer | None = None) -> Finding:
    """Return the finding for a mistake, with the offending value unless it may be a secret.

    `written` is the pointer in the file, if it differs from `pointer`.
    """
    message = without_url_secrets(mistake.message)
    is_secret = is_perhaps_secret(pointer, mistake.got)
    if mistake.got is not NOTHING and not is_secret:
        message = f"{message}, got {_quoted(mistake.got)}"
    if pointer and mistake.rule not in (
        "duplicate-key",
        "unknown-key",
        "missing-key",
        "not-yet",
        "exactly-one",
        "goes-together",
    ):
        message = f"`{_dotted(pointer if written is None else written)}`: {message}"
    hint = "" if is_secret and _is_quoted_in(mistake.hint, mistake.got) else mistake.hint
    return Finding(
        rule=mistake.rule, message=message, hint=without_url_secrets(hint).strip(), pointer=pointer, location=location
    )


def _is_quoted_in(hint: str, got: Any) -> bool:
    if got is NOTHING:
        return False
    if isinstance(got, list | tuple):
        return any(_is_quoted_in(hint, item) for item in got)
    return str(got) in hint


def _quoted(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    text = str(value)
    if isinstance(value, bool):
        text = text.lower()
    text = without_url_secrets(text)
    text = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
    printable = "".join(character if character.isprintable() else "·" for character in text)
    return f'"{printable}"' if isinstance(value, str) else printable


def _dotted(pointer: Pointer) -> str:
    text = ""
    for part in pointer:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _masked(lines: list[str], root: Node) -> list[str]:
    """Return the lines with every scalar that may be a secret replaced by as many asterisks."""
    masked = [without_comment_secrets(without_url_secrets(line)) for line in lines]
    for pointer, node in walk(root):
        if node.members is not None or node.items is not None or node.value is None:
            continue
        if not is_perhaps_secret(pointer, node.value):
            continue
        span, last = node.span, node.span.last_line
        for number in range(span.line, min(last, len(masked)) + 1):
            line = masked[number - 1]
            start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
            stop = start + span.length if number == last == span.line else len(line)
            masked[number - 1] = line[:start] + "*" * (min(stop, len(line)) - start) + line[stop:]
    return masked
