"""The mask: it covers every spelling of every secret in what goes back to a client, byte for byte with `*`.

The length stays, so Content-Length stays true. A secret is looked for as it is, and, where the text has escapes of octets
that secrets hold, in what the text says once they are undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.proxy.coding import unreadable
from plugin_gateway.proxy.secret_index import SecretIndex
from plugin_gateway.proxy.spelling import INTRODUCERS, MAX_SPELLED_OCTETS, unescaper_of
from plugin_gateway.proxy.wrapping import is_wrapped, open_end, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.spelling import Unescaper


class Mask:
    """Covers one set of secrets. Its `repr` shows nothing."""

    __slots__ = ("_index", "is_idle", "longest", "run", "secrets")

    def __init__(self, secrets: Iterable[str] = (), index: SecretIndex | None = None) -> None:
        """Prepare for these secrets, besides those of an index."""
        self._index = index or SecretIndex()
        self._index.change(secrets)
        self.secrets = self._index.secrets
        self.run: bytes = self._index.octets
        self.longest: int = self._index.longest * MAX_SPELLED_OCTETS
        """No secret takes more octets, however it is spelled."""
        self.is_idle = not self.secrets

    def changed(self, added: Iterable[str], removed: Iterable[str] = ()) -> Mask:
        """Another mask that covers more, or covers something no longer. This one does the same from now on.

        It takes no copy: with thousands of access tokens that would be long for each one that comes.
        """
        self._index.change(added, removed)
        return Mask((), self._index)

    def __repr__(self) -> str:
        return "<Mask>"

    def cover(self, data: bytes) -> bytes:
        """The data with every whole secret covered."""
        found = self.find(data)
        return covered(data, found) if found else data

    def find(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, each with its beginning and its end; two may overlap."""
        found: list[tuple[int, int]] = []
        if self.is_idle:
            return found
        self._index.find(data, found)
        # Each octet is looked for once; given as a number, it is found four times as fast as one given as bytes.
        is_escaped = 0x5C in data or 0x25 in data or 0x26 in data
        if is_escaped:
            self._find_escaped(data, found)
        if (is_escaped or 0x0A in data or 0x3D in data or 0 in data) and is_wrapped(data):
            self._find_wrapped(data, found)
        return found

    def _find_wrapped(self, data: bytes, found: list[tuple[int, int]]) -> None:
        for offset, reading in unwrapped(data, self.longest):
            places: list[tuple[int, int]] = []
            self._search(reading.text, places)
            if 0 in data and 0 not in reading.text:
                self._find_wrapped(reading.text, places)
            for place in places:
                start, end = reading.place(*place)
                found.append((offset + start, offset + end))

    def _search(self, data: bytes, found: list[tuple[int, int]]) -> None:
        self._index.find(data, found)
        for octet in INTRODUCERS:
            if octet in data:
                self._find_escaped(data, found)
                break

    def tail(self, data: bytes) -> int:
        """How many of the last bytes may belong to a secret that is not here in full.

        What matters is what a secret can be made of, not whether these bytes begin one: an answer that waited only for
        true beginnings would let a caller guess a secret octet by octet.
        """
        window = data[1 - self.longest :] if self.longest else b""
        end = len(window.rstrip(self.run))
        while end and window[end - 1] in b"\r\n \t":
            broken = open_end(window, end)
            if broken < 0:
                break
            end = len(window[:broken].rstrip(self.run))
        return len(window) - end

    def _find_escaped(self, data: bytes, found: list[tuple[int, int]]) -> None:
        """Look for secrets in what the data says with its escapes undone, from the word on that has the first one."""
        unescaper = unescaper_of(self.run)
        if self._index.lookalikes.forms:
            self._find_lookalikes(data, unescaper, found)
        first = unescaper.first(data)
        if first < 0:
            return
        offset = first - self.tail(data[:first])
        for reading in unescaper.readings(data[offset:]):
            places: list[tuple[int, int]] = []
            rests: list[tuple[int, int, int]] = []
            self._index.find(reading.text, places, rests)
            for place in places:
                start, end = reading.place(*place)
                found.append((offset + start, offset + end))
            for form_at, rest_at, form_end in rests:
                for at in range(rest_at - 1, max(-1, form_at - 1), -1):
                    start, end = reading.place(at, at + 1)
                    if end - start > 1:
                        # It is an escape that took the octets that are missing.
                        found.append((offset + start, offset + reading.place(rest_at, form_end)[1]))
                        break

    def _find_lookalikes(self, data: bytes, unescaper: Unescaper, found: list[tuple[int, int]]) -> None:
        """Look for lookalikes in words with escapes, as they are and with all escapes of one kind undone."""
        lookalikes = self._index.lookalikes
        for start, end in unescaper.words(data, self.longest):
            if end - start < lookalikes.shortest:
                continue
            found += lookalikes.find(data, start, end)
            for reading in unescaper.partial_readings(data[start:end]):
                text = reading.text
                if len(text) >= lookalikes.shortest and unescaper.first(text) >= 0:
                    for place in lookalikes.find(text, 0, len(text)):
                        first, last = reading.place(*place)
                        found.append((start + first, start + last))


def covered(data: bytes, found: list[tuple[int, int]]) -> bytes:
    """The data with these places covered."""
    content = bytearray(data)
    for start, end in found:
        content[start:end] = b"*" * (end - start)
    return bytes(content)


class MaskedBody:
    """A body on its way to the client, covered across the borders of its pieces. A stage of an answer."""

    __slots__ = ("_held", "_held_bytes", "_hidden", "_is_coded", "mask")

    def __init__(self, mask: Mask, *, is_coded: bool = False) -> None:
        """Prepare; one that is coded can pass only as long as there is no secret."""
        self._is_coded = is_coded
        self.mask = mask
        """It may be replaced by one that covers more."""
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._hidden = 0
        """How many of the first held bytes belong to a secret, whatever follows them."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can be sent now.

        Raises:
            UpstreamError: it is compressed, and there are secrets by now.
        """
        if self._is_coded and not self.mask.is_idle:
            raise unreadable("is compressed, and began before there was a secret")
        self._held.append(data)
        self._held_bytes += len(data)
        longest = self.mask.longest
        if self._held_bytes < 2 * longest and not data.rstrip(self.mask.run):
            return b""
        data = self._joined()
        tail = self.mask.tail(data)
        if tail == len(data) or (tail == longest - 1 and len(data) < 2 * longest):
            # The word goes on. One longer than any secret is sent in parts as long as that, or each byte of it would be
            # searched again with every piece.
            return b""
        return self._pass(data, len(data) - tail)

    def _joined(self) -> bytes:
        if len(self._held) != 1:
            self._held = [b"".join(self._held)]
        return self._held[0]

    def finish(self) -> bytes:
        """The body has ended: return what was held back."""
        return self._pass(self._joined(), self._held_bytes)

    def _pass(self, data: bytes, ready: int) -> bytes:
        """Return the first `ready` bytes, covered, and hold the others as they are."""
        found = self.mask.find(data)
        if self._hidden:
            found.append((0, self._hidden))
            self._hidden = 0
        self._held = [data[ready:]] if ready < len(data) else []
        self._held_bytes = len(data) - ready
        if not found:
            return data[:ready]
        for start, end in found:
            if end > ready and (start < ready or start == 0):
                self._hidden = max(self._hidden, end - ready)
        return covered(data, found)[:ready]
