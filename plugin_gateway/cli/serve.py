"""`serve`: the gateway itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import checked_address, config_option
from plugin_gateway.errors import UsageError

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
    type=click.Choice(["connection", "asgi", "http2"]),
    default="connection",
    show_default=True,
    help="What takes calls: the fast way, the ASGI app behind the same HTTP/1.1, or the fast way and beside it the ASGI app "
    "for clients that begin with HTTP/2 (extra `http2`).",
)
def command(config: Path | None, listen: str, admin: str, workers: int, front: Front) -> None:
    """Serve the allowed operations, the document and the manifest, until SIGTERM or Ctrl-C.

    Files are watched and taken over when they change; SIGHUP does the same. A mistake in them changes nothing.
    """
    if front == "http2" and find_spec("zttp") is None:
        raise UsageError("--front http2 needs the extra `http2`: pip install 'plugin-gateway[http2]'")
    from plugin_gateway.cli.banner import announce  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.server.supervisor import ServeOptions, run  # noqa: PLC0415  # likewise

    run(ServeOptions(config=config, listen=listen, admin=admin, workers=workers, front=front), announce)
