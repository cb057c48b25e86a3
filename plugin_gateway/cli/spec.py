"""`spec`: prints the document that is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import show_findings

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@config_option
@click.option("--format", "syntax", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option("--profile", default="", metavar="NAME", help="gpt-actions, plugin, 3.0 or lean, as in `?profile=NAME`.")
def command(config: Path | None, syntax: str, profile: str) -> None:
    """Print the document that the gateway serves, byte for byte."""
    from plugin_gateway.cli.building import build_to_show

    revision = build_to_show(config).revision
    faces = revision.faces
    name = f"/openapi.{syntax}"
    face = faces.get(f"{name}?profile={profile}" if profile else name)
    if face is None:
        known = ", ".join(sorted(path.partition("?profile=")[2] for path in faces if path.startswith(f"{name}?")))
        raise click.BadParameter(f"there is no profile `{profile}`; valid: {known}", param_hint="--profile")
    click.echo(face.body, nl=not face.body.endswith(b"\n"))
    if notes := [note for note in revision.notes if note.rule == f"profile-{profile}"]:
        show_findings(notes)
