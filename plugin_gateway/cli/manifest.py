"""`manifest`: prints the manifest that is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
def command(config: Path | None) -> None:
    """Print the plugin manifest that the gateway serves, byte for byte."""
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.publish.manifest import MANIFEST_PATH

    body = build_to_show(config).revision.faces[MANIFEST_PATH].body
    click.echo(body, nl=not body.endswith(b"\n"))
