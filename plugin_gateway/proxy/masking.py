"""The mask: it covers every spelling of every secret in what goes back to a client, byte for byte with `*`.

The length stays, so Content-Length stays true. Nearly all answers hold no secret, so the work is in seeing that quickly:

* A secret that is not escaped holds its rarest octet. A few octets are chosen such that each form of each secret holds one
  of them, and looked for with `memchr`.
* A secret that is escaped in part has a first escape, and before that its beginning stands as it is. So each escape of an
  octet that secrets have is compared with what stands before it, and only where both fit is the rest read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.credentials.injection import MIN_MASKED_BYTES
from plugin_gateway.proxy.lookalikes import Lookalikes, is_lookalike
from plugin_gateway.proxy.spelling import (
    ESCAPE_OCTETS,
    INTRODUCERS,
    MAX_SPELLED_OCTETS,
    forms_of,
    unescaper_of,
    wide_forms_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.proxy.spelling import Unescaper

_WINDOW: Final = 4
"""How many octets of a secret, from its probe octet on, are looked up at once."""
_SECRET_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="

_PER_KILOBYTE: Final = (
    (80.0, b'et sionra":pcdl'), (20.0, b"mu,hfg/{}y.0123456789"), (10.0, b"b-v_kwx"), (3.0, b"#\\$TRAISCPLDEONM[]qj`"),
    (1.0, b"zGFHUVBXWK*()'"),
)  # fmt: skip
"""How often octets occur in JSON and text, roughly; others are rarer than once in a kilobyte."""
_RARE: Final = 0.2
_LOOK_NS, _HIT_NS = 40.0, 150.0
_SPARE_HITS: Final = 4
_BYTES_PER_SPARE_HIT: Final = 2048
_FORMS_PER_SPARE_HIT: Final = 4
_MOST_SPOILT: Final = 5
"""An escape of one octet has at most so many characters behind its introducer, but for HTML's."""
_FREQUENCY: Final = {octet: often for often, octets in _PER_KILOBYTE for octet in octets}


class _Probe:
    """An octet to look for, and the forms of secrets that hold it: by what stands from it on, where they begin.

    A form is told by what follows those of its first octets that may be spoilt, `most_spoilt` of them at most.
    """

    __slots__ = ("forms", "most_spoilt", "octet", "windows")

    def __init__(self, octet: bytes, most_spoilt: int) -> None:
        self.octet = octet
        self.most_spoilt = most_spoilt
        self.forms: list[bytes] = []
        self.windows: dict[bytes, list[tuple[int, int, bytes]]] = {}

    def holding(self, forms: Iterable[bytes]) -> _Probe:
        """This one with more forms. Another object: a mask never changes."""
        probe = _Probe(self.octet, self.most_spoilt)
        probe.forms = [*self.forms, *forms]
        probe.windows = dict(self.windows)
        for form in forms:
            spoilt = _spoilt_octets(form, self.most_spoilt)
            at = form.index(self.octet, spoilt)
            window = form[at : at + _WINDOW]
            probe.windows[window] = [*probe.windows.get(window, ()), (at, spoilt, form)]
        return probe


