"""The statuses of a responses object, mended: status codes, ranges such as `4XX`, and `default`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.openapi.grammar import is_extension

if TYPE_CHECKING:
    from plugin_gateway.openapi.document import JsonObject
    from plugin_gateway.openapi.mend.notes import Notes
    from plugin_gateway.openapi.refs import Tokens

_STATUS: Final = re.compile(r"default|[1-5](?:\d\d|XX)")
_STATUS_OTHERWISE: Final = re.compile(r"[1-5](?:\d\d|xx|XX|Xx|xX|\?\?|\*\*)")


def mend_statuses(responses: JsonObject, tokens: Tokens, notes: Notes) -> None:
    """Rename or leave out, in place, each field that is not a status; add a response if no status is left."""
    names = {name: _status(name) for name in responses if not is_extension(name)}
    if all(name == better for name, better in names.items()):
        if not names:
            responses["default"] = {"description": ""}
        return
    entries = dict(responses)
    responses.clear()
    for name, value in entries.items():
        better = names.get(name, name)
        if better is None:
            notes.dropped((*tokens, name), f"{name!r} is not a status code")
        elif better in responses or (better != name and better in entries):
            notes.dropped((*tokens, name), f"{name!r} repeats {better!r}")
        else:
            if better != name:
                notes.mended((*tokens, name), f"the status {name!r} is served as {better!r}")
            responses[better] = value
    if not any(not is_extension(name) for name in responses):
        responses["default"] = {"description": ""}


def _status(name: str) -> str | None:
    if _STATUS.fullmatch(name):
        return name
    if name.lower() == "default":
        return "default"
    if _STATUS_OTHERWISE.fullmatch(name):
        return f"{name[0]}XX"
    return None
