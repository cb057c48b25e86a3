"""A clash: two settings of `request` or `response`, where one keeps the other from having an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.refs import Tokens, join_pointer, split_pointer
from plugin_gateway.shape.pointer import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plugin_gateway.config.trims import RequestTrim, ResponseTrim
    from plugin_gateway.shape.settings import OperationSettings


class _Setting(NamedTuple):
    """A setting, the index of the entry that has it, and its pointers with their places in it."""

    word: str
    entry: int
    pointers: tuple[tuple[Tokens, str | int], ...]

    def finding(self, part: str, at: str | int, message: str, hint: str) -> Finding:
        return Finding(
            rule="clashing-pointers", message=message, hint=hint, pointer=("allow", self.entry, part, self.word, at)
        )


def request_clashes(settings: OperationSettings) -> Iterator[Finding]:
    """Yield a finding for each pointer of `request` that has no effect because of another."""
    named = _read(settings, settings.request, settings.request_origins)
    keep, drop, fixed = named["keep"], named["drop"], named["fixed"]
    yield from _lost(keep, drop, "request", "the gateway removes it, so no client can send it")
    yield from _lost(keep, fixed, "request", "the gateway sets it, so no client can send it")
    for index, (tokens, at) in enumerate(fixed.pointers):
        for other, (above, _) in enumerate(fixed.pointers):
            if index != other and _covers(above, tokens) and (above != tokens or other < index):
                yield fixed.finding(
                    "request",
                    at,
                    f"`fixed` sets `{join_pointer(tokens)}` and all of `{join_pointer(above)}`, which contains it",
                    f"write the value of `{join_pointer(tokens)}` into the value of `{join_pointer(above)}`, or set their members one by one",
                )
                break


def response_clashes(settings: OperationSettings) -> Iterator[Finding]:
    """Yield a finding for each pointer of `response` that has no effect because of another."""
    named = _read(settings, settings.response, settings.response_origins)
    yield from _lost(named["keep"], named["drop"], "response", "no answer contains it")
    yield from _lost(named["limit_items"], named["drop"], "response", "no answer contains it")
    keep, limits = named["keep"], named["limit_items"]
    for tokens, at in limits.pointers if keep.entry == limits.entry and keep.pointers else ():
        if not any(_meet(tokens, one) for one, _ in keep.pointers):
            name = join_pointer(tokens)
            message, hint = (
                f"`limit_items` names `{name}`, which `keep` leaves out",
                f"keep `{name}`, or remove this limit",
            )
            yield limits.finding("response", at, message, hint)


def _read(
    settings: OperationSettings, trim: RequestTrim | ResponseTrim, origins: Mapping[str, int]
) -> dict[str, _Setting]:
    found: dict[str, _Setting] = {}
    for word, pointers in trim.pointers.items():
        places: list[tuple[Tokens, str | int]] = (
            [(split_pointer(one), one) for one in pointers]
            if isinstance(pointers, dict)
            else [(split_pointer(one), index) for index, one in enumerate(pointers)]
        )
        found[word] = _Setting(word, origins.get(word, settings.entry), tuple(places))
    return found


def _lost(ours: _Setting, theirs: _Setting, part: str, why: str) -> Iterator[Finding]:
    """Yield a finding for each pointer of `ours` whose place a pointer of `theirs` removes or sets.

    An operation's entry may take back a part of what its group's entry says, but not all of it.
    """
    lost = [
        (tokens, at, above)
        for tokens, at in ours.pointers
        if (above := next((one for one, _ in theirs.pointers if _covers(one, tokens)), None)) is not None
    ]
    if ours.entry != theirs.entry and len(lost) < len(ours.pointers):
        return
    for tokens, at, above in lost:
        name, other = join_pointer(tokens), join_pointer(above)
        relation = f"both name `{name}`" if tokens == above else f"name `{name}` and `{other}`, which contains it"
        yield ours.finding(
            part,
            at,
            f"`{ours.word}` and `{theirs.word}` {relation}: {why}",
            f"take `{name}` out of `{ours.word}`, or `{other}` out of `{theirs.word}`",
        )


def _covers(above: Tokens, tokens: Tokens) -> bool:
    """Whether every place of a pointer is at or below a place of another."""
    return len(above) <= len(tokens) and all(one in {token, ANY} for one, token in zip(above, tokens, strict=False))


def _meet(first: Tokens, second: Tokens) -> bool:
    """Whether a place of one pointer is at, above or below a place of the other."""
    return all(one == two or ANY in (one, two) for one, two in zip(first, second, strict=False))
