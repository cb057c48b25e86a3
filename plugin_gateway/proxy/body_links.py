"""The links in a JSON body: URLs at the places that JSON pointers name, pointed at the public URL while the body passes.

A model that reads `next` in an answer can follow it only through the gateway. What is no such URL passes byte for byte, and
nothing is held back but one string that is not all here yet, of at most 8 KiB: a longer one is no URL, and passes. Text that
is not JSON passes as it is from where it ceases to be.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.downlink import Answer
from plugin_gateway.proxy.overflow import CODED, JSON_TYPE, OF_THE_WHOLE
from plugin_gateway.proxy.references import pointed_reference

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


class Place:
    """A step of the pointers: what is below it, by member name or index, and whether a URL may stand here."""

    __slots__ = ("is_link", "steps")

    def __init__(self) -> None:
        self.steps: dict[str, Place] = {}
        self.is_link = False


class LinkRules:
    """Where the links are in the answers of one operation."""

    __slots__ = ("_heads", "_relocation", "_root")

    def __init__(self, pointers: Iterable[tuple[str, ...]], relocation: Relocation) -> None:
        """Prepare; a pointer is given by its tokens, of which `*` is any."""
        self._relocation = relocation
        self._root = Place()
        for pointer in pointers:
            place = self._root
            for token in pointer:
                place = place.steps.setdefault(token, Place())
            place.is_link = True
        self._heads: tuple[Answer, Answer] | None = None
        """The answer's head that was looked at last, and what became of it."""

    def body(self, answer: Answer) -> LinkedBody | None:
        """What the body of the answer passes; None where it holds no links: not JSON, a part of it, or in a coding."""
        if answer.status == _NOT_MODIFIED:
            # It has no body, but the validator of the one that the client has.
            return LinkedBody(self._root, self._relocation)
        if answer.status == _PARTIAL_CONTENT or not JSON_TYPE.search(answer.block) or CODED.search(answer.block):
            return None
        return LinkedBody(self._root, self._relocation)

    def head(self, answer: Answer) -> Answer:
        """The answer's head without what is true of the upstream's octets only (RFC 9110, 8.8.1): length, digests, ranges."""
        if self._heads is not None and self._heads[0] is answer:
            return self._heads[1]
        lines = answer.block.splitlines(keepends=True)
        block = b"".join(line for line in lines if not line.lower().startswith(_OF_THE_OCTETS))
        head = Answer(
            answer.status,
            _ETAG.sub(rb"\1W/", block),
            -1,
            is_chunked=answer.is_chunked,
            keeps_alive=answer.keeps_alive,
            is_dated=answer.is_dated,
        )
        self._heads = answer, head
        return head


_OF_THE_OCTETS: Final = tuple(name for name in OF_THE_WHOLE if name not in (b"etag:", b"last-modified:"))


class LinkedBody:
    """One body on its way to the client. A stage of the answer: it comes after the mask, and sees no secret."""

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

    def __init__(self, root: Place, relocation: Relocation) -> None:
        self._root = (root,)
        self._relocation = relocation
        self._held = b""
        self._is_in_string = False
        self._passed_over = 0
        """How many containers are open of which no pointer leads into the outermost."""
        self._places: list[tuple[Place, ...]] = []
        """For each open container that pointers lead into, their places; it is as deep as the longest pointer at most."""
        self._arrays: list[bool] = []
        self._indexes: list[int] = []
        self._names_follow = False
        self._value_places: tuple[Place, ...] = ()

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can be sent now."""
        text = self._held + data if self._held else data
        self._held = b""
        parts: list[bytes] = []
        sent = at = 0
        while at < len(text):
            if self._is_in_string:
                at = _STRING_REST.match(text, at).end()  # type: ignore[union-attr]  # it matches, if only nothing
                if at < len(text) and text[at] == _QUOTE:
                    self._is_in_string = False
                    at += 1
                    continue
                # Nothing, or a backslash without what it escapes.
                break
            if self._passed_over:
                at = _NO_STRUCTURE.match(text, at).end()  # type: ignore[union-attr]  # likewise
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
        """The body has ended; return what was held back."""
        held, self._held = self._held, b""
        return held

    def _pass_over(self, byte: int) -> None:
        if byte == _QUOTE:
            self._is_in_string = True
        else:
            self._passed_over += 1 if byte in _OPENERS else -1

    def _step(self, text: bytes, at: int) -> int:
        """Take what is no string; return where it ends."""
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

    def _places_here(self) -> tuple[Place, ...]:
        """The places of the value that follows."""
        if not self._places:
            return self._root
        if self._arrays[-1]:
            return self._below(str(self._indexes[-1]))
        return self._value_places

    def _below(self, token: str) -> tuple[Place, ...]:
        return tuple(
            place.steps[step]
            for place in self._places[-1]
            for step in dict.fromkeys((token, _ANY))
            if step in place.steps
        )

    def _take_string(self, string: bytes) -> bytes | None:
        """Take a member's name or a value; return what is written instead of it, None for itself. Empty is a long one."""
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
            # As a field would be left out; a member cannot without its commas.
            return b"null"
        return None if pointed == reference else json.dumps(pointed.decode("utf-8", "surrogatepass")).encode()


def _decoded(string: bytes) -> str | None:
    try:
        text = json.loads(string) if string else None
    except ValueError:
        return None
    return text if isinstance(text, str) else None
