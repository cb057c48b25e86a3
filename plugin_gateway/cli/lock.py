"""`lock`: writes gateway.lock, which agrees to what the document says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
def command(config: Path | None, *, dry_run: bool) -> int:
    """Write gateway.lock beside the config: a digest of each allowed operation, and the operations of each group.

    From then on, `check` and `serve` enforce it: a group opens no further operation, and `on_drift` decides what happens to an
    operation whose description changes. Commit the file. Before you run this command again, read the output of
    `plugin-gateway diff`.
    """
    from plugin_gateway.cli.building import load_stages_to_show
    from plugin_gateway.errors import ConfigError
    from plugin_gateway.lock.copy import copy_of, write_copy
    from plugin_gateway.lock.locking import find_drift
    from plugin_gateway.lock.text import write_lock
    from plugin_gateway.reports.replacing import write_file
    from plugin_gateway.revision.lock_file import (
        copy_path,
        load_copy,
        load_lock,
        lock_path,
    )
    from plugin_gateway.revision.new_lock import differences, new_lock

    loaded, stages = load_stages_to_show(config)
    path = lock_path(loaded.source_path)
    new = new_lock(loaded, stages[-1], own=stages[0])
    try:
        old = load_lock(path)
    except ConfigError as error:
        click.echo(f"the old lock cannot be read, so every operation counts as new: {error.findings[0]}", err=True)
        old = None
    for line in differences(old, new):
        click.echo(line)
    kept = copy_of(stages[0], new)
    file = copy_path(loaded.source_path)
    is_same = (
        old == new and (was := load_copy(file)) is not None and not any(find_drift(was.document, new, new.operations))
    )
    count = f"{len(new.operations)} operation{'s' * (len(new.operations) != 1)}"
    if is_same:
        click.echo(f"{path} is up to date: {count}", err=True)
    elif dry_run:
        click.echo(f"{path} would lock {count}; nothing is written", err=True)
    else:
        # The lock comes last: without it, the copy means nothing.
        write_file(file, write_copy(kept))
        write_file(path, write_lock(new).encode())
        click.echo(f"{path} locks {count}; commit it and {file.name}", err=True)
    return 0
