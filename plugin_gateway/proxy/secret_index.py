"""An index of secrets: finds the forms of secrets in a text, without undoing escapes.

Nearly all answers hold no secret, so the index must see that quickly. It chooses a few octets, at least one from each form of
each secret, and finds these with `memchr`. The octets after a hit are looked up in a table. The table holds a few octets of
each form instead of the form, so that thousands of access tokens take little memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.credentials.injection import MIN_MASKED_BYTES
from plugin_gateway.proxy.lookalikes import Lookalikes, is_lookalike
from plugin_gateway.proxy.secret_forms import all_forms_of, forms_of
from plugin_gateway.proxy.sieve import Sieve, sieve_of
from plugin_gateway.proxy.spelling import ESCAPE_OCTETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECRET_OCTETS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\0"
_WINDOW: Final = 8
"""The number of octets, from the probe octet on, that are looked up at once."""
_SHORT_WINDOW: Final = 4
_LEAST_BYTES: Final = 24
"""In a shorter form the table holds fewer octets, so that there are more places to choose from."""
_LAST_BYTES: Final = 256
"""Windows lie within this many last octets: many tokens differ only in the signature at their end."""
_MOST_KEPT_BYTES: Final = 128
"""A longer form is not stored but computed again when its window is found."""
_MOST_ALIKE: Final = 4
"""Above this, another place in the form is chosen."""
_MOST_CROWDED: Final = 16
"""Above this, another octet is searched for. Each form with a found window is compared with the text."""
_MOST_PLACES: Final = 8
_MOST_SPOILT: Final = 5
"""The most characters after the introducer in an escape of one octet, except in HTML."""

_LEAST_SIEVED: Final = 9
"""A text that the sieve catches takes a little longer. So its literals must be too long for a caller to find them by trial."""
_MOST_SIEVED: Final = 8
"""With more secrets, the sieve is slower than the probes."""

_PER_KILOBYTE: Final = (
    (80.0, b'et sionra":pcdl'), (20.0, b"mu,hfg/{}y.0123456789"), (10.0, b"b-v_kwx"), (3.0, b"#\\$TRAISCPLDEONM[]qj`"),
    (1.0, b"zGFHUVBXWK*()'"),
)  # fmt: skip
"""Rough frequencies of octets in JSON and text, per kilobyte; others are rarer than once."""
_RARE: Final = 0.2
_LOOK_NS, _HIT_NS = 40.0, 150.0
_FREQUENCY: Final = {octet: often for often, octets in _PER_KILOBYTE for octet in octets}
_SPARE_HITS: Final = 4
_BYTES_PER_SPARE_HIT: Final = 2048
_BYTES_FOR_A_HIT: Final = 1000
"""Searching this many bytes for a whole form takes as long as looking up one hit."""


class _IndexedForm:
    """One form of one secret, and the offset of its window."""

    __slots__ = ("_kept", "number", "offset", "secret", "size", "spoilt")

    def __init__(self, secret: str, number: int, form: bytes, offset: int) -> None:
        self.secret = secret
        self.number = number
        self.offset = offset
        self.spoilt = _spoilt_octets(form)
        """The number of first octets that may be lost if the text before them looks like the start of an escape. In
        front of `c3cret`, the text `50%4` makes an escape of the first octet. For a short form only little stays
        visible."""
        self.size = len(form)
        self._kept = form if len(form) <= _MOST_KEPT_BYTES else b""

    def form(self) -> bytes:
        return self._kept or all_forms_of(self.secret)[self.number]


class _Probe:
    """An octet to search for, and the forms that contain it, by the octets that follow it."""

    __slots__ = ("count", "octet", "short_windows", "windows")

    def __init__(self, octet: int) -> None:
        self.octet = octet
        self.count = 0
        self.windows: dict[bytes, list[_IndexedForm]] = {}
        self.short_windows: dict[bytes, list[_IndexedForm]] = {}

    def add(self, secret: str, number: int, form: bytes, first: int, most: int) -> int:
        """Add a form at a place of the octet, from `first` on, that fewer than `most` forms share. Return the place, or -1."""
        least: list[_IndexedForm] | None = None
        chosen = -1
        for offset, windows, window in self._places(form, first):
            entries = windows.get(window)
            if entries is None:
                entries = windows[window] = []
            if least is None or len(entries) < len(least):
                least, chosen = entries, offset
            if len(entries) < _MOST_ALIKE:
                break
        if least is None or len(least) >= most:
            return -1
        least.append(_IndexedForm(secret, number, form, chosen))
        self.count += 1
        return chosen

    def remove(self, secret: str, number: int, form: bytes, first: int) -> bool:
        """Remove a form; return False if it is not here."""
        for _, windows, window in self._places(form, first):
            entries = windows.get(window, [])
            for place, entry in enumerate(entries):
                if entry.number == number and entry.secret == secret:
                    del entries[place]
                    self.count -= 1
                    if not entries:
                        del windows[window]
                    return True
        return False

    def entries(self) -> list[_IndexedForm]:
        every: list[_IndexedForm] = []
        for entries in self.windows.values():
            every += entries
        for entries in self.short_windows.values():
            every += entries
        return every

    def _places(self, form: bytes, first: int) -> Iterator[tuple[int, dict[bytes, list[_IndexedForm]], bytes]]:
        """Yield the occurrences of the octet, the last one first."""
        width = _width(form)
        first = _first(form, first)
        choice = self.windows if width == _WINDOW else self.short_windows
        offset = len(form) - width + 1
        for _ in range(_MOST_PLACES):
            offset = form.rfind(self.octet, first, offset)
            if offset < 0:
                return
            yield offset, choice, form[offset : offset + width]


class SecretIndex:
    """An index to which secrets can be added, and from which they can be removed, while texts are searched."""

    __slots__ = ("_looking_alike", "_probes", "_rest_probes", "_sieve", "_sizes", "lookalikes", "octets", "secrets")

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.octets: bytes = bytes(sorted(_SECRET_OCTETS + ESCAPE_OCTETS))
        """The octets that occur in secrets and their spellings."""
        self.lookalikes = Lookalikes(())
        self._looking_alike: dict[str, list[bytes]] = {}
        """By secret, the forms that contain characters of escapes."""
        # Searching for an int in bytes is four times as fast as searching for bytes.
        self._probes: list[tuple[int, _Probe]] = []
        self._rest_probes: list[tuple[int, _Probe]] = []
        """For forms whose probe octet in `_probes` may be lost to an escape."""
        self._sizes: dict[int, int] = {}
        """The number of secrets by the size of their longest form."""
        self._sieve: Sieve | None = None

    @property
    def longest(self) -> int:
        """The length of the longest form."""
        return max(self._sizes, default=0)

    def change(self, added: Iterable[str], removed: Iterable[str] = ()) -> None:
        """Add secrets, except those that are too short to mask, and remove others."""
        gone = self.secrets.intersection(removed)
        self.secrets -= gone
        for secret in gone:
            self._remove(secret)
        fresh = sorted({secret for secret in added if len(secret.encode()) >= MIN_MASKED_BYTES} - self.secrets)
        self.secrets.update(fresh)
        self._add(fresh)
        alike: dict[str, list[bytes]] = {}
        for secret in fresh:
            octets = secret.encode()
            if octets.translate(None, self.octets) or not secret.isascii():
                self.octets = bytes(sorted(frozenset(self.octets).union(*all_forms_of(secret))))
            if is_lookalike(octets):
                alike[secret] = [form for form in forms_of(secret) if is_lookalike(form)]
        if alike or not gone.isdisjoint(self._looking_alike):
            self._looking_alike.update(alike)
            for secret in gone:
                self._looking_alike.pop(secret, None)
            self.lookalikes = Lookalikes({form for forms in self._looking_alike.values() for form in forms})
        if fresh or gone:
            self._sieve = _sieve_of(self.secrets) if len(self.secrets) <= _MOST_SIEVED else None

    def _add(self, secrets: Iterable[str]) -> None:
        forms: list[tuple[str, int, bytes, int]] = []
        for secret in secrets:
            written = all_forms_of(secret)
            size = max(map(len, written))
            self._sizes[size] = self._sizes.get(size, 0) + 1
            forms += ((secret, number, form, 0) for number, form in enumerate(written))
        spoilt = _add(self._probes, forms)
        _add(self._rest_probes, spoilt)

    def _remove(self, secret: str) -> None:
        written = all_forms_of(secret)
        size = max(map(len, written))
        self._sizes[size] -= 1
        if not self._sizes[size]:
            del self._sizes[size]
        for number, form in enumerate(written):
            for probes, first in ((self._probes, 0), (self._rest_probes, _spoilt_octets(form))):
                for _, probe in probes:
                    if probe.remove(secret, number, form, first):
                        break
        self._probes = [(octet, probe) for octet, probe in self._probes if probe.count]
        self._rest_probes = [(octet, probe) for octet, probe in self._rest_probes if probe.count]

    def find(self, data: bytes, found: list[tuple[int, int]], rests: list[tuple[int, int, int]] | None = None) -> None:
        """Add the places of forms to `found`. If `rests` is given, add to it forms whose first octets may be lost.

        A rest with which the text begins is left out, because no escape before it can have consumed octets.
        """
        if self._sieve is not None and 0 not in data and not self._sieve.catches(data):
            return
        for octet, probe in self._probes:
            if octet in data:
                self._look_up(data, probe, found, rests)
        if rests is not None:
            for octet, probe in self._rest_probes:
                if octet in data:
                    self._look_up(data, probe, found, rests)

    def _look_up(
        self, data: bytes, probe: _Probe, found: list[tuple[int, int]], rests: list[tuple[int, int, int]] | None
    ) -> None:
        octet, windows, short_windows = probe.octet, probe.windows, probe.short_windows
        hits, check_at = 0, _SPARE_HITS + len(data) // _BYTES_PER_SPARE_HIT
        at = data.find(octet)
        while at >= 0:
            entries = windows.get(data[at : at + _WINDOW])
            if entries is not None:
                for entry in entries:
                    _compare(data, at, entry, found, rests)
            if short_windows:
                entries = short_windows.get(data[at : at + _SHORT_WINDOW])
                if entries is not None:
                    for entry in entries:
                        _compare(data, at, entry, found, rests)
            hits += 1
            if hits == check_at:
                if probe.count * at < _BYTES_FOR_A_HIT * hits:
                    # The octet is common in this text, so searching for whole forms is faster from here on.
                    for entry in probe.entries():
                        _find_whole(data, max(0, at - entry.size), entry, found, rests)
                    return
                check_at *= 2
            at = data.find(octet, at + 1)


def _sieve_of(secrets: Iterable[str]) -> Sieve | None:
    """Return a sieve for the forms, or None if other searches are better for these secrets.

    It looks for the last octets of forms: the first ones may be lost to an escape, and a long literal makes the sieve large.
    One with zeros is left out, because texts with zeros are always searched.
    """
    rests = {form[_first(form, _spoilt_octets(form)) :] for secret in secrets for form in all_forms_of(secret)}
    rests = {rest for rest in rests if 0 not in rest}
    return sieve_of(rests) if rests and min(map(len, rests)) >= _LEAST_SIEVED else None


def _add(
    probes: list[tuple[int, _Probe]], forms: list[tuple[str, int, bytes, int]]
) -> list[tuple[str, int, bytes, int]]:
    """Add each form to a probe. Make probes for the rest from octets that are rare in text.

    Each form comes with the offset of the first octet that a probe may search for. Return the forms whose probe octet may be
    lost.
    """
    spoilt: list[tuple[str, int, bytes, int]] = []
    left = forms
    for _, probe in probes:
        left = _add_to(probe, left, spoilt, _MOST_CROWDED)
    while left:
        taken = {octet for octet, _ in probes}
        holders: dict[int, int] = {}
        for _, _, form, first in left:
            for octet in set(form[_first(form, first) : 1 - _width(form)]) - taken:
                holders[octet] = holders.get(octet, 0) + 1
        if not holders:
            # The remaining forms have all their octets in common with others.
            for _, probe in probes:
                left = _add_to(probe, left, spoilt, len(left) + probe.count)
            break
        best = min((_cost_ns(octet) / held, octet) for octet, held in holders.items())[1]
        probes.append((best, _Probe(best)))
        left = _add_to(probes[-1][1], left, spoilt, _MOST_CROWDED)
    return spoilt


def _add_to(
    probe: _Probe, forms: list[tuple[str, int, bytes, int]], spoilt: list[tuple[str, int, bytes, int]], most: int
) -> list[tuple[str, int, bytes, int]]:
    """Add the forms that a probe can find; return the others."""
    left: list[tuple[str, int, bytes, int]] = []
    for each in forms:
        secret, number, form, first = each
        offset = probe.add(secret, number, form, first, most)
        if offset < 0:
            left.append(each)
        elif offset < _spoilt_octets(form):
            spoilt.append((secret, number, form, _spoilt_octets(form)))
    return left


def _compare(
    data: bytes,
    at: int,
    entry: _IndexedForm,
    found: list[tuple[int, int]],
    rests: list[tuple[int, int, int]] | None,
) -> None:
    start = at - entry.offset
    form = entry.form()
    if start >= 0 and data.startswith(form, start):
        found.append((start, start + entry.size))
    elif rests is not None and start + entry.spoilt > 0 and data.startswith(form[entry.spoilt :], start + entry.spoilt):
        rests.append((start, start + entry.spoilt, start + entry.size))


def _find_whole(
    data: bytes,
    first: int,
    entry: _IndexedForm,
    found: list[tuple[int, int]],
    rests: list[tuple[int, int, int]] | None,
) -> None:
    form, size = entry.form(), entry.size
    # `rfind` prepares no tables and is up to five times as fast as `find`.
    at = data.rfind(form, first)
    while at >= 0:
        found.append((at, at + size))
        at = data.rfind(form, first, at + size - 1)
    if rests is not None:
        spoilt = entry.spoilt
        rest = form[spoilt:]
        at = data.rfind(rest, first)
        while at > 0:
            rests.append((at - spoilt, at, at - spoilt + size))
            at = data.rfind(rest, first, at + size - spoilt - 1)


def _spoilt_octets(form: bytes) -> int:
    return min(_MOST_SPOILT, max(0, len(form) - MIN_MASKED_BYTES))


def _first(form: bytes, first: int) -> int:
    """Return the first place, from `first` on, that is searched for."""
    return max(first, len(form) - _LAST_BYTES)


def _width(form: bytes) -> int:
    return _SHORT_WINDOW if len(form) < _LEAST_BYTES else _WINDOW


def _cost_ns(octet: int) -> float:
    """Return the cost of searching a kilobyte for an octet."""
    return _LOOK_NS + _HIT_NS * _FREQUENCY.get(octet, _RARE)
