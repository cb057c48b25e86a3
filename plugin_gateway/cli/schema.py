"""`schema`: prints the JSON Schema of gateway.yaml."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of gateway.yaml. Editors use it to complete and check the file.

    For VS Code, run `plugin-gateway schema > gateway.schema.json`, and begin gateway.yaml with the line
    `# yaml-language-server: $schema=gateway.schema.json`.
    """
    import orjson

    from plugin_gateway.config.reference import offered_schema

    click.echo(orjson.dumps(offered_schema(), option=orjson.OPT_INDENT_2))
