"""The mask: it covers every spelling of every secret in what goes back to a client, byte for byte with `*`.

The length stays, so Content-Length stays true. Nearly all answers hold no secret, so the work is in seeing that quickly:

* A secret that is not escaped holds its rarest octet. A few octets are chosen such that each form of each secret holds one
  of them, and looked for with `memchr`.
* A secret that is escaped in part has a first escape, and before that its beginning stands as it is. So each escape of an
  octet that secrets have is compared with what stands before it, and only where both fit is the rest read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.policy.credentials import MIN_MASKED_BYTES
from plugin_gateway.proxy.spelling import (
    ESCAPE_OCTETS,
    MAX_SPELLED_OCTETS,
    EscapeFinder,
    escapes_at,
    forms_of,
    wide_forms_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_WINDOW: Final = 4
"""How many octets of a secret, from its probe octet on, are looked up at once."""
_INTRODUCERS: Final = b"%\\&"
_BETWEEN: Final = b"\n"
"""No secret can hold it: no header field, query or cookie can."""
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
_FREQUENCY: Final = {octet: often for often, octets in _PER_KILOBYTE for octet in octets}


class _Probe:
    """An octet to look for, and the forms of secrets that hold it: by what stands from it on, where they begin."""

    __slots__ = ("forms", "octet", "windows")

    def __init__(self, octet: bytes) -> None:
        self.octet = octet
        self.forms: list[bytes] = []
        self.windows: dict[bytes, list[tuple[int, bytes]]] = {}

    def holding(self, forms: Iterable[bytes]) -> _Probe:
        """This one with more forms. Another object: a mask never changes."""
        probe = _Probe(self.octet)
        probe.forms = [*self.forms, *forms]
        probe.windows = dict(self.windows)
        for form in forms:
            at = form.index(self.octet)
            window = form[at : at + _WINDOW]
            probe.windows[window] = [*probe.windows.get(window, ()), (at, form)]
        return probe


class Mask:
    """Covers one set of secrets. Its `repr` shows nothing."""

    __slots__ = ("escapable", "finders", "forms", "introducers", "is_idle", "longest", "probes", "run")

    def __init__(self, secrets: Iterable[str], base: Mask | None = None) -> None:
        """Prepare for these secrets, besides those of `base`; that one's work is not done again."""
        forms: set[bytes] = set()
        wide: set[bytes] = set()
        for secret in secrets:
            if len(secret.encode()) >= MIN_MASKED_BYTES:
                forms |= forms_of(secret)
                wide |= wide_forms_of(secret)
        if base is not None:
            forms -= base.forms
        self.probes: list[tuple[int, _Probe]] = _with_probes(base.probes if base is not None else [], forms | wide)
        self.escapable: bytes = base.escapable if base is not None else _BETWEEN
        self.escapable += b"".join(form + _BETWEEN for form in sorted(forms))
        self.forms: frozenset[bytes] = frozenset(forms) if base is None else base.forms.union(forms)
        self.introducers: bytes = _INTRODUCERS if self.forms else b""
        self.finders: dict[bytes, EscapeFinder] = {}
        """By introducer; each is made when the first answer has one, as that takes milliseconds."""
        octets = frozenset(b"".join((*forms, *wide)))
        self.run: bytes = bytes(octets.union(_SECRET_CHARACTERS, ESCAPE_OCTETS, base.run if base is not None else b""))
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
                self._find_raw(data, probe, found)
        for octet in self.introducers:
            if octet in data:
                self._find_escaped(data, bytes((octet,)), found)
        return found

    def tail(self, data: bytes) -> int:
        """How many of the last bytes may belong to a secret that is not here in full.

        What matters is what a secret can be made of, not whether these bytes begin one: an answer that waited only for
        true beginnings would let a caller guess a secret octet by octet.
        """
        window = data[1 - self.longest :] if self.longest else b""
        return len(window) - len(window.rstrip(self.run))

    def _find_raw(self, data: bytes, probe: _Probe, found: list[tuple[int, int]]) -> None:
        octet = probe.octet
        windows = probe.windows
        spare = _SPARE_HITS + len(data) // _BYTES_PER_SPARE_HIT
        at = data.find(octet)
        while at >= 0:
            candidates = windows.get(data[at : at + _WINDOW])
            if candidates is not None:
                for offset, form in candidates:
                    start = at - offset
                    if start >= 0 and data.startswith(form, start):
                        found.append((start, start + len(form)))
            spare -= 1
            if spare == 0:
                # The octet is not rare here: from now on whole forms are quicker to look for.
                self._find_forms(data, probe.forms, at, found)
                return
            at = data.find(octet, at + 1)

    def _find_forms(self, data: bytes, forms: list[bytes], done: int, found: list[tuple[int, int]]) -> None:
        for form in forms:
            size = len(form)
            first = max(0, done - size)
            # `rfind` has no tables to prepare and is up to five times as fast as `find`.
            at = data.rfind(form, first)
            while at >= 0:
                found.append((at, at + size))
                at = data.rfind(form, first, at + size - 1)

    def _find_escaped(self, data: bytes, introducer: bytes, found: list[tuple[int, int]]) -> None:
        finder = self.finders.get(introducer)
        if finder is None:
            finder = self.finders[introducer] = EscapeFinder(introducer, self.forms)
        forms = self.escapable
        for match in finder.pattern.finditer(data):
            first = match.start()
            # Of several backslashes each may be the first of the escape, and those before it be of the secret.
            last = first + 1 if data[first] != 0x5C else match.end()
            for at in range(first, last):
                if data[at] != data[first]:
                    break
                for octets, end in escapes_at(data, at):
                    for before in range(3):
                        if at < before:
                            break
                        context = data[at - before : at] + octets
                        if before < 2:
                            context = _BETWEEN + context
                        place = forms.find(context)
                        while place >= 0:
                            self._read_on(data, at, end, place + len(context), len(octets), found)
                            place = forms.find(context, place + 1)

    def _read_on(self, data: bytes, at: int, end: int, place: int, size: int, found: list[tuple[int, int]]) -> None:
        """Read on where an escape at `at` that ends at `end` stands for the `size` octets before `place` of the forms."""
        forms = self.escapable
        first = forms.rfind(_BETWEEN, 0, place) + 1
        last = forms.find(_BETWEEN, place)
        start = at - (place - size - first)
        if start < 0 or not data.startswith(forms[first : place - size], start):
            return
        stop = _end_of(data, end, forms[place:last])
        if stop >= 0:
            found.append((start, stop))


