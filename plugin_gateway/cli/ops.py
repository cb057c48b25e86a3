"""`ops`: lists or searches the operations of the document, and marks those that are allowed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.options import config_option

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from plugin_gateway.openapi.document import Document, Operation, OperationKey

WIDTH_WHEN_PIPED = 200


@click.command()
@config_option
@click.argument("query", nargs=-1)
@click.option("--source", default="", metavar="SPEC", help="List this document instead of the config's.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(config: Path | None, query: tuple[str, ...], source: str, shape: str) -> None:
    """List the operations that match all of QUERY: words, `tag:NAME`, `method:GET`. ✓ marks those that are allowed.

    The last column guesses how many tokens an operation costs the model that is told of it.
    """
    from plugin_gateway.cli.operations import parse_query, search  # noqa: PLC0415  # --help must not pay for it

    document, allowed = look(config, source)
    found = list(search(document, parse_query(query)))
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
    from plugin_gateway.policy.allowlist import select  # noqa: PLC0415  # as above

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
    rows = as_list(document, found, allowed)
    width = shutil.get_terminal_size((WIDTH_WHEN_PIPED, 0)).columns
    path_width = min(48, max(len(row["path"]) for row in rows))
    id_width = min(36, max(len(row["operation_id"] or "") for row in rows))
    lines = []
    for row in rows:
        mark = click.style("✓", fg="green", bold=True) if row["allowed"] else " "
        left = f"{row['method']:7} {row['path']:{path_width}}  {row['operation_id'] or '-':{id_width}}  ~{row['tokens']:<6}"
        room = max(0, width - len(left) - 3)
        lines.append(f"{mark} {left} {cut(row['summary'], room)}".rstrip())
    return "\n".join(lines)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(0, length - 1)] + "…" * (length > 0)
