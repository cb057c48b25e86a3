"""`serve`: the gateway itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.options import checked_address, checked_duration, config_option

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.server.process import Front

MAX_WORKERS = 256


class FrontName(click.Choice):  # type: ignore[type-arg]  # click 8.1 has no parameter there
    """The name of a front; `http2`, which was one, is answered with what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "http2":
            message = (
                "'http2' is gone: the gateway speaks HTTP/1.1. Put nginx, Caddy, Envoy or HAProxy in front for clients of "
                "HTTP/2; deploy/http2 has a configuration for each, docs/adr/0013-http2-ends-in-front.md says why."
            )
            self.fail(message, param, ctx)
        name: str = super().convert(value, param, ctx)
        return name


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
    "--metrics",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Where metrics alone are, besides --admin, for a scraper that does not reach that.",
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
    type=FrontName(["connection", "asgi"]),
    default="connection",
    show_default=True,
    help="What takes calls: the fast way, or the ASGI app behind the same HTTP/1.1.",
)
@click.option(
    "--log",
    "log_level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default=None,
    help="The least that is logged, instead of `log.level`; debug tells of each upstream connection.",
)
@click.option(
    "--wait-for-document",
    "wait_s",
    callback=checked_duration,
    default=None,
    envvar="PLUGIN_GATEWAY_WAIT_FOR_DOCUMENT",
    metavar="DURATION",
    help="How long to wait, alive and not ready, for a document at a URL whose server does not answer yet (no connection, "
    "no answer in time, 5xx, 429); 0 ends at once.  [default: without end]",
)
def command(
    *,
    config: Path | None,
    listen: str,
    admin: str,
    metrics: str,
    workers: int,
    front: Front,
    log_level: str | None,
    wait_s: float | None,
) -> int:
    """Serve the allowed operations, the document and the manifest, until SIGTERM or Ctrl-C.

    Files are watched and taken over when they change; SIGHUP does the same. A mistake in them changes nothing.
    """
    from plugin_gateway.cli.banner import announce  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.config.find import STANDARD_INPUT, is_standard_input, read_text  # noqa: PLC0415  # likewise
    from plugin_gateway.server.supervisor import ServeOptions, run  # noqa: PLC0415  # likewise

    options = ServeOptions(
        config=config,
        text=read_text(STANDARD_INPUT) if is_standard_input(config, os.environ) else None,
        listen=listen,
        admin=admin,
        metrics=metrics,
        workers=workers,
        front=front,
        wait_s=wait_s,
        log_level=log_level or "",
    )
    return run(options, announce)
