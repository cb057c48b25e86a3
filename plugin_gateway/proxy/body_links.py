"""The links in a JSON body: points the URLs at given JSON pointers to the public URL while the body streams.

A model that reads `next` in an answer can follow it only through the gateway. All other text passes byte for byte. Only
an incomplete string is held back, up to 8 KiB; a longer one cannot be a URL and passes. Once the text stops being JSON,
the rest passes unchanged.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.answer_head import Answer
from plugin_gateway.proxy.overflow import CODED, JSON_TYPE, OF_THE_WHOLE
from plugin_gateway.proxy.references import pointed_reference
from plugin_gateway.text.match_end import match_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.relocation import Relocation

_MOST_HELD_BYTES: Final = 8 * 1024
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_STRING_REST: Final = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
_NO_STRUCTURE: Final = re.compile(rb'(?:[^"{}\[\]]|"(?:[^"\\]|\\.)*+")*+', re.DOTALL)
_BETWEEN: Final = re.compile(rb'[^"{}\[\],]+')
_ETAG: Final = re.compile(rb'(?im)^(etag: *)(?=")')
_NOT_MODIFIED: Final = 304
_PARTIAL_CONTENT: Final = 206
_QUOTE: Final = 0x22
_COMMA: Final = 0x2C
_OPENERS: Final = b"{["
_ANY: Final = "*"


class PointerNode:
    """A step of the pointers: its children by member name or index, and whether a URL may stand here."""

    __slots__ = ("is_link", "steps")

    def __init__(self) -> None:
        self.steps: dict[str, PointerNode] = {}
        self.is_link = False


class LinkRules:
    """The places of links in the answers of one operation."""

    __slots__ = ("_heads", "_relocation", "_root")

    def __init__(self, pointers: Iterable[tuple[str, ...]], relocation: Relocation) -> None:
        """Prepare. A pointer is a tuple of tokens; `*` matches any token."""
        self._relocation = relocation
        self._root = PointerNode()
        for pointer in pointers:
            place = self._root
            for token in pointer:
                place = place.steps.setdefault(token, PointerNode())
            place.is_link = True
        self._heads: tuple[Answer, Answer] | None = None
        """The last head passed to `head`, and the result."""

    def body(self, answer: Answer) -> LinkedBody | None:
        """Return the stage for the answer's body, or None if no links are read in it: not JSON, partial, or coded."""
        if answer.status == _NOT_MODIFIED:
            # A 304 has no body, but it has the validator of the body that the client keeps.
            return LinkedBody(self._root, self._relocation)
        if answer.status == _PARTIAL_CONTENT or not JSON_TYPE.search(answer.block) or CODED.search(answer.block):
            return None
        return LinkedBody(self._root, self._relocation)

    def head(self, answer: Answer) -> Answer:
        """Return the head for a body whose links were rewritten."""
        if self._heads is not None and self._heads[0] is answer:
            return self._heads[1]
        head = without_octets(answer)
        self._heads = answer, head
        return head


def without_octets(answer: Answer) -> Answer:
    """Return a head without the fields that hold only for the upstream's octets (RFC 9110, 8.8.1)."""
    lines = answer.block.splitlines(keepends=True)
    block = b"".join(line for line in lines if not line.lower().startswith(_OF_THE_OCTETS))
    return Answer(
        answer.status,
        _ETAG.sub(rb"\1W/", block),
        -1,
        is_chunked=answer.is_chunked,
        keeps_alive=answer.keeps_alive,
        is_dated=answer.is_dated,
    )


_OF_THE_OCTETS: Final = tuple(name for name in OF_THE_WHOLE if name not in (b"etag:", b"last-modified:"))