def covered(data: bytes, found: list[tuple[int, int]]) -> bytes:
    """The data with these places covered."""
    content = bytearray(data)
    for start, end in found:
        content[start:end] = b"*" * (end - start)
    return bytes(content)


def _end_of(data: bytes, at: int, rest: bytes) -> int:
    """Where the rest of a form ends that begins at `at`, each octet raw or escaped; -1 where it does not stand there."""
    furthest = -1
    ahead = [(at, 0)]
    seen = set(ahead)
    while ahead:
        at, done = ahead.pop()
        if done == len(rest):
            furthest = max(furthest, at)
            continue
        steps = [(end, done + len(octets)) for octets, end in escapes_at(data, at) if rest.startswith(octets, done)]
        if at < len(data) and data[at] == rest[done]:
            steps.append((at + 1, done + 1))
        for step in steps:
            if step not in seen:
                seen.add(step)
                ahead.append(step)
    return furthest


def _with_probes(probes: list[tuple[int, _Probe]], forms: set[bytes]) -> list[tuple[int, _Probe]]:
    """Add forms to the probes that find them, and probes for the others, such that looking for all takes the least time."""
    left = set(forms)
    chosen: list[tuple[int, _Probe]] = []
    for octet, probe in probes:
        held = sorted(form for form in left if probe.octet in form[: 1 - _WINDOW])
        left.difference_update(held)
        chosen.append((octet, probe.holding(held) if held else probe))
    while left:
        holders: dict[int, list[bytes]] = {}
        for form in sorted(left):
            for octet in set(form[: 1 - _WINDOW]):
                holders.setdefault(octet, []).append(form)
        best = min((_cost_ns(octet) / len(held), octet) for octet, held in holders.items())[1]
        chosen.append((best, _Probe(bytes((best,))).holding(holders[best])))
        left.difference_update(holders[best])
    return chosen


def _cost_ns(octet: int) -> float:
    """What looking for an octet in a kilobyte costs."""
    return _LOOK_NS + _HIT_NS * _FREQUENCY.get(octet, _RARE)


class MaskedBody:
    """A body on its way to the client, covered across the borders of its pieces. A stage of an answer."""

    __slots__ = ("_held", "_hidden", "_mask")

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._held = b""
        self._hidden = 0
        """How many of the first held bytes belong to a secret, whatever follows them."""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; return what can be sent now."""
        data = self._held + data if self._held else data
        return self._pass(data, len(data) - self._mask.tail(data))

    def finish(self) -> bytes:
        """The body has ended: return what was held back."""
        return self._pass(self._held, len(self._held))

    def _pass(self, data: bytes, ready: int) -> bytes:
        """Return the first `ready` bytes, covered, and hold the others as they are."""
        found = self._mask.find(data)
        if self._hidden:
            found.append((0, self._hidden))
            self._hidden = 0
        self._held = data[ready:]
        if not found:
            return data[:ready]
        for start, end in found:
            if end > ready and (start < ready or start == 0):
                self._hidden = max(self._hidden, end - ready)
        return covered(data, found)[:ready]
