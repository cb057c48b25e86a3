"""`allow`: adds operations to the allow-list in gateway.yaml, and keeps the rest of the file as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.suggestions import suggest_consumers, suggest_operations

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Print the diff, and write nothing.")
@click.option(
    "--consumer", default="", metavar="NAME", shell_complete=suggest_consumers, help="Edit the list of this entry of `consumers`."
)  # fmt: skip
@click.argument("operations", metavar="OP...", nargs=-1, required=True, shell_complete=suggest_operations)
def command(config: Path | None, operations: tuple[str, ...], consumer: str, *, dry_run: bool) -> int:
    """Allow the operations OP: add them to `allow` in the config file, and print the diff.

    OP is an operationId or 'METHOD /path/template'; 'METHOD /path/**' is a group. The command adds one line for each
    operation, in the style of the neighbouring lines, and removes the operation's own entry from `deny`. Nothing else changes.
    If a group in `deny` closes an operation, the command reports an error. It writes nothing if `serve` would refuse the
    result.

    Exit status: 0 if the operations are allowed, 1 if one stays closed, 2 if one does not exist or the file is not written.
    """
    from plugin_gateway.cli.editing import edit_lists

    return edit_lists("allow", config, operations, consumer, dry_run=dry_run)
