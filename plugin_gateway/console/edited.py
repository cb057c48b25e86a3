"""An edited config: gateway.yaml with operations added to `allow` and taken out, as `allow` and `deny` would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.diagnostics import Finding
from plugin_gateway.edit.entry import entry_of
from plugin_gateway.errors import EditError
from plugin_gateway.reports.list_edits import ListEditor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.console.material import MaterialReading
    from plugin_gateway.openapi.document import OperationKey


class Edited(Struct, frozen=True, kw_only=True):
    """The text after the edit. With a finding, it must not be written: an operation would stay closed, or open."""

    text: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def edit(reading: MaterialReading, text: str, add: Iterable[OperationKey], remove: Iterable[OperationKey]) -> Edited:
    """Edit a text of gateway.yaml. Existing entries stay; if a group allows an operation to remove, it goes into `deny`."""
    editor = ListEditor(text, reading.document)
    operations = reading.document.operations
    try:
        for key in remove:
            editor.deny(_written(reading, key))
        editor.allow_all(entry_of(reading.document, operations[key]).name for key in add)
    except EditError as error:
        return Edited(text=text, findings=(Finding(rule="cannot-edit", message=str(error), hint=error.hint),))
    result = editor.result()
    return Edited(text=result.text, notes=result.notes, findings=reading.loaded.located(result.findings))


def _written(reading: MaterialReading, key: OperationKey) -> str:
    """Return the name of an operation as its own entry of `allow` has it."""
    return entry_of(reading.document, reading.document.operations[key]).name
