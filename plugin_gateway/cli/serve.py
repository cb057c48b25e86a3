"""`serve`: the gateway itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.options import checked_address, checked_duration, config_option

if TYPE_CHECKING:
    from plugin_gateway.server.process import Front
    from plugin_gateway.server.start import Started
    from plugin_gateway.telemetry import Log

MAX_WORKERS = 256


class FrontName(click.Choice):  # type: ignore[type-arg]  # click 8.1 has no parameter there
    """The name of a front. For `http2`, which was removed, the error says what to do instead."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "http2":
            message = (
                "'http2' was removed: the gateway speaks HTTP/1.1. For HTTP/2 clients, put nginx, Caddy, Envoy or HAProxy in "
                "front; deploy/http2 has a configuration for each; docs/adr/0013-http2-ends-in-front.md explains why."
            )
            self.fail(message, param, ctx)
        name: str = super().convert(value, param, ctx)
        return name


@click.command()
@config_option
@click.option(
    "--revision",
    "revision_file",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Serve a file that `plugin-gateway build -o FILE` wrote, instead of a config and its document.",
)
@click.option(
    "--listen",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Public listener, instead of `listen` in the config.",
)
@click.option(
    "--admin",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Listener for health, metrics and console, instead of `admin`.",
)
@click.option(
    "--metrics",
    callback=checked_address,
    default="",
    metavar="HOST:PORT",
    help="Listener for metrics alone, instead of `metrics`; for a scraper that cannot reach --admin.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    default=1,
    show_default=True,
    envvar="PLUGIN_GATEWAY_WORKERS",
    help="Number of worker processes; each can use one core.",
)
@click.option(
    "--front",
    type=FrontName(["connection", "asgi"]),
    default="connection",
    show_default=True,
    help="Handle calls on the fast path, or in the ASGI app behind the same HTTP/1.1 server.",
)
@click.option(
    "--log",
    "log_level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default=None,
    help="Lowest level to log, instead of `log.level`; debug logs each upstream connection.",
)
@click.option(
    "--wait-for-document",
    "wait_s",
    callback=checked_duration,
    default=None,
    envvar="PLUGIN_GATEWAY_WAIT_FOR_DOCUMENT",
    metavar="DURATION",
    help="How long to wait for a document at a URL whose server does not answer yet (no connection, timeout, 5xx, 429). "
    "Meanwhile the gateway is alive but not ready. 0 exits at once.  [default: forever]",
)
@click.option("--open", "opens", is_flag=True, help="Print a link to the console, and open it in a browser.")
@click.option(
    "--drain-delay",
    "drain_delay_s",
    callback=checked_duration,
    default="0",
    show_default=True,
    envvar="PLUGIN_GATEWAY_DRAIN_DELAY",
    metavar="DURATION",
    help="How long to take calls after SIGTERM while /readyz answers 503, so that a load balancer stops sending calls first.",
)
@click.option(
    "--drain-timeout",
    "drain_timeout_s",
    callback=checked_duration,
    default="10s",
    show_default=True,
    envvar="PLUGIN_GATEWAY_DRAIN_TIMEOUT",
    metavar="DURATION",
    help="How long calls in flight may run after that, before they are cut.",
)
def command(
    *,
    config: Path | None,
    revision_file: Path | None,
    listen: str,
    admin: str,
    metrics: str,
    workers: int,
    front: Front,
    log_level: str | None,
    wait_s: float | None,
    drain_delay_s: float,
    drain_timeout_s: float,
    opens: bool,
) -> int:
    """Serve the allowed operations, the document and the manifest, until SIGTERM or Ctrl-C.

    The gateway reloads its files when they change, and on SIGHUP. If a file has a mistake, it serves the previous revision.
    """
    if config is not None and revision_file is not None:
        raise click.UsageError("`--config` and `--revision` exclude each other: the revision file contains the config.")
    if str(revision_file) == "-":
        raise click.UsageError(
            "`--revision -` cannot work: the gateway reads the file again when it reloads. Name a file."
        )
    from plugin_gateway.reload.child_process import ChildProcess

    with ChildProcess("now") as child:
        # The child imports its modules while this process imports these.
        from plugin_gateway.config.find import STANDARD_INPUT, is_standard_input, read_text
        from plugin_gateway.server.start import ServeOptions
        from plugin_gateway.server.startup import run

        is_piped = revision_file is None and is_standard_input(config, os.environ)
        options = ServeOptions(
            config=config,
            revision_file=revision_file,
            text=read_text(STANDARD_INPUT) if is_piped else None,
            listen=listen,
            admin=admin,
            metrics=metrics,
            workers=workers,
            front=front,
            wait_s=wait_s,
            log_level=log_level or "",
            drain_delay_s=drain_delay_s,
            drain_timeout_s=drain_timeout_s,
        )

        def announce(started: Started, log: Log) -> None:
            from plugin_gateway.cli import banner

            (banner.announce_and_open if opens else banner.announce)(started, log)

        return run(options, announce, child)
