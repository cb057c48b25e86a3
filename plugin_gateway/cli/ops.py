"""`ops`: lists or searches the operations of the document, and marks those that are allowed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any
from unicodedata import combining, east_asian_width

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.suggestions import suggest_operations

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
    "--source", default="", metavar="SPEC", help="List this document, a file, URL or `-`, instead of the config's."
)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(config: Path | None, query: tuple[str, ...], source: str, shape: str) -> None:
    """List the operations that match QUERY: words, the best match first, `tag:NAME`, `method:GET`. ✓ marks those that are allowed.

    Words are looked for in the operationId, summary, path, tags and description, in this order. Other endings of a word, its
    beginning and a mistyped letter will do.

    The last column guesses how many tokens an operation costs the model that is told of it.
    """
    from plugin_gateway.cli.operations import parse_query, search  # noqa: PLC0415  # --help must not pay for it

    document, allowed = look(config, source)
    found = search(document, parse_query(query))
    if shape == "json":
        import orjson  # noqa: PLC0415  # likewise

        click.echo(orjson.dumps(as_list(document, found, allowed), option=orjson.OPT_INDENT_2))
        return
    if found:
        click.echo(as_table(document, found, allowed))
    total = len(document.operations)
    click.echo(f"{len(found)} of {total} operations, {len(allowed)} allowed", err=True)


def look(config: Path | None, source: str) -> tuple[Document, frozenset[OperationKey]]:
    """Read the document, and which of its operations are allowed: none where there is no config."""
    if source:
        from plugin_gateway.cli.reading import read  # noqa: PLC0415  # as above

        return read(source), frozenset()
    from plugin_gateway.cli.building import load_to_show  # noqa: PLC0415  # as above
    from plugin_gateway.revision.allowlist import select  # noqa: PLC0415  # as above

    loaded, document = load_to_show(config)
    # An allow-list that names what is not there is no reason not to show what is: it is why one looks.
    return document, frozenset(select(document, loaded.config.allow, loaded.config.deny).kept)


def as_list(document: Document, found: Sequence[Operation], allowed: Container[OperationKey]) -> list[dict[str, Any]]:
    from plugin_gateway.cli.operations import Costs, summary_of  # noqa: PLC0415  # as above

    costs = Costs(document)
    return [
        {
            "method": operation.key.method,
            "path": operation.key.path,
            "operation_id": operation.operation_id,
            "summary": summary_of(operation),
            "tags": list(operation.tags),
            "deprecated": operation.node.get("deprecated") is True,
            "tokens": costs.tokens(operation),
            "allowed": operation.key in allowed,
        }
        for operation in found
    ]


def as_table(document: Document, found: Sequence[Operation], allowed: Container[OperationKey]) -> str:
    """Make a line for each operation that fits into the terminal; names are cut for a terminal only."""
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
    """Count the columns that a text takes: two for a wide character, none for one that is put on another."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)


def pad(text: str, length: int) -> str:
    return text + " " * (length - columns(text))


def cut(text: str, length: int) -> str:
    if columns(text) <= length:
        return text
    while text and columns(text) > length - 1:
        text = text[: max(length - 1, 0)] if len(text) > length else text[:-1]
    return text + "…" * (length > 0)
