"""`serve`: the gateway itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import checked_address, config_option

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.server.process import Front

MAX_WORKERS = 256


@click.command()
@config_option
@click.option(
    "--listen",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Where to listen, instead of what the config says.",
)
@click.option(
    "--admin", callback=checked_address, default="", metavar="HOST:PORT", help="Where health and metrics are, likewise."
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    default=1,
    show_default=True,
    envvar="PLUGIN_GATEWAY_WORKERS",
    help="Processes that take calls; one fills one core.",
)
@click.option(
    "--front",
    type=click.Choice(["connection", "asgi"]),
    default="connection",
    show_default=True,
    help="What takes calls: the gateway's own HTTP/1.1, or uvicorn's, slower, with the gateway as an ASGI app.",
)
def command(config: Path | None, listen: str, admin: str, workers: int, front: Front) -> None:
    """Serve the allowed operations, the document and the manifest, until SIGTERM or Ctrl-C.

    Files are watched and taken over when they change; SIGHUP does the same. A mistake in them changes nothing.
    """
    from plugin_gateway.cli.banner import announce  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.server.supervisor import ServeOptions, run  # noqa: PLC0415  # likewise

    run(ServeOptions(config=config, listen=listen, admin=admin, workers=workers, front=front), announce)
