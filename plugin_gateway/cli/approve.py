"""`approve`: shows a call that waits, and approves or denies it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from plugin_gateway.cli.desk import ask_desk, desk_options, said_by
from plugin_gateway.errors import UsageError
from plugin_gateway.text.readable import readable

if TYPE_CHECKING:
    from pathlib import Path

_ID: Final = re.compile(r"[0-9A-Za-z_-]+")


@click.command()
@desk_options
@click.option("--deny", is_flag=True, help="Deny the call instead.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask on a terminal.")
@click.argument("approval", metavar="ID")
def command(config: Path | None, admin: str, approval: str, deny: bool, yes: bool) -> int:
    """Show the call that waits for the approval ID, and approve it. It runs once, when its caller sends it again.

    On a terminal the command asks before it approves. `plugin-gateway approvals` lists the ids; the answer to the caller has
    it, too. Exit status: 0 if the decision holds, 1 if it came too late, there is no such approval, or you answered no.
    """
    if not _ID.fullmatch(approval):
        raise UsageError(f"`{readable(approval)}` is not the id of an approval; `plugin-gateway approvals` lists them")
    path = f"/approvals/{approval}"
    status, answer = ask_desk(config, admin, path)
    if status != 200:
        click.echo(said_by(answer), err=True)
        return 1
    click.echo(readable(text_of(answer)), err=True)
    decision = "deny" if deny else "approve"
    # A person must see the call before the decision; a script has decided already.
    if not yes and sys.stdin.isatty() and not click.confirm(f"{decision.capitalize()} this call?", err=True):
        return 1
    status, answer = ask_desk(config, admin, path, {"decision": decision})
    if status != 200:
        click.echo(said_by(answer), err=True)
        return 1
    click.echo(f"{answer['id']} {answer['status']}")
    return 0


def text_of(approval: dict[str, Any]) -> str:
    """Return a call as text for a person."""
    target = approval["path"] + (f"?{approval['query']}" if approval.get("query") else "")
    lines = [f"{approval['operation']}: {approval['method']} {target}"]
    lines += [f"{name}: {value}" for name, value in (approval.get("fields") or {}).items()]
    lines.append(f"caller: {approval.get('caller') or 'not known'}; asked at {approval['asked_at']}")
    if approval.get("ran_before"):
        lines.append("WARNING: the same call ran a short time ago; if you approve this one, it runs again")
    if approval.get("body_bytes"):
        lines.append(f"body, {approval['body_bytes']} bytes, {approval.get('media_type') or 'without a media type'}:")
        lines.append(str(approval.get("body") or ""))
        if approval.get("body_left_out"):
            lines.append(f"WARNING: {approval['body_left_out']} bytes of the body are not shown")
    return "\n".join(lines)
