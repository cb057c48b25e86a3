"""An edit by a command: the edited gateway.yaml is checked, its diff is printed, and the file is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import click

from plugin_gateway.cli.colors import colors
from plugin_gateway.cli.options import operations_in
from plugin_gateway.cli.reading import reading
from plugin_gateway.cli.report import show_findings
from plugin_gateway.errors import FindingsError, UsageError
from plugin_gateway.reports.editing import open_config, touched_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugin_gateway.reports.editing import Editing

_TONES: Final = {"+": "green", "-": "red", "@": "cyan"}


def edit_lists(
    verb: Literal["allow", "deny"], config: Path | None, operations: Sequence[str], consumer: str, *, dry_run: bool
) -> int:
    """Run `allow` or `deny` on the config file, and return the exit status.

    Raises:
        GatewayError: the file or the document cannot be read, or the lists cannot be edited.
    """
    from plugin_gateway.reports.list_edits import ALLOW, ListEditor, pointer_of
    from plugin_gateway.revision.stages import load_document

    editing = open_config(config)
    pointer = pointer_of(editing.text, consumer) if consumer else ALLOW
    if pointer is None:
        raise UsageError(f"there is no consumer `{consumer}` in {editing.path}")
    with reading("the document"):
        document = load_document(editing.loaded)
    editor = ListEditor(editing.text, document)
    for name in operations_in(operations):
        (editor.allow if verb == "allow" else editor.deny)(name, pointer)
    edit = editor.result()
    if edit.findings:
        show_findings(editing.loaded.located(edit.findings))
        click.echo(f"{editing.path} is unchanged", err=True)
        return 1 if all(finding.pointer is not None for finding in edit.findings) else 2
    for note in edit.notes:
        click.echo(note, err=True)
    return finish(editing, edit.text, dry_run=dry_run)


def finish(editing: Editing, edited: str, *, dry_run: bool) -> int:
    """Check an edited config, print its diff and write it. Return the exit status."""
    if edited == editing.text:
        click.echo(f"{editing.path} is unchanged", err=True)
        return 0
    try:
        with reading("the config and the document"):
            built = editing.check(edited)
    except FindingsError as error:
        show_diff(editing.diff(edited))
        show_findings(error.findings)
        click.echo(f"{editing.path} is unchanged: `serve` would refuse it with this edit", err=True)
        return error.exit_code
    touched = touched_lines(editing.text, edited)
    warnings = [one for one in built.revision.warnings if one.location is not None and one.location.line in touched]
    if warnings:
        show_findings(warnings)
    show_diff(editing.diff(edited))
    allowed = f"{len(built.revision.rules)} of {built.revision.operations_total} operations are allowed"
    if dry_run:
        click.echo(f"{editing.path} would be written; {allowed}", err=True)
        return 0
    editing.write(edited)
    click.echo(f"wrote {editing.path}; {allowed}", err=True)
    return 0


def show_diff(diff: str) -> None:
    """Print a diff, in colours on a terminal."""
    for line in diff.split("\n"):
        is_plain = line.startswith(("---", "+++"))
        click.echo(line if is_plain else click.style(line, fg=_TONES.get(line[:1])), color=colors())