class Mask:
    """Covers one set of secrets. Its `repr` shows nothing."""

    __slots__ = ("forms", "introducers", "is_idle", "longest", "lookalikes", "probes", "read_probes", "run")

    def __init__(self, secrets: Iterable[str], base: Mask | None = None) -> None:
        """Prepare for these secrets, besides those of `base`; that one's work is not done again."""
        forms: set[bytes] = set()
        wide: set[bytes] = set()
        for secret in secrets:
            if len(secret.encode()) >= MIN_MASKED_BYTES:
                forms |= forms_of(secret)
                wide |= wide_forms_of(secret)
        before = base.run if base is not None else _SECRET_CHARACTERS + ESCAPE_OCTETS
        self.run: bytes = bytes(sorted(frozenset(b"".join((before, *forms, *wide)))))
        kept: frozenset[bytes] = base.forms if base is not None else frozenset()
        forms -= kept
        self.probes: list[tuple[int, _Probe]] = _with_probes(base.probes if base is not None else [], forms | wide, 0)
        self.read_probes: list[tuple[int, _Probe]] = _with_probes(
            base.read_probes if base is not None else [], forms | wide, _MOST_SPOILT
        )
        """Those for what a text says once its escapes are undone."""
        self.forms: frozenset[bytes] = kept.union(forms)
        self.lookalikes = Lookalikes(form for form in self.forms if is_lookalike(form))
        self.introducers: bytes = INTRODUCERS if self.forms else b""
        longest = max(map(len, forms | wide), default=0) * MAX_SPELLED_OCTETS
        self.longest: int = longest if base is None else max(longest, base.longest)
        self.is_idle = not self.forms

    def __repr__(self) -> str:
        return "<Mask>"

    def cover(self, data: bytes) -> bytes:
        """The data with every whole secret covered."""
        found = self.find(data)
        return covered(data, found) if found else data

    def find(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, each with its beginning and its end; two may overlap."""
        found: list[tuple[int, int]] = []
        # An octet given as a number is looked for four times as fast as one given as bytes.
        for octet, probe in self.probes:
            if octet in data:
                self._find_plain(data, probe, found)
        for octet in self.introducers:
            if octet in data:
                self._find_escaped(data, found)
                break
        return found

    def word_end(self, data: bytes) -> int:
        """Where the last word begins that may go on in the next piece."""
        return len(data.rstrip(self.run)) if self.longest else len(data)

    def tail(self, data: bytes) -> int:
        """How many of the last bytes may belong to a secret that is not here in full.

        What matters is what a secret can be made of, not whether these bytes begin one: an answer that waited only for
        true beginnings would let a caller guess a secret octet by octet.
        """
        window = data[1 - self.longest :] if self.longest else b""
        return len(window) - len(window.rstrip(self.run))

    def _find_plain(
        self, data: bytes, probe: _Probe, found: list[tuple[int, int]], rests: list[tuple[int, int, int]] | None = None
    ) -> None:
        """Look for forms as they are; where there are `rests`, those of forms whose first octets may be spoilt, too."""
        octet = probe.octet
        windows = probe.windows
        spare = _SPARE_HITS + len(probe.forms) // _FORMS_PER_SPARE_HIT + len(data) // _BYTES_PER_SPARE_HIT
        at = data.find(octet)
        while at >= 0:
            candidates = windows.get(data[at : at + _WINDOW])
            if candidates is not None:
                for offset, spoilt, form in candidates:
                    start = at - offset
                    if start >= 0 and data.startswith(form, start):
                        found.append((start, start + len(form)))
                    elif rests is not None and start + spoilt >= 0 and data.startswith(form[spoilt:], start + spoilt):
                        rests.append((start, start + spoilt, start + len(form)))
            spare -= 1
            if spare == 0:
                # The octet is not rare here: from now on whole forms are quicker to look for.
                for form in probe.forms:
                    first = max(0, at - len(form))
                    found += ((place, place + len(form)) for place in _places_from(first, form, data))
                    if rests is not None:
                        spoilt = _spoilt_octets(form, probe.most_spoilt)
                        places = _places_from(first, form[spoilt:], data)
                        rests += ((place - spoilt, place, place - spoilt + len(form)) for place in places)
                return
            at = data.find(octet, at + 1)

    def _find_escaped(self, data: bytes, found: list[tuple[int, int]]) -> None:
        """Look for secrets in what the data says with its escapes undone, from the word on that has the first one."""
        unescaper = unescaper_of(self.run)
        if self.lookalikes.forms:
            self._find_lookalikes(data, unescaper, found)
        first = unescaper.first(data)
        if first < 0:
            return
        offset = first - self.tail(data[:first])
        for reading in unescaper.readings(data[offset:]):
            places: list[tuple[int, int]] = []
            rests: list[tuple[int, int, int]] = []
            for octet, probe in self.read_probes:
                if octet in reading.text:
                    self._find_plain(reading.text, probe, places, rests)
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
        lookalikes = self.lookalikes
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


def _places_from(first: int, sought: bytes, data: bytes) -> list[int]:
    """Where something stands in the data, which is looked for from `first` on."""
    places: list[int] = []
    # `rfind` has no tables to prepare and is up to five times as fast as `find`.
    at = data.rfind(sought, first)
    while at >= 0:
        places.append(at)
        at = data.rfind(sought, first, at + len(sought) - 1)
    return places


def _spoilt_octets(form: bytes, most: int) -> int:
    """How many of the first octets of a form may be lost where what stands before it looks like the start of an escape.

    In front of `c3cret`, the text `50%4` makes an escape of the first octet. What stays visible of a short form is little.
    """
    return min(most, max(0, len(form) - MIN_MASKED_BYTES))


def covered(data: bytes, found: list[tuple[int, int]]) -> bytes:
    """The data with these places covered."""
    content = bytearray(data)
    for start, end in found:
        content[start:end] = b"*" * (end - start)
    return bytes(content)


def _with_probes(probes: list[tuple[int, _Probe]], forms: set[bytes], most_spoilt: int) -> list[tuple[int, _Probe]]:
    """Add forms to the probes that find them, and probes for the others, such that looking for all takes the least time."""
    left = set(forms)
    chosen: list[tuple[int, _Probe]] = []
    for octet, probe in probes:
        held = sorted(form for form in left if probe.octet in form[_spoilt_octets(form, most_spoilt) : 1 - _WINDOW])
        left.difference_update(held)
        chosen.append((octet, probe.holding(held) if held else probe))
    while left:
        holders: dict[int, list[bytes]] = {}
        for form in sorted(left):
            for octet in set(form[_spoilt_octets(form, most_spoilt) : 1 - _WINDOW]):
                holders.setdefault(octet, []).append(form)
        best = min((_cost_ns(octet) / len(held), octet) for octet, held in holders.items())[1]
        chosen.append((best, _Probe(bytes((best,)), most_spoilt).holding(holders[best])))
        left.difference_update(holders[best])
    return chosen


def _cost_ns(octet: int) -> float:
    """What looking for an octet in a kilobyte costs."""
    return _LOOK_NS + _HIT_NS * _FREQUENCY.get(octet, _RARE)


class MaskedBody:
    """A body on its way to the client, covered across the borders of its pieces. A stage of an answer."""

    __slots__ = ("_held", "_held_bytes", "_hidden", "mask")

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        """It may be replaced by one that covers more."""
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._hidden = 0
        """How many of the first held bytes belong to a secret, whatever follows them."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can be sent now."""
        self._held.append(data)
        self._held_bytes += len(data)
        ended = self.mask.word_end(data)
        if ended == 0 and self._held_bytes < 2 * self.mask.longest:
            # The word goes on. One longer than any secret is sent in parts as long as that, or each byte of it would be
            # searched again with every piece.
            return b""
        held, tail = self._held_bytes, len(data) - ended
        if ended == 0:
            tail = held
        return self._pass(held - min(tail, max(0, self.mask.longest - 1)))

    def finish(self) -> bytes:
        """The body has ended: return what was held back."""
        return self._pass(self._held_bytes)

    def _pass(self, ready: int) -> bytes:
        """Return the first `ready` bytes, covered, and hold the others as they are."""
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
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
