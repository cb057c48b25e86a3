"""`deny`: closes operations in gateway.yaml, and keeps the rest of the file as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.suggestions import suggest_allowed, suggest_consumers

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Print the diff, and write nothing.")
@click.option(
    "--consumer", default="", metavar="NAME", shell_complete=suggest_consumers, help="Edit the list of this entry of `consumers`."
)  # fmt: skip
@click.argument("operations", metavar="OP...", nargs=-1, required=True, shell_complete=suggest_allowed)
def command(config: Path | None, operations: tuple[str, ...], consumer: str, *, dry_run: bool) -> int:
    """Close the operations OP: take their entries out of `allow` in the config file, and print the diff.

    OP is an operationId or 'METHOD /path/template'; 'METHOD /path/**' is a group. If `allow` has no entry for the operation
    alone, or a group opens it, too, the command adds OP to `deny`, which overrides `allow`. It also takes the operation out of
    the lists of `consumers`. The command writes nothing if `serve` would refuse the result.

    Exit status: 0 if the operations are closed, 1 if one stays open, 2 if one does not exist or the file is not written.
    """
    from plugin_gateway.cli.editing import edit_lists

    return edit_lists("deny", config, operations, consumer, dry_run=dry_run)
