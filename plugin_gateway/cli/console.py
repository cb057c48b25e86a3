"""`console`: prints a link that enters the console of a running gateway."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.desk import ask_gateway, desk_options
from plugin_gateway.cli.health import configured
from plugin_gateway.config.address import parse_address
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.config.address import Address


@click.command()
@desk_options
@click.option("--open", "opens", is_flag=True, help="Open the link in a browser.")
def command(config: Path | None, admin: str, *, opens: bool) -> int:
    """Print a link to the console of a running gateway. The link works once, within five minutes.

    Run it on the gateway's machine, as the gateway's user: the command reads a key file that only this user can read. In a
    container: `docker exec CONTAINER plugin-gateway console`.
    """
    from plugin_gateway.cli.browser import open_link

    address = parse_address(admin) if admin else configured(config)
    base, path = new_link(address)
    if address.socket:
        click.echo(
            f"forward a port to the socket, for example `ssh -L 8081:{address.socket} HOST`; then open:", err=True
        )
    link = (base or "http://localhost:8081") + path
    click.echo(link)
    if opens and not open_link(link):
        click.echo("this machine has no display: open the link yourself", err=True)
    return 0


def new_link(address: Address) -> tuple[str, str]:
    """Ask the gateway for a link, and show that this user may read its key.

    Return its base, which is empty for a socket, and its path.

    Raises:
        UsageError: no gateway answers, its console is off, or the key is missing.
    """
    from plugin_gateway.console.key_file import key_files, read_key

    status, answer = ask_gateway(address, "/console/token", read_key(address, os.environ), {})
    members = answer if isinstance(answer, dict) else {}
    if status == 200 and {"base", "path"} <= members.keys():
        return str(members["base"]), str(members["path"])
    code = members.get("code", "")
    if code == "unknown-path":
        hint = "turn it on with `console: true` in its gateway.yaml"
        raise UsageError(f"the gateway at {address} serves no console; {hint}")
    if code == "wrong-console-key":
        places = " or ".join(str(path) for path in key_files(address, os.environ))
        hint = "run the command as the gateway's user, on its machine; if the key is lost, a reload (SIGHUP) writes a new one"
        raise UsageError(f"this user has no key for the gateway at {address} in {places}; {hint}")
    raise UsageError(f"{address} is not the admin listener of a gateway; name another address with --admin")
