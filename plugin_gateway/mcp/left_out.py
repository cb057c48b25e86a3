"""What a result leaves out of a large answer: the cut, the count of what was kept, and how to ask for less."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from plugin_gateway.proxy.overflow import truncated
from plugin_gateway.tools.tool import Place

if TYPE_CHECKING:
    from plugin_gateway.tools.tool import Tool

_LIMITING: Final = re.compile(
    r"(?i)(?:.*[_.-])?(?:limit|per_?page|page_?size|max_?results?|first|top|count|size|fields?|select|include|exclude|filter|q|query"
    r"|search|since|until|page|offset|cursor|skip|\$top|\$select|\$filter)"
)
_MOST_NAMES: Final = 6
# A notice is in a result twice, as JSON and as a sentence, and must leave room for the answer.
_MOST_NAME_BYTES: Final = 90
_MOST_POINTER_BYTES: Final = 64


class LeftOut:
    """The account of one cut."""

    __slots__ = ("_has_more", "_items", "_items_kept", "_kept_bytes", "_names", "_pointer", "_total_bytes")

    def __init__(self, tool: Tool, total_bytes: int, *, has_more: bool) -> None:
        """Begin; `total_bytes` were read, and `has_more` tells that the answer is longer."""
        self._total_bytes = total_bytes
        self._has_more = has_more
        self._kept_bytes = 0
        self._items = self._items_kept = -1
        self._pointer = ""
        places = (Place.QUERY, Place.BODY)
        names = [one.name for one in tool.arguments if one.place in places and _LIMITING.fullmatch(one.wire_name)]
        self._names: list[str] = []
        for name in names[:_MOST_NAMES]:
            if sum(map(len, self._names)) + len(name) > _MOST_NAME_BYTES:
                break
            self._names.append(name)

    @property
    def size(self) -> str:
        return f"more than {self._total_bytes} bytes" if self._has_more else f"{self._total_bytes} bytes"

    def kept(self, size: int) -> None:
        """Note the number of bytes that are kept."""
        self._kept_bytes = size

    def count(self, whole: Any, cut: Any, size: int) -> None:
        """Note that `cut`, of `size` bytes, was kept of JSON; `whole` is None if it was not read to its end."""
        self._kept_bytes = size
        pointer = ""
        # The cut ends in the last member of each object, and in the first array on the way.
        while isinstance(cut, dict) and cut:
            key = list(cut)[-1]
            pointer += "/" + key.replace("~", "~0").replace("/", "~1")
            cut = cut[key]
            whole = whole.get(key) if isinstance(whole, dict) else None
        if isinstance(cut, list):
            self._pointer = pointer
            self._items_kept = len(cut)
            self._items = len(whole) if isinstance(whole, list) else -1

    def notice(self) -> dict[str, Any]:
        """Return the account as JSON values."""
        notice: dict[str, Any] = {"kept_bytes": self._kept_bytes, "total_bytes": self._total_bytes}
        if self._has_more:
            notice["is_longer"] = True
        if self._items_kept >= 0:
            if len(orjson.dumps(self._pointer)) <= _MOST_POINTER_BYTES:
                notice["array"] = self._pointer
            notice["kept_items"] = self._items_kept
            if self._items >= 0:
                notice["total_items"] = self._items
        notice["hint"] = self.advice()
        return notice

    def sentence(self) -> str:
        """Return the account for a model."""
        kept = f"The first {self._kept_bytes} bytes of {self.size} are shown"
        if self._items_kept >= 0:
            of = f" of {self._items}" if self._items >= 0 else ""
            kept = f"The first {self._items_kept}{of} items are shown"
        return f"This answer is too large for one result. {kept}; the rest is left out. {self.advice()}"

    def advice(self) -> str:
        """Return how to ask for less."""
        if self._names:
            return f"To get less, call the tool again with other values for: {', '.join(self._names)}."
        return "The tool has no argument that makes its answer smaller; ask for something more specific."


def cut_json(body: bytes, limit: int) -> bytes | None:
    """Cut JSON after the last whole item of its outermost array that fits; None if there is no such place."""
    return truncated(body, limit)


def cut_text(text: str, limit: int) -> tuple[str, int]:
    """Cut text so that it has at most `limit` bytes as a JSON string; return it with its size in UTF-8."""
    kept = text[:limit]
    while len(kept) > 0 and (size := _quoted_size(kept)) > limit:
        # The size grows evenly enough: each step gets closer, and the last one is below the limit.
        kept = kept[: min(len(kept) - 1, len(kept) * limit // size)]
    return kept, len(kept.encode("utf-8", "replace"))


def _quoted_size(text: str) -> int:
    plain = len(text.encode("utf-8", "replace"))
    return plain + 2 + sum(text.count(mark) for mark in '"\\\n\r\t\b\f') + 5 * len(_CONTROL.findall(text))


_CONTROL: Final = re.compile(r"[\x00-\x07\x0b\x0e-\x1f]")
