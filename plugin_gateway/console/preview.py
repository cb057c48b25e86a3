"""A preview: what a change of the allow-list would do, computed by the compile that a reload would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.console.answer import of_members, refused, shown_findings
from plugin_gateway.console.edited import edit
from plugin_gateway.console.figures import platforms_of, size_of
from plugin_gateway.console.shown_text import unified
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import FindingsError
from plugin_gateway.reports.editing import touched_lines
from plugin_gateway.reports.writable import note_on_other_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plugin_gateway.console.answer import WorkshopAnswer
    from plugin_gateway.console.material import Material, MaterialReading
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import OperationKey
    from plugin_gateway.revision.build import Built

    Change = tuple[tuple[OperationKey, ...], tuple[OperationKey, ...]]


class Preview(Discreet, frozen=True, kw_only=True):
    """An edited text with what it compiles to.

    With findings, the gateway would refuse it, or the edit does not do what it should.
    """

    HIDDEN = ("text", "built")

    reading: MaterialReading
    text: str
    built: Built | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def diff(self) -> str:
        reading = self.reading
        if self.text == reading.text or reading.path is None:
            return ""
        return unified(reading.path, reading.text, self.text, reading.secrets)

    def warnings(self) -> list[Finding]:
        """Return the warnings about the lines that the edit touches."""
        if self.built is None:
            return []
        touched = touched_lines(self.reading.text, self.text)
        return [
            one for one in self.built.revision.warnings if one.location is not None and one.location.line in touched
        ]


def preview(
    material: Material, reading: MaterialReading, add: Sequence[OperationKey], remove: Sequence[OperationKey]
) -> Preview:
    """Edit the text and compile it. Nothing is written."""
    edited = edit(reading, reading.text, add, remove)
    linked = note_on_other_names(reading.path) if edited.text != reading.text else ""
    if edited.findings:
        return Preview(reading=reading, text=edited.text, findings=edited.findings, notes=edited.notes)
    built = reading.built if edited.text == reading.text else None
    if built is None:
        try:
            built = material.build(material.load(edited.text, reading.path))
        except FindingsError as error:
            return Preview(reading=reading, text=edited.text, findings=error.findings, notes=edited.notes)
    return Preview(
        reading=reading,
        text=edited.text,
        built=built,
        notes=(*edited.notes, *_still_closed(built, add), *([linked] if linked else ())),
    )


def _still_closed(built: Built, add: Sequence[OperationKey]) -> Iterator[str]:
    """Yield a note for each operation of the edited list that the lock keeps closed."""
    open_now = {(rule.method, rule.path_template) for rule in built.revision.rules}
    for key in add:
        if key not in open_now:
            yield f"`{key}` stays closed: gateway.lock does not have it as it is now. Review it, and run `plugin-gateway lock`"


def effects_of(one: Preview) -> WorkshopAnswer:
    """Return the effects of the edit, or a problem if the gateway would refuse the edited config."""
    if one.built is None:
        return refused_edit(one)
    before, after = _names(one.reading.built), _names(one.built)
    return of_members(
        {
            "before": size_of(one.reading.built),
            "after": size_of(one.built),
            "platforms": platforms_of(one.built),
            "findings": shown_findings(one.warnings()),
            "notes": list(one.notes),
            "new_for_clients": [name for name in after if name not in before],
            "gone_for_clients": [name for name in before if name not in after],
            "diff": one.diff,
        }
    )


def refused_edit(one: Preview) -> WorkshopAnswer:
    """Return the problem of an edited config that the gateway would refuse."""
    return refused(one.findings, "The gateway would refuse gateway.yaml with this edit.", diff=one.diff)


def _names(built: Built | None) -> dict[str, None]:
    return {f"{rule.method} {rule.path_template}": None for rule in built.revision.rules} if built is not None else {}
