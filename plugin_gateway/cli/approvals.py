"""`approvals`: lists the calls that wait for the approval of a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.desk import ask_desk, desk_options, said_by
from plugin_gateway.text.readable import readable

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@desk_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(config: Path | None, admin: str, form: str) -> int:
    """List the calls that a running gateway holds until a person approves them, and those that were decided recently.

    `plugin-gateway approve ID` shows one call and approves it. If the config sets `approvals.key`, the command takes the key
    from PLUGIN_GATEWAY_APPROVAL_KEY or from the source in the config.
    """
    status, answer = ask_desk(config, admin, "/approvals")
    if status != 200:
        click.echo(said_by(answer), err=True)
        return 1
    approvals = answer["approvals"]
    if form == "json":
        click.echo(json.dumps(approvals, indent=2))
        return 0
    if not approvals:
        click.echo("no call waits", err=True)
    for one in approvals:
        click.echo(readable(line_of(one)))
    return 0


def line_of(approval: dict[str, Any]) -> str:
    """Return one line about an approval."""
    target = approval["path"] + (f"?{approval['query']}" if approval.get("query") else "")
    caller = f"  by {approval['caller']}" if approval.get("caller") else ""
    return (
        f"{approval['id']}  {approval['status']:8}  {approval['operation']}: {approval['method']} {target}{caller}  "
        f"until {approval['expires_at']}"
    )
