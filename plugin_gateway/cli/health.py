"""`health`: asks the admin listener whether the gateway is ready, for a container's health check."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import click

from plugin_gateway.cli.options import checked_address
from plugin_gateway.config.address import Address, parse_address

DEFAULT_ADMIN = "127.0.0.1:8081"


@click.command()
@click.option(
    "--admin",
    callback=checked_address,
    envvar="PLUGIN_GATEWAY__ADMIN",
    default=DEFAULT_ADMIN,
    show_default=True,
    metavar="HOST:PORT",
    help="Where the admin listener is.",
)
@click.option("--alive", is_flag=True, help="Ask only whether it runs, ready or not: for probes that restart it.")
@click.option("--timeout", "timeout_s", default=3.0, show_default=True, metavar="SECONDS", help="How long to wait.")
def command(admin: str, alive: bool, timeout_s: float) -> int:
    """Ask a running gateway whether it is ready: exit 0 when it is, 1 when it is not or does not answer."""
    address = parse_address(admin)
    wanted = "alive" if alive else "ready"
    try:
        status, body = ask(address, "/livez" if alive else "/readyz", timeout_s)
    except (OSError, HTTPException) as error:
        click.echo(f"not {wanted}: {address} does not answer ({error})", err=True)
        return 1
    if status != 200:
        click.echo(f"not {wanted}: {body}", err=True)
        return 1
    click.echo(wanted if alive else f"ready: {summary(body)}")
    return 0


def ask(address: Address, path: str, timeout_s: float) -> tuple[int, str]:
    with closing(HTTPConnection(dialled(address.host), address.port, timeout=timeout_s)) as connection:
        if address.socket:
            connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.sock.settimeout(timeout_s)
            connection.sock.connect(address.socket)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace").strip()


def dialled(host: str) -> str:
    """Return where to dial for a listener that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # compared, not listened on


def summary(body: str) -> str:
    try:
        members = json.loads(body)
        text = f"revision {members['revision']}, {members['operations']} of {members['operations_total']} operations"
    except (ValueError, KeyError, TypeError):
        return body
    return f"{text}; the last reload failed, see /readyz" if members.get("reload_error") else text
