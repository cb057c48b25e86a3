"""`fmt`: puts the spaces and the generated comments of gateway.yaml in one style."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import click

from plugin_gateway.errors import EditError, FindingsError, UsageError


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--check", "is_check", is_flag=True, help="Write nothing; print the diff and exit 1 if there is one.")
def command(file: Path | None, *, is_check: bool) -> int:
    """Format the config FILE in place, and print the diff. If FILE is `-`, format standard input to standard output.

    The command keeps the meaning, the order and the comments of the file. It writes `# METHOD /path` after each operationId in
    `allow`, `deny` and the lists of consumers, updates these comments if the document has changed, and aligns them. It also
    removes trailing blanks and repeated blank lines. If it cannot read the document, it removes only blanks and blank lines.
    """
    from plugin_gateway.cli.editing import show_diff
    from plugin_gateway.config.find import STANDARD_INPUT, decode, find_config, read_content
    from plugin_gateway.edit.tidy import tidy
    from plugin_gateway.reports.editing import replace, unified, with_mark_of

    path = find_config(file, environ=os.environ)
    if path is None:
        raise UsageError("there is no file to format: name one")
    content = read_content(path)
    text = decode(content, path)
    try:
        formatted = tidy(text, remarks_of(text, path))
    except EditError as error:
        raise UsageError(f"{path}: {error}") from error
    if path == STANDARD_INPUT and not is_check:
        click.echo(with_mark_of(content, formatted), nl=False)
        return 0
    if formatted == text:
        return 0
    show_diff(unified(path, text, formatted))
    if is_check:
        name = "standard input" if path == STANDARD_INPUT else path
        click.echo(f"{name} is not formatted: run `plugin-gateway fmt {path}`", err=True)
        return 1
    replace(path, formatted, content)
    click.echo(f"wrote {path}", err=True)
    return 0


def remarks_of(text: str, path: Path) -> dict[str, str]:
    """Return the method and path of each operationId that the document gives to one operation."""
    from plugin_gateway.cli.reading import reading
    from plugin_gateway.reports.editing import loaded_or_remains
    from plugin_gateway.revision.stages import load_document

    try:
        with reading("the document"):
            document = load_document(loaded_or_remains(text, path))
    except FindingsError as error:
        click.echo(
            f"comments stay as they are, because the document cannot be read: {error.findings[0].message}", err=True
        )
        return {}
    counts = Counter(document.operation_ids.values())
    return {name: str(key) for key, name in document.operation_ids.items() if counts[name] == 1}
