"""`health`: asks the admin listener whether the gateway is ready, for a container's health check."""

from __future__ import annotations

import json
import os
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.options import checked_address, config_option
from plugin_gateway.config.address import Address, parse_address
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_ADMIN = "127.0.0.1:8081"


@click.command()
@click.option(
    "--admin",
    callback=checked_address,
    envvar="PLUGIN_GATEWAY__ADMIN",
    default="",
    metavar="HOST:PORT",
    help=f"The admin listener.  [default: `admin` of the config, else {DEFAULT_ADMIN}]",
)
@config_option
@click.option("--alive", is_flag=True, help="Ask only whether the gateway runs, ready or not; for liveness probes.")
@click.option("--timeout", "timeout_s", default=3.0, show_default=True, metavar="SECONDS", help="How long to wait.")
def command(config: Path | None, admin: str, alive: bool, timeout_s: float) -> int:
    """Ask a running gateway whether it is ready. Exit status: 0 if it is, 1 if it is not or does not answer."""
    address = parse_address(admin) if admin else configured(config)
    wanted = "alive" if alive else "ready"
    try:
        status, body = ask(address, "/livez" if alive else "/readyz", timeout_s)
    except (OSError, HTTPException) as error:
        from plugin_gateway.telemetry.cause import cause_of

        click.echo(f"not {wanted}: {address} does not answer ({cause_of(error)})", err=True)
        return 1
    if status != 200:
        click.echo(f"not {wanted}: {body}", err=True)
        return 1
    click.echo(wanted if alive else f"ready: {summary(body)}")
    return 0


def configured(config: Path | None) -> Address:
    """Return the address of the admin listener from the config.

    The rest of the config is not checked: the gateway keeps serving while an operator edits the file.

    Raises:
        UsageError: there is no admin listener.
    """
    path, written = read_config(config)
    admin = written.get("admin", DEFAULT_ADMIN)
    if admin is None:
        raise UsageError(f"`admin: null` in {path}: there is no admin listener to ask")
    try:
        return parse_address(str(admin))
    except Mistake:
        return parse_address(DEFAULT_ADMIN)


def read_config(config: Path | None) -> tuple[Path | None, dict[Any, Any]]:
    """Return the path of the config and what is written in it, without a check; empty if it is not a mapping."""
    from plugin_gateway.config.find import find_config, read_text
    from plugin_gateway.config.tree import read

    path = config
    try:
        path = find_config(config, environ=os.environ)
        root, _ = read(read_text(path)) if path is not None else (None, ())
    except ConfigError:
        if config is not None:
            raise
        root = None
    written = root.plain() if root is not None else None
    return path, written if isinstance(written, dict) else {}


def ask(
    address: Address,
    path: str,
    timeout_s: float,
    *,
    method: str = "GET",
    body: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Return the status and the body of an answer of the admin listener.

    Raises:
        OSError: it cannot be reached.
        HTTPException: it does not speak HTTP.
    """
    with closing(HTTPConnection(dialled(address.host), address.port, timeout=timeout_s)) as connection:
        if address.socket:
            connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.sock.settimeout(timeout_s)
            connection.sock.connect(address.socket)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace").strip()


def dialled(host: str) -> str:
    """Return the loopback address for a listener on every interface."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # compared, not listened on


def summary(body: str) -> str:
    try:
        members = json.loads(body)
        text = f"revision {members['revision']}, {members['operations']} of {members['operations_total']} operations"
    except (ValueError, KeyError, TypeError):
        return body
    return f"{text}; the last reload failed, see /readyz" if members.get("reload_error") else text
