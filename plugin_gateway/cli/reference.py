"""The reference of the command line, generated from the commands themselves: docs/cli.md."""

from __future__ import annotations

import click

from plugin_gateway.cli.entry import cli

INTRODUCTION = """\
# Commands

Generated from the commands by `make docs`.

Standard output is data, standard error is messages. Exit status: 0 fine, 1 findings or a refusal, 2 a mistake in the
command line, the config or the document. The config is `-c FILE`, else `$PLUGIN_GATEWAY_CONFIG`, else `./gateway.yaml`.
"""


def reference() -> str:
    """Render what `--help` says of every command as one page of Markdown."""
    # A context made by hand does not have what its command asks of contexts; the help options are among it.
    settings = {**cli.context_settings, "max_content_width": 100, "terminal_width": 100}
    root = click.Context(cli, info_name="plugin-gateway", **settings)
    pages = [INTRODUCTION]
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        if command is not None:
            context = click.Context(command, info_name=name, parent=root, max_content_width=100, terminal_width=100)
            pages.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(pages)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
