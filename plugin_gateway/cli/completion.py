"""`completion`: prints the script that makes a shell complete commands, options and operations."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    Bash: add `eval "$(plugin-gateway completion bash)"` to ~/.bashrc. Zsh: add the same with `zsh` to ~/.zshrc. Fish: run
    `plugin-gateway completion fish > ~/.config/fish/completions/plugin-gateway.fish`. The script also completes operations,
    from the document that the config or the command line names.
    """
    from click.shell_completion import get_completion_class

    from plugin_gateway.cli.entry import cli  # which imports us

    complete = get_completion_class(shell)
    assert complete is not None  # noqa: S101  # click has all three
    click.echo(complete(cli, {}, "plugin-gateway", "_PLUGIN_GATEWAY_COMPLETE").source())