class LinkedBody:
    """One body on its way to the client. A stage of the answer, after the mask, so it sees no secret."""

    __slots__ = (
        "_arrays",
        "_held",
        "_indexes",
        "_is_in_string",
        "_names_follow",
        "_passed_over",
        "_places",
        "_relocation",
        "_root",
        "_value_places",
    )

    def __init__(self, root: PointerNode, relocation: Relocation) -> None:
        self._root = (root,)
        self._relocation = relocation
        self._held = b""
        self._is_in_string = False
        self._passed_over = 0
        """The number of open containers in a subtree that no pointer leads into."""
        self._places: list[tuple[PointerNode, ...]] = []
        """The places for each open container that pointers lead into; never deeper than the longest pointer."""
        self._arrays: list[bool] = []
        self._indexes: list[int] = []
        self._names_follow = False
        self._value_places: tuple[PointerNode, ...] = ()

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return the bytes that can be sent now."""
        text = self._held + data if self._held else data
        self._held = b""
        parts: list[bytes] = []
        sent = at = 0
        while at < len(text):
            if self._is_in_string:
                at = match_end(_STRING_REST, text, at)
                if at < len(text) and text[at] == _QUOTE:
                    self._is_in_string = False
                    at += 1
                    continue
                # The rest is empty, or a backslash without the character that it escapes.
                break
            if self._passed_over:
                at = match_end(_NO_STRUCTURE, text, at)
                if at < len(text):
                    self._pass_over(text[at])
                    at += 1
                continue
            if text[at] != _QUOTE:
                at = self._step(text, at)
                continue
            string = _STRING.match(text, at)
            if string is None:
                if len(text) - at <= _MOST_HELD_BYTES:
                    break
                self._take_string(b"")
                self._is_in_string = True
                at += 1
                continue
            written = self._take_string(string[0])
            if written is not None:
                parts += [text[sent:at], written]
                sent = string.end()
            at = string.end()
        self._held = text[at:]
        parts.append(text[sent:at])
        return b"".join(parts)

    def finish(self) -> bytes:
        """End the body; return the bytes that were held back."""
        held, self._held = self._held, b""
        return held

    def _pass_over(self, byte: int) -> None:
        if byte == _QUOTE:
            self._is_in_string = True
        else:
            self._passed_over += 1 if byte in _OPENERS else -1

    def _step(self, text: bytes, at: int) -> int:
        """Take text outside strings; return where it ends."""
        if between := _BETWEEN.match(text, at):
            return between.end()
        byte = text[at]
        if byte in _OPENERS:
            self._open(is_array=byte == _OPENERS[1])
        elif byte == _COMMA:
            if self._arrays and self._arrays[-1]:
                self._indexes[-1] += 1
            else:
                self._names_follow = bool(self._arrays)
        elif self._places:
            self._places.pop()
            self._arrays.pop()
            self._indexes.pop()
            self._names_follow = False
        return at + 1

    def _open(self, *, is_array: bool) -> None:
        places = tuple(place for place in self._places_here() if place.steps)
        if not places:
            self._passed_over = 1
            return
        self._places.append(places)
        self._arrays.append(is_array)
        self._indexes.append(0)
        self._names_follow = not is_array

    def _places_here(self) -> tuple[PointerNode, ...]:
        """Return the places of the value that follows."""
        if not self._places:
            return self._root
        if self._arrays[-1]:
            return self._below(str(self._indexes[-1]))
        return self._value_places

    def _below(self, token: str) -> tuple[PointerNode, ...]:
        return tuple(
            place.steps[step]
            for place in self._places[-1]
            for step in dict.fromkeys((token, _ANY))
            if step in place.steps
        )

    def _take_string(self, string: bytes) -> bytes | None:
        """Take a member name or a value; return its replacement, or None to keep it. An empty one was too long to hold."""
        if self._names_follow:
            self._names_follow = False
            name = _decoded(string)
            self._value_places = () if name is None else self._below(name)
            return None
        if not any(place.is_link for place in self._places_here()):
            return None
        url = _decoded(string)
        if url is None:
            return None
        reference = url.encode("utf-8", "surrogatepass")
        pointed = pointed_reference(reference, self._relocation)
        if pointed is None:
            # A header field would be left out here, but a JSON member cannot go without its commas.
            return b"null"
        return None if pointed == reference else json.dumps(pointed.decode("utf-8", "surrogatepass")).encode()


def _decoded(string: bytes) -> str | None:
    try:
        text = json.loads(string) if string else None
    except ValueError:
        return None
    return text if isinstance(text, str) else None
