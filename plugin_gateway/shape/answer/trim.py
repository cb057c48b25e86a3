"""A trim: a JSON text that is cut to a branch, with the bytes of the kept values unchanged.

msgspec reads each part, so that text which is not JSON never passes.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw

from plugin_gateway.shape.answer.cut import UNLIMITED, Branch, Cut

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
BLANKS: Final = b" \t\r\n"
NULL: Final = b"null"
_OBJECT: Final = 0x7B
_ARRAY: Final = 0x5B
_N: Final = 0x6E

# A lone half of a surrogate pair is in the grammar, but no Unicode text has it; some APIs cut their texts in the middle of a
# pair.
_ESCAPE: Final = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)

check: Final = msgspec.json.Decoder(Raw).decode
items_of: Final = msgspec.json.Decoder(list[Raw]).decode
members_of: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_rows_of: Final = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_name_of: Final = msgspec.json.Decoder(str).decode
write: Final = msgspec.json.Encoder().encode


class NotJsonError(ValueError):
    """Raised for a text that is not JSON, or that is nested too deeply to be read."""


def trim(text: bytes, branch: Branch) -> bytes:
    """Cut a whole JSON text.

    Raises:
        NotJsonError: the text is not JSON.
    """
    text = text.removeprefix(BYTE_ORDER_MARK).strip(BLANKS)
    try:
        return _whole(text, branch)
    except (ValueError, RecursionError):
        return _again(text, branch)


def _again(text: bytes, branch: Branch) -> bytes:
    try:
        return _whole(mended(text), branch)
    except (ValueError, RecursionError) as error:
        raise NotJsonError from error


def _whole(text: bytes, branch: Branch) -> bytes:
    if not text.isascii():
        text.decode()
    if isinstance(branch, bool):
        check(text)
        return text if branch else NULL
    if text[:1] not in (b"{", b"["):
        check(text)
    value = _value(Raw(text), branch)
    return NULL if value is None else bytes(value)


def _value(raw: Raw, branch: Branch) -> Raw | None:
    """Cut one value; return None if nothing of it is kept."""
    if isinstance(branch, bool):
        return raw if branch else None
    first = memoryview(raw)[0]
    if first == _OBJECT:
        return Raw(write(cut_members(members_of(raw), branch)))
    if first == _ARRAY:
        return Raw(write(cut_items(raw, branch, branch.most_items)[0]))
    return raw if branch.is_lenient or first == _N else None


def cut_members(members: dict[str, Raw], cut: Cut) -> dict[str, Raw]:
    """Cut the members of an object. `members` may change."""
    if cut.other is True:
        for name in cut.left_out:
            members.pop(name, None)
        for name, inner in cut.inner:
            raw = members.get(name)
            if raw is not None:
                value = _value(raw, inner)
                if value is None:
                    del members[name]
                else:
                    members[name] = value
        return members
    kept: dict[str, Raw] = {}
    named, other = cut.named, cut.other
    if other is False:
        for name, branch in named.items():
            raw = members.get(name)
            if raw is not None:
                value = _value(raw, branch)
                if value is not None:
                    kept[name] = value
        return kept
    for name, raw in members.items():
        value = _value(raw, named.get(name, other))
        if value is not None:
            kept[name] = value
    return kept


def cut_items(array: bytes | Raw, cut: Cut, room: int) -> tuple[list[dict[str, Raw]] | list[Raw], int]:
    """Cut the items of an array and keep at most `room`. Return them, and how many the array had."""
    each = cut.each
    if isinstance(each, Cut):
        try:
            rows = _rows_of(array)
        except msgspec.ValidationError:
            # Some items are no objects.
            pass
        else:
            count = len(rows)
            if room != UNLIMITED:
                rows = rows[:room]
            if each.other is True and not each.inner:
                # Most cuts: a few names are left out.
                for row in rows:
                    for name in each.left_out:
                        row.pop(name, None)
                return rows, count
            return [cut_members(row, each) for row in rows], count
    items = items_of(array)
    count = len(items)
    if room != UNLIMITED:
        items = items[:room]
    if each is True:
        return items, count
    return [value for item in items if (value := _value(item, each)) is not None], count


def mended(text: bytes) -> bytes:
    """Replace each lone half of a surrogate pair, which msgspec refuses."""
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match[1] else match[0], text)


def name_of(text: bytes) -> str:
    """Return the name that a member's string stands for.

    Raises:
        ValueError: the text is no JSON string.
    """
    try:
        return _name_of(text)
    except ValueError:
        return _name_of(mended(text))
