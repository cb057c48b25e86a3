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
    from plugin_gateway.cli.building import build_to_show  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.publish.manifest import MANIFEST_PATH  # noqa: PLC0415  # likewise

    body = build_to_show(config).revision.faces[MANIFEST_PATH].body
    click.echo(body, nl=not body.endswith(b"\n"))
