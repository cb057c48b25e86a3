"""Saving: an edited gateway.yaml goes into the file in one step, if the file is still as the editor saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.console.answer import of_members, problem
from plugin_gateway.console.edited import edit
from plugin_gateway.console.mark import mark_of
from plugin_gateway.console.preview import refused_edit
from plugin_gateway.console.shown_text import unified
from plugin_gateway.errors import UsageError
from plugin_gateway.reports.editing import replace, replaced_list
from plugin_gateway.reports.writable import MAY_NOT_WRITE, why_read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.console.answer import WorkshopAnswer
    from plugin_gateway.console.material import Material, MaterialReading
    from plugin_gateway.console.preview import Preview
    from plugin_gateway.openapi.document import OperationKey


def save(material: Material, one: Preview, *, may_write: bool) -> WorkshopAnswer:
    """Write the text of a preview. The file keeps its mode, its owner, its byte order mark and links to it."""
    reading = one.reading
    if one.built is None:
        return refused_edit(one)
    why = why_read_only(reading.path) if may_write else MAY_NOT_WRITE
    if why or reading.path is None:
        return _read_only(one, why)
    if replaced := replaced_list(reading.loaded):
        name, key = replaced
        return _read_only(one, f"{name} replaces `{key}`: an edit of the file would change nothing")
    try:
        content = replace(reading.path, one.text, reading.content)
    except UsageError as error:
        now = material.reading()
        if now.base != reading.base:
            return conflict(material, now, reading.base, (), (), one)
        return _read_only(one, str(error))
    return of_members({"base": mark_of(content, reading.mark_key)})


def conflict(
    material: Material,
    now: MaterialReading,
    base: str,
    add: Sequence[OperationKey],
    remove: Sequence[OperationKey],
    mine: Preview | None = None,
) -> WorkshopAnswer:
    """Return the problem of a file that has changed since the editor read it, with both changes."""
    before = material.text_of(base)
    path = now.path
    theirs = yours = ""
    if path is not None:
        theirs = unified(path, before, now.text, now.secrets) if before is not None else ""
        text = before if before is not None else now.text
        edited = mine.text if mine is not None else edit(now, text, add, remove).text
        yours = unified(path, text, edited, now.secrets)
    return problem(
        409,
        "config-changed",
        "gateway.yaml has changed since the console showed it, so it was not written.",
        hint="Look at both changes, and make yours again.",
        base=now.base,
        theirs=theirs,
        yours=yours,
    )


def _read_only(one: Preview, why: str) -> WorkshopAnswer:
    return problem(
        403,
        "config-read-only",
        f"gateway.yaml is not written: {why}.",
        hint="Apply the diff where the file comes from.",
        diff=one.diff,
    )
