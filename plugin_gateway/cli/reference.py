"""The reference of the command line, generated from the commands themselves: docs/cli.md."""

from __future__ import annotations

import click

from plugin_gateway.cli.entry import cli

INTRODUCTION = """\
# Commands

Generated from the commands by `make docs`.

Commands write data to standard output and messages to standard error. Exit status: 0 success, 1 findings or a refusal, 2 a
mistake in the command line, the config or the document. The config is `-c FILE`, else `$PLUGIN_GATEWAY_CONFIG`, else `./gateway.yaml`.
"""


def reference() -> str:
    """Render the `--help` of every command as one page of Markdown."""
    # click gives a context the settings of its command, such as the help options, only if click makes it.
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
