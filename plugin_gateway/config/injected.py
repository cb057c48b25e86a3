"""An injected name: the header field, query parameter or cookie that a credential of gateway.yaml sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.config.credential import form_of
from plugin_gateway.config.header_names import fold_header
from plugin_gateway.config.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator


def colliding(written: Any, key: str) -> Iterator[Mistake]:
    """Yield a mistake for each credential under `key` that goes to the same place as an earlier one."""
    given = written if isinstance(written, list | tuple) else [written]
    seen: set[tuple[str, bytes]] = set()
    for index, one in enumerate(given):
        place = _place(one)
        if place in seen:
            yield Mistake("duplicate-key", "two credentials go to the same place", hint="keep one", at=(key, index))
        elif place:
            seen.add(place)


def injected_headers(written: Any) -> set[bytes]:
    """Return the folded names of the headers that one credential, or a list of them, sets."""
    given = written if isinstance(written, list | tuple) else [written]
    return {place[1] for one in given if (place := _place(one)) and place[0] == "header"}


def _place(credential: Any) -> tuple[str, bytes] | None:
    form = form_of(credential) if isinstance(credential, dict) else None
    if form not in {"header", "query", "cookie"}:
        return ("header", b"authorization") if form else None
    name = credential[form]
    if not isinstance(name, str):
        return None
    octets = name.encode(errors="replace")
    return form, fold_header(octets) if form == "header" else octets
