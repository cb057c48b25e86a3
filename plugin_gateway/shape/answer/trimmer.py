"""The trimmer: cuts a JSON text to a branch while it streams.

It holds back up to 256 KiB, which is the whole of most answers. Of a longer text it takes as many items or members as it holds,
and enters a value that is longer.
"""

from __future__ import annotations

import re
from typing import Final

from plugin_gateway.shape.answer.cut import UNLIMITED, Branch, Cut
from plugin_gateway.shape.answer.item_end import last_end
from plugin_gateway.shape.answer.trim import (
    BLANKS,
    BYTE_ORDER_MARK,
    NULL,
    NotJsonError,
    check,
    cut_items,
    cut_members,
    items_of,
    members_of,
    mended,
    name_of,
    trim,
    write,
)
from plugin_gateway.text.match_end import match_end

HELD_BYTES: Final = 256 * 1024
_MOST_LEVELS: Final = 32
"""Each level of a value that is too long to be held costs a search of the held text."""
_MOST_NAME_BYTES: Final = 1024 * 1024
"""For a member's name or a number. Both are read whole."""
_MOST_GUESSES: Final = 3

_QUOTE: Final = 0x22
_COMMA: Final = 0x2C
_ARRAY: Final = 0x5B

_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_NAME: Final = re.compile(rb'("(?:[^"\\]++|\\.)*+")[ \t\r\n]*+:[ \t\r\n]*+', re.DOTALL)
_STRING_REST: Final = re.compile(rb'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_HALF_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_FIRST_NAME: Final = re.compile(rb',[ \t\r\n]*+\{[ \t\r\n]*+"[^"\\]{0,100}"[ \t\r\n]*+:')


class _OpenLevel:
    """An open array or object that was too long to be held."""

    __slots__ = ("branch", "closer", "has_written", "is_array", "needs_more", "next_row", "room", "writes")

    def __init__(self, branch: Branch, *, is_array: bool, writes: bool) -> None:
        self.branch = branch
        self.is_array = is_array
        self.closer = 0x5D if is_array else 0x7D
        self.writes = writes
        self.has_written = False
        self.needs_more = False
        """Whether a comma came last, so that an item or member must follow."""
        self.room = branch.most_items if isinstance(branch, Cut) else UNLIMITED
        """How many more items may be kept."""
        self.next_row = b""
        """The text from a comma to the name of the next item's first member; mostly it is the same for all items."""

    def below(self, name: str) -> Branch:
        """Return the branch of the next item, or of the member with this name."""
        branch = self.branch
        if isinstance(branch, bool):
            return branch
        if not self.is_array:
            return branch.member(name)
        if self.room == 0:
            return False
        if self.room > 0:
            self.room -= 1
        return branch.each


class Trimmer:
    """Cuts one JSON text piece by piece. A stage of an answer."""

    __slots__ = ("_at_separator", "_branch", "_held", "_held_bytes", "_is_begun", "_levels", "_most_held", "_string")

    def __init__(self, branch: Branch, most_held: int = HELD_BYTES) -> None:
        self._branch = branch
        self._most_held = most_held
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._levels: list[_OpenLevel] = []
        self._is_begun = False
        """Whether the text was too long to be cut as a whole."""
        self._at_separator = False
        """Whether a comma, a closing bracket or the end of the text must follow."""
        self._string: bool | None = None
        """Inside a string that is too long to be held: whether it is written."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return the bytes that can be sent now.

        Raises:
            NotJsonError: the text is not JSON.
        """
        self._held.append(data)
        self._held_bytes += len(data)
        return self._work(is_last=False) if self._held_bytes >= self._most_held else b""

    def finish(self) -> bytes:
        """End the text; return the bytes that were held back.

        Raises:
            NotJsonError: the text is not JSON, or it ended too early.
        """
        if not self._is_begun:
            text = b"".join(self._held)
            self._held.clear()
            return trim(text, self._branch)
        return self._work(is_last=True)

    def _work(self, *, is_last: bool) -> bytes:
        text = b"".join(self._held)
        at = 0
        if not self._is_begun:
            at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
            first = text[at:].lstrip(BLANKS)[:1]
            if not first or first not in b'{["':
                # Blanks, or the beginning of a number.
                return self._hold(text)
            self._is_begun = True
        written: list[bytes] = []
        try:
            while True:
                after = self._step(text, at, written, is_last=is_last)
                if after < 0:
                    break
                at = after
        except (ValueError, RecursionError) as error:
            raise NotJsonError from error
        if is_last and (at < len(text) or self._levels or not self._at_separator or self._string is not None):
            raise NotJsonError
        self._hold(text[at:])
        return b"".join(written)

    def _hold(self, text: bytes) -> bytes:
        if len(text) > max(_MOST_NAME_BYTES, 2 * self._most_held):
            raise NotJsonError
        self._held = [text]
        self._held_bytes = len(text)
        return b""

    def _step(self, text: bytes, at: int, written: list[bytes], *, is_last: bool) -> int:
        """Take the next part of the text; return where it ends, or -1 if more text must come first."""
        if self._string is not None:
            return self._pass_string(text, at, written)
        start = at
        at = match_end(_SPACE, text, at)
        if at == len(text):
            return at if at > start else -1
        byte = text[at]
        if not self._levels:
            if self._at_separator:
                raise NotJsonError
            return self._enter(text, at, b"", self._branch, written)
        level = self._levels[-1]
        if self._at_separator:
            if byte == _COMMA:
                self._at_separator = False
                level.needs_more = True
                return at + 1
            return self._close(byte, at, written)
        if byte == level.closer and not level.needs_more:
            return self._close(byte, at, written)
        if not is_last and len(text) - at < self._most_held:
            return -1
        end = self._take(text, at, level, written)
        if end >= 0:
            self._at_separator = True
            level.needs_more = False
            return end
        if is_last:
            raise NotJsonError
        return self._descend(text, at, level, written)

    def _take(self, text: bytes, at: int, level: _OpenLevel, written: list[bytes]) -> int:
        """Take as many items or members as are complete; return where they end, or -1 if not even one is."""
        if level.next_row:
            end = len(text)
            for _ in range(_MOST_GUESSES):
                end = text.rfind(level.next_row, at, end)
                if end < 0:
                    break
                part = text[at:end]
                try:
                    # Text that is a JSON array between brackets proves the guess.
                    check(b"[%b]" % part)
                except (ValueError, RecursionError):
                    continue
                self._write(part, level, written)
                return end
            level.next_row = b""
        end = last_end(text, at)
        if end < 0:
            return -1
        if level.is_array and (match := _FIRST_NAME.match(text, end)):
            level.next_row = match[0]
        part = text[at:end]
        try:
            self._write(part, level, written)
        except (ValueError, RecursionError):
            self._write(mended(part), level, written)
        return end

    def _write(self, part: bytes, level: _OpenLevel, written: list[bytes]) -> None:
        if not part.isascii():
            part.decode()
        if part.isspace() or not part:
            raise NotJsonError
        branch = level.branch
        text = b"[%b]" % part if level.is_array else b"{%b}" % part
        if isinstance(branch, bool) or not level.writes:
            # A pattern that matched `1],[2` would look like items; between brackets it is not JSON.
            (items_of if level.is_array else members_of)(text)
            shown = part if branch is True else b""
        elif level.is_array:
            items, count = cut_items(text, branch, level.room)
            if level.room > 0:
                level.room = max(0, level.room - count)
            shown = write(items)[1:-1]
        else:
            shown = write(cut_members(members_of(text), branch))[1:-1]
        if shown and level.writes:
            written += (b",", shown) if level.has_written else (shown,)
            level.has_written = True

    def _descend(self, text: bytes, at: int, level: _OpenLevel, written: list[bytes]) -> int:
        """Enter the next item or member, which is too long to be held."""
        name = b""
        if level.is_array:
            start = at
            below = ""
        else:
            match = _NAME.match(text, at)
            if match is None or match.end() == len(text):
                return -1
            name = match[1]
            start = match.end()
            below = name_of(name)
        if text[start] not in b'{["':
            # A number, true, false or null: its end has not come.
            return -1
        end = self._enter(text, start, name, level.below(below), written)
        level.needs_more = False
        return end

    def _enter(self, text: bytes, at: int, name: bytes, branch: Branch, written: list[bytes]) -> int:
        """Enter a value, which is too long to be held; return where its content begins."""
        level = self._levels[-1] if self._levels else None
        first = text[at]
        is_string = first == _QUOTE
        is_written = branch is not False and (level is None or level.writes)
        if is_string and isinstance(branch, Cut) and not branch.is_lenient:
            is_written = False
        if is_written:
            if level is not None:
                if level.has_written:
                    written.append(b",")
                level.has_written = True
            written.append(name + b":" if name else b"")
            written.append(text[at : at + 1])
        elif level is None:
            written.append(NULL)
        if is_string:
            self._string = is_written
        elif len(self._levels) == _MOST_LEVELS:
            raise NotJsonError
        else:
            self._levels.append(_OpenLevel(branch, is_array=first == _ARRAY, writes=is_written))
        return at + 1

    def _close(self, byte: int, at: int, written: list[bytes]) -> int:
        level = self._levels.pop()
        if byte != level.closer:
            raise NotJsonError
        if level.writes:
            written.append(b"]" if level.is_array else b"}")
        self._at_separator = True
        return at + 1

    def _pass_string(self, text: bytes, at: int, written: list[bytes]) -> int:
        end = match_end(_STRING_REST, text, at)
        is_closed = end < len(text) and text[end] == _QUOTE
        if end < len(text) and not is_closed and not _HALF_ESCAPE.match(text, end):
            raise NotJsonError
        part = text[at:end]
        try:
            part.decode()
        except UnicodeDecodeError as error:
            if is_closed or end < len(text) or error.reason != "unexpected end of data":
                raise
            # The rest of the last character comes with the next piece.
            end = at + error.start
            part = text[at:end]
        if is_closed:
            part += b'"'
            end += 1
        if self._string:
            written.append(part)
        if is_closed:
            self._string = None
            self._at_separator = True
        return end if end > at else -1
