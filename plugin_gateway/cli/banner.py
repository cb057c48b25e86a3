"""The banner: what the gateway prints when it starts to serve."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from plugin_gateway import __version__
from plugin_gateway.cli.browser import open_link
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH
from plugin_gateway.telemetry import log_findings
from plugin_gateway.version import core, shown_version

if TYPE_CHECKING:
    from plugin_gateway.server.start import Started
    from plugin_gateway.telemetry import Log


def announce_and_open(started: Started, log: Log) -> None:
    """Announce that the gateway serves, and open its console."""
    announce(started, log)
    if not started.console:
        key = "console: true" if started.admin is not None else "admin: 127.0.0.1:8081"
        tell(f"the console is off: write `{key}` in gateway.yaml to turn it on")
        return
    link = started.link()
    # Standard output, and not the log, because the link lets its reader in.
    with suppress(OSError):
        click.echo(link)
    if not open_link(link):
        tell("this machine has no display: open the link yourself")


def announce(started: Started, log: Log) -> None:
    """Announce that the gateway serves: as log events if the log is JSON, else as text for a person."""
    compiled = started.compiled
    summary = (
        f"{compiled.operations} of {compiled.operations_total} operations are served on {started.listen}, "
        f"ready after {started.took_s:.2f} s"
    )
    if log.is_json:
        log_findings(log, compiled.warnings)
        log.event(
            "info",
            "started",
            summary,
            version=__version__,
            core=core(),
            public_url=compiled.public_url,
            openapi=compiled.public_url + DOCUMENT_PATH,
            manifest=compiled.public_url + MANIFEST_PATH,
            listen=str(started.listen),
            admin=str(started.admin or ""),
            metrics=str(started.metrics or started.admin or ""),
            console=started.console,
            workers=started.workers,
            revision=compiled.number,
            digest=compiled.digest,
        )
        return
    for finding in compiled.warnings:
        tell(str(finding))
    tell(as_text(started))


def tell(text: str) -> None:
    """Print to standard error; a closed terminal must not stop the gateway."""
    with suppress(OSError):
        click.echo(text, err=True)


def as_text(started: Started) -> str:
    compiled = started.compiled
    rows = [
        ("public", compiled.public_url),
        ("document", compiled.public_url + DOCUMENT_PATH),
        ("manifest", compiled.public_url + MANIFEST_PATH),
        ("listening on", f"{started.listen}, {started.workers} worker{'s' * (started.workers != 1)}"),
        ("admin", f"http://{started.admin}/readyz, /metrics" if started.admin else "none"),
        *([("metrics", f"http://{started.metrics}/metrics")] if started.metrics else []),
        *([("console", f"{started.console}, enter with `plugin-gateway console`")] if started.console else []),
        ("operations", f"{compiled.operations} of {compiled.operations_total}"),
    ]
    if warnings := len(compiled.warnings):
        rows.append(("warnings", f"{warnings}, see above"))
    width = max(len(name) for name, _ in rows)
    title = click.style(f"plugin-gateway {shown_version()}", bold=True)
    lines = [f"{title}, ready after {started.took_s:.2f} s"]
    lines += [f"  {click.style(name.ljust(width), dim=True)}  {value}" for name, value in rows]
    return "\n".join(lines)
