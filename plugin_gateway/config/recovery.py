"""A recovery: the part of invalid YAML that can still be read, so that one report has its mistakes, too."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plugin_gateway.config.levels import ENTRY, line_at, says_something
from plugin_gateway.config.mistake import nearest_key
from plugin_gateway.config.tree import ILLEGIBLE_TEXT, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.config.mistake import Mistake
    from plugin_gateway.config.node import Node, TextSpan
    from plugin_gateway.diagnostics import Pointer

    Found = tuple[TextSpan, Pointer, Mistake]
    Change = Mapping[int, str]

_BEGINS: Final = re.compile(r"[\"']?([A-Za-z_][A-Za-z0-9_.-]*)")
_KEY: Final = re.compile(r"(\s*(?:-\s+)?)([\"']?)[A-Za-z_][A-Za-z0-9_.-]*\2\s*:(?=\s|$)")
_CONFLICT: Final = re.compile(r"<{7}(?:\s|$)")
_CLOSES: Final = re.compile(r"\s*[\]}]")
_MENDED_APART: Final = frozenset({"yaml-syntax", "yaml-merge", "yaml-alias", "bad-key", "many-documents"})
_MOST_READS: Final = 60
_MOST_CHARACTERS: Final = 12_000_000
"""How many characters all reads together may take, so a large file is read fewer times."""
_FOR_SECTIONS: Final = 12
"""How many of these reads are kept for leaving out whole sections, in a file with mistakes on many lines."""
_OF_KEYS: Final = frozenset({"missing-key", "exactly-one", "goes-together"})


class Recovery(Struct, frozen=True, kw_only=True):
    """The tree of what can be read, and all mistakes of the text.

    `changed` are the numbers of the lines that were not read as they are written, and `doubtful` all lines of their sections:
    the tree may show them in a wrong place. Where the lines `guessed` belong is unclear. The lines `left_out` are not in the
    tree; they may have had the keys `lost`.
    """

    root: Node | None
    found: tuple[Found, ...]
    changed: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()
    guessed: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    lost: frozenset[str] = frozenset()

    def may_explain(self, pointer: Pointer, mistake: Mistake, other_words: Mapping[str, str]) -> bool:
        """Return whether a key or a value is missing perhaps only because its lines are not in the tree."""
        holder = pointer[:-1] if mistake.rule == "missing-key" else pointer
        is_lost = any(nearest_key(name, [str(part)], other_words) for name in self.lost for part in pointer[-1:])
        for line in self.left_out:
            last, is_empty = self._last_before(line)
            if mistake.rule in _OF_KEYS and (holder == last[:-1] or (is_lost and holder == last[: len(holder)])):
                return True
            if is_empty and pointer == last:
                return True
        return False

    def _last_before(self, line: int) -> tuple[Pointer, bool]:
        """Return the pointer of the last value that begins before a line, and whether it is empty.

        The line may belong to this value or to one around it.
        """
        pointer: list[str | int] = []
        node = self.root
        while node is not None and (node.members or node.items):
            begins = (
                [(span.line, key) for key, (span, _) in node.members.items()]
                if node.members is not None
                else [(item.span.line, index) for index, item in enumerate(node.items or [])]
            )
            before = [(number, part) for number, part in begins if 0 < number <= line]
            if not before:
                break
            part = max(before, key=lambda one: one[0])[1]
            pointer.append(part)
            node = node.child(part)
        return tuple(pointer), node is not None and node.plain() is None


class _Attempt(Struct, frozen=True):
    """One attempt: the lines that it changes, by their numbers, and the tree that the reader makes of the text."""

    lines: list[str]
    written: Mapping[int, str]
    root: Node | None
    found: list[Found]

    @property
    def stop(self) -> Found | None:
        """The mistake at which the reader stopped, if something else may be read without it."""
        is_stopped = self.root is None and self.found and self.found[-1][2].rule in _MENDED_APART
        return self.found[-1] if is_stopped else None

    @property
    def reach(self) -> float:
        """The line at which the reader stopped."""
        return self.stop[0].line if self.stop else inf

    def changed(self, change: Change) -> _Attempt:
        lines, written = [*self.lines], dict(self.written)
        for number, line in change.items():
            written.setdefault(number, lines[number - 1])
            lines[number - 1] = line
        return _Attempt(lines, written, *read("\n".join(lines), written))

    def next(self, most: int) -> tuple[_Attempt | None, int]:
        """Return the attempt with the smallest change that gets the reader further, and how many reads are left."""
        if self.stop is None:
            return None, most
        number = self.stop[0].line
        of_sections = iter([(_without_section(self.lines, number),)])
        for changes in _changes(self.lines, number, self.stop[2]) if most > _FOR_SECTIONS else of_sections:
            if len(changes) > most:
                break
            most -= len(changes)
            best = max((self.changed(change) for change in changes), key=lambda attempt: attempt.reach)
            if best.reach > number:
                return best, most
        return None, most


def recover(text: str) -> Recovery:
    """Read YAML. If it is invalid, read it again with the smallest changes that make it valid, and note what is left out."""
    attempt = _Attempt(text.splitlines(), {}, *read(text))
    kept: list[Found] = []
    guessed: set[int] = set()
    most = min(_MOST_READS, max(_FOR_SECTIONS, _MOST_CHARACTERS // max(1, len(text))))
    while attempt.stop is not None:
        following, most = attempt.next(most)
        if following is None:
            break
        number = attempt.stop[0].line
        kept.append(attempt.stop)
        kept += [one for one in attempt.found if not line_at(following.lines, one[0].line).strip()]
        if following.written.get(number, "").lstrip() == line_at(following.lines, number).lstrip():
            guessed.add(number)
        attempt = following
    unique = {
        (span.line, span.column, mistake.rule): (span, at, mistake) for span, at, mistake in (*kept, *attempt.found)
    }
    written = [attempt.written.get(number, line) for number, line in enumerate(attempt.lines, start=1)]
    left_out = {
        number: line
        for number, line in attempt.written.items()
        if line.strip() and not attempt.lines[number - 1].strip()
    }
    return Recovery(
        root=attempt.root,
        found=tuple(unique.values()),
        changed=frozenset(attempt.written),
        doubtful=frozenset(one for number in attempt.written for one in (number, *_section(written, number))),
        guessed=frozenset(guessed),
        left_out=frozenset(left_out),
        lost=frozenset(_keys_in(left_out.values())),
    )


def _changes(lines: list[str], number: int, mistake: Mistake) -> Iterator[tuple[Change, ...]]:
    """Yield changes that may take a mistake out of the text, the smallest first.

    If several help, the caller takes the one that reaches furthest.
    """
    number = min(max(number, 1), len(lines))
    if mistake.rule == "many-documents":
        yield (dict.fromkeys(range(number, len(lines) + 1), ""),)
        return
    if _CONFLICT.match(lines[number - 1]):
        ends = (one for one in range(number, len(lines) + 1) if lines[one - 1].startswith(">>>>>>>"))
        yield (dict.fromkeys(range(number, next(ends, number) + 1), ""),)
    if mistake.corrected:
        alone, along = {number: mistake.corrected}, _moved_along(lines, number, mistake.corrected)
        yield (alone,) if along == alone else (alone, along)
    at: int | None = number
    while at is not None:
        *all_but_the_key, block = _without(lines, at)
        for change in all_but_the_key:
            yield (change,)
        run = dict.fromkeys(_run(lines, at), "")
        yield (block,) if run == block else (block, run)
        at = _above(lines, at)
    yield (_without_section(lines, number),)


def _without_section(lines: list[str], number: int) -> Change:
    return dict.fromkeys(_section(lines, min(max(number, 1), len(lines))), "")


def _moved_along(lines: list[str], number: int, corrected: str) -> Change:
    """Return the corrected line; if only its indentation is corrected, the lines that belong to it move with it."""
    line = lines[number - 1]
    if corrected.lstrip(" \t") != line.lstrip(" \t"):
        return {number: corrected}
    before, after = _indent(line), _indent(corrected)
    is_text = not _KEY.match(line) and not ENTRY.match(line)
    change = {number: corrected}
    for below in range(number + 1, len(lines) + 1):
        text = lines[below - 1]
        if text.strip() and (_indent(text) < before or (is_text and _KEY.match(text))):
            break
        change[below] = " " * (_indent(text) - before + after) + text.lstrip() if text.strip() else text
    return change


def _without(lines: list[str], number: int) -> Iterator[Change]:
    """Yield changes that take a line and the lines below it out of the text: first all but its key, then all."""
    line = lines[number - 1]
    key, dash = _KEY.match(line), ENTRY.match(line)
    indent = len(key[1]) if key else _indent(line)
    block = [number]
    for below in range(number + 1, len(lines) + 1):
        text = lines[below - 1]
        is_item = bool(ENTRY.match(text)) and not dash
        if text.strip() and not (
            _indent(text) > indent or (_indent(text) == indent and (is_item or _CLOSES.match(text)))
        ):
            break
        block.append(below)
    for begun in (key, dash):
        if begun:
            yield {**dict.fromkeys(block, ""), number: f"{begun[0]} {ILLEGIBLE_TEXT}"}
    yield dict.fromkeys(block, "")


def _run(lines: list[str], number: int) -> range:
    """Return the numbers of a line and of those after it that are indented as far or further."""
    indent = _indent(line_at(lines, number))
    after = (
        one for one in range(number + 1, len(lines) + 1) if lines[one - 1].strip() and _indent(lines[one - 1]) < indent
    )
    return range(number, next(after, len(lines) + 1))


def _above(lines: list[str], number: int) -> int | None:
    """Return the line to which a line belongs: the next one above with a smaller indentation."""
    indent = _indent(lines[number - 1])
    above = (one for one in range(number - 1, 0, -1) if says_something(lines[one - 1]))
    return next((one for one in above if _indent(lines[one - 1]) < indent), None)


def _section(lines: list[str], number: int) -> range:
    """Return the line numbers of the section around a line: from its top-level key to the line before the next one."""
    begins = [one for one, text in enumerate(lines, start=1) if _BEGINS.match(text)]
    start = max((one for one in begins if one <= number), default=1)
    end = min((one for one in begins if one > max(number, start)), default=len(lines) + 1)
    return range(start, end)


def _keys_in(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if match := _BEGINS.match(line.lstrip(" \t-")):
            yield match[1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
