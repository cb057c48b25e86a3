"""The mask: covers every spelling of every secret in an answer, byte for byte with `*`.

The length stays the same, so Content-Length stays true. The mask searches the text as it is and, if the text escapes
octets that secrets contain, the text with its escapes undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.coding import unreadable
from plugin_gateway.proxy.secret_index import SecretIndex
from plugin_gateway.proxy.spelling import MAX_SPELLED_OCTETS, unescaper_of
from plugin_gateway.proxy.wrapping import is_wrapped, open_end, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.spelling import Unescaper


_OPENING: Final = b"\r\n \t?"
"""The last octet of a text is one of these if `open_end` finds its end open."""


class Mask:
    """Covers one set of secrets. Its `repr` does not show them."""

    __slots__ = ("_index", "is_idle", "longest", "run", "secrets")

    def __init__(self, secrets: Iterable[str] = (), index: SecretIndex | None = None) -> None:
        """Prepare for these secrets, in addition to the secrets of an index."""
        self._index = index or SecretIndex()
        self._index.change(secrets)
        self.secrets = self._index.secrets
        self.run: bytes = self._index.octets
        self.longest: int = self._index.longest * MAX_SPELLED_OCTETS
        """The most octets that a secret takes in any spelling."""
        self.is_idle = not self.secrets

    def changed(self, added: Iterable[str], removed: Iterable[str] = ()) -> Mask:
        """Return a mask with secrets added and removed. It shares its index with this one, which changes too.

        The index is not copied: with thousands of access tokens a copy for each new one would be slow.
        """
        self._index.change(added, removed)
        return Mask((), self._index)

    def __repr__(self) -> str:
        return "<Mask>"

    def cover(self, data: bytes) -> bytes:
        """Return the data with every complete secret covered."""
        found = self.find(data)
        return covered(data, found) if found else data

    def find(self, data: bytes) -> list[tuple[int, int]]:
        """Return the start and end of each secret; two may overlap."""
        found: list[tuple[int, int]] = []
        if self.is_idle:
            return found
        self._search(data, found)
        if is_wrapped(data):
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
        """Search the data as it is and with its escapes undone."""
        self._index.find(data, found)
        # Searching for an int in bytes is four times as fast as searching for bytes.
        if (0x5C in data or 0x25 in data or 0x26 in data) and unescaper_of(self.run).may_occur(data):
            self._find_escaped(data, found)

    def tail(self, data: bytes) -> int:
        """Return how many of the last bytes may belong to a secret that is incomplete so far.

        This counts any bytes that a secret may consist of, not only those that begin a secret. If an answer paused only
        at a real beginning, a caller could guess a secret octet by octet.
        """
        window = data[1 - self.longest :] if self.longest else b""
        end = len(window.rstrip(self.run))
        while end and window[end - 1] in _OPENING and (opened := open_end(window, end)) < end:
            end = len(window[:opened].rstrip(self.run))
        return len(window) - end

    def _find_escaped(self, data: bytes, found: list[tuple[int, int]]) -> None:
        """Search the data with its escapes undone, from the word with the first escape on."""
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
                for at in reversed(range(max(0, form_at), rest_at)):
                    start, end = reading.place(at, at + 1)
                    if end - start > 1:
                        # This escape consumed the missing octets.
                        found.append((offset + start, offset + reading.place(rest_at, form_end)[1]))
                        break

    def _find_lookalikes(self, data: bytes, unescaper: Unescaper, found: list[tuple[int, int]]) -> None:
        """Look for lookalikes in words with escapes, both as they are and with all escapes of one kind undone."""
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
    """Return the data with these places covered."""
    content = bytearray(data)
    for start, end in found:
        content[start:end] = b"*" * (end - start)
    return bytes(content)


class MaskedBody:
    """A body on its way to the client; masks secrets across the borders of pieces. A stage of the answer."""

    __slots__ = ("_held", "_held_bytes", "_hidden", "_is_coded", "mask")

    def __init__(self, mask: Mask, *, is_coded: bool = False) -> None:
        """Prepare. A coded body can pass only while there are no secrets."""
        self._is_coded = is_coded
        self.mask = mask
        """The caller may replace it with a mask that covers more."""
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._hidden = 0
        """How many of the first held bytes are certain to belong to a secret."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return the bytes that can be sent now.

        Raises:
            UpstreamError: the body is compressed, and there are secrets now.
        """
        if self._is_coded and not self.mask.is_idle:
            raise unreadable("is compressed and began before there was a secret")
        self._held.append(data)
        self._held_bytes += len(data)
        longest = self.mask.longest
        if self._held_bytes < 2 * longest and not data.strip(self.mask.run):
            return b""
        data = self._joined()
        tail = self.mask.tail(data)
        if tail == len(data) or (tail == longest - 1 and len(data) < 2 * longest):
            # The word continues. A word longer than any secret is sent in parts of that length; otherwise each byte
            # would be searched again with every piece.
            return b""
        return self._pass(data, len(data) - tail)

    def _joined(self) -> bytes:
        if len(self._held) != 1:
            self._held = [b"".join(self._held)]
        return self._held[0]

    def finish(self) -> bytes:
        """End the body; return the bytes that were held back."""
        return self._pass(self._joined(), self._held_bytes)

    def _pass(self, data: bytes, ready: int) -> bytes:
        """Return the first `ready` bytes, masked, and hold the rest unmasked."""
        found = self.mask.find(data)
        if self._hidden:
            found.append((0, self._hidden))
            self._hidden = 0
        self._held = [data[ready:]] if ready < len(data) else []
        self._held_bytes = len(data) - ready
        if not found:
            return data[:ready]
        for start, end in found:
            if start < ready:
                self._hidden = max(self._hidden, end - ready)
        return covered(data, found)[:ready]
