"""`completion`: prints the script that makes a shell complete commands, options and operations."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    Bash: `eval "$(plugin-gateway completion bash)"` in ~/.bashrc, zsh likewise in ~/.zshrc; fish:
    `plugin-gateway completion fish > ~/.config/fish/completions/plugin-gateway.fish`. Operations are those of the document
    that the config names, or of the one on the command line.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # --help must not pay for it

    from plugin_gateway.cli.entry import cli  # noqa: PLC0415  # which imports us

    complete = get_completion_class(shell)
    assert complete is not None  # noqa: S101  # click has all three
    click.echo(complete(cli, {}, "plugin-gateway", "_PLUGIN_GATEWAY_COMPLETE").source())
