"""`ops`: lists or searches the operations of the document, and marks the allowed ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

import click

from plugin_gateway.cli.options import checked_duration, config_option
from plugin_gateway.cli.suggestions import suggest_operations
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from plugin_gateway.openapi.document import Document, Operation, OperationKey

WIDTH_WHEN_PIPED = 200
NARROWEST = 21
"""Columns for all but path, operationId and summary."""


@click.command()
@config_option
@click.argument("query", nargs=-1, shell_complete=suggest_operations)
@click.option(
    "--source",
    default="",
    metavar="SPEC",
    help="The document to list (a file, a URL, or `-`), instead of the config's.",
)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--unused",
    callback=checked_duration,
    metavar="SPAN",
    help="List only allowed operations that had no call in the last SPAN of the records, such as 30d.",
)
@click.option(
    "--records",
    multiple=True,
    metavar="FILE",
    help="An access log for --unused, or `-`. May be repeated.  [default: the file of `audit`]",
)
def command(
    config: Path | None, query: tuple[str, ...], source: str, shape: str, unused: float | None, records: tuple[str, ...]
) -> None:
    """List the operations that match QUERY: words, `tag:NAME`, `method:GET`.

    The best match comes first; ✓ marks allowed operations.

    A word counts most in the summary, the operationId and the path, and less in the tags and the description. Other endings of
    a word, other verbs for the same method (`remove` for DELETE), the beginning of a word and small typos match, too. Search
    mode of the MCP endpoint ranks in the same way.

    `~N` estimates how many tokens an operation takes in the context of a model.
    """
    from plugin_gateway.reports.operations import as_list, parse_query, search

    document, allowed = look(config, source)
    found = search(document, parse_query(query))
    if unused is not None:
        from plugin_gateway.cli.unused import used_within

        used = used_within(document, records or audit_of(config, source), unused)
        found = [operation for operation in found if operation.key in allowed and operation.key not in used]
    elif records:
        raise UsageError("--records needs --unused SPAN")
    if shape == "json":
        import orjson

        click.echo(orjson.dumps(as_list(document, found, allowed), option=orjson.OPT_INDENT_2))
        return
    if found:
        click.echo(as_table(document, found, allowed))
    if unused is not None:
        click.echo(f"{len(found)} of {len(allowed)} allowed operations had no call", err=True)
        return
    total = len(document.operations)
    click.echo(f"{len(found)} of {total} operations, {len(allowed)} allowed", err=True)


def look(config: Path | None, source: str) -> tuple[Document, frozenset[OperationKey]]:
    """Read the document, and find its allowed operations; with `source` there are none."""
    if source:
        from plugin_gateway.cli.reading import read

        return read(source), frozenset()
    from plugin_gateway.cli.building import load_allowed

    document, kept = load_allowed(config)
    # Ignore entries that match no operation: the operator lists the operations to correct them.
    return document, frozenset(kept)


def audit_of(config: Path | None, source: str) -> tuple[str, ...]:
    """Return the file of the config's audit, which has a line for each call."""
    if source:
        return ()
    from plugin_gateway.cli.building import load_to_show

    audit = load_to_show(config)[0].config.audit
    return (str(audit.file),) if audit is not None else ()


def as_table(document: Document, found: Sequence[Operation], allowed: Container[OperationKey]) -> str:
    """Format one line per operation; on a terminal, cut names to fit its width."""
    from plugin_gateway.reports.operations import as_list

    rows = as_list(document, found, allowed)
    terminal = shutil.get_terminal_size((0, 0)).columns
    longest_path = max(columns(row["path"]) for row in rows)
    longest_id = max(columns(row["operation_id"] or "-") for row in rows)
    path_width, id_width = min(48, longest_path), min(36, longest_id)
    if terminal:
        room = max(0, terminal - NARROWEST)
        id_width = min(id_width, max(room // 2, room - path_width))
        path_width = min(path_width, room - id_width)
    lines = []
    for row in rows:
        mark = click.style("✓", fg="green", bold=True) if row["allowed"] else " "
        path, name = row["path"], row["operation_id"] or "-"
        if terminal:
            path, name = cut(path, path_width), cut(name, id_width)
        left = f"{row['method'][:7]:7} {pad(path, path_width)}  {pad(name, id_width)}  ~{row['tokens']:<6}"
        summary = cut(row["summary"], max(0, (terminal or WIDTH_WHEN_PIPED) - columns(left) - 3))
        lines.append(f"{mark} {left} {summary}".rstrip())
    return "\n".join(lines)


def columns(text: str) -> int:
    """Count the columns that a text takes: two for a wide character, zero for a combining one."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)


def pad(text: str, length: int) -> str:
    return text + " " * (length - columns(text))


def cut(text: str, length: int) -> str:
    if columns(text) <= length:
        return text
    while text and columns(text) > length - 1:
        text = text[: max(length - 1, 0)] if len(text) > length else text[:-1]
    return text + "…" * (length > 0)
