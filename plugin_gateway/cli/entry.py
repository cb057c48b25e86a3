"""The command `plugin-gateway`: finds the subcommand, and turns errors into messages and exit codes."""

from __future__ import annotations

import errno
import gc
import os
import re
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from plugin_gateway.cli.colors import colors
from plugin_gateway.errors import FindingsError, GatewayError, UsageError

if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS: Final = {
    "serve": ("plugin_gateway.cli.serve", "Serve the allowed operations, the document and the manifest."),
    "check": ("plugin_gateway.cli.check", "Check gateway.yaml and the document that it names."),
    "diff": ("plugin_gateway.cli.diff", "Describe what changed since the lock, or between two documents."),
    "lock": ("plugin_gateway.cli.lock", "Write gateway.lock: accept the document's current descriptions."),
    "build": ("plugin_gateway.cli.build", "Write a revision file, to start without the document."),
    "explain": ("plugin_gateway.cli.explain", "Explain step by step whether a call would pass."),
    "try": ("plugin_gateway.cli.try_", "Call an allowed operation, and print the request and the answer."),
    "ops": ("plugin_gateway.cli.ops", "List or search the operations of the document."),
    "allow": ("plugin_gateway.cli.allow", "Add operations to the allow-list in gateway.yaml."),
    "deny": ("plugin_gateway.cli.deny", "Close operations in gateway.yaml."),
    "fmt": ("plugin_gateway.cli.fmt", "Format gateway.yaml."),
    "init": ("plugin_gateway.cli.init", "Write a first gateway.yaml for a document."),
    "observe": ("plugin_gateway.cli.observe", "Forward all calls to an API, and record what they use."),
    "suggest": ("plugin_gateway.cli.suggest", "Print the smallest gateway.yaml that permits the recorded calls."),
    "prune": ("plugin_gateway.cli.prune", "Cut a document down to some operations."),
    "spec": ("plugin_gateway.cli.spec", "Print the document that is served."),
    "manifest": ("plugin_gateway.cli.manifest", "Print the manifest that is served."),
    "tools": ("plugin_gateway.cli.tools", "Print the allowed operations as tools for MCP and for models."),
    "mcp": ("plugin_gateway.cli.mcp", "Serve the allowed operations as MCP tools over standard input and output."),
    "plugin": ("plugin_gateway.cli.plugin", "Write the plugin package for ChatGPT, Claude and others."),
    "audit": ("plugin_gateway.cli.audit", "Check that no line of an audit was changed or removed."),
    "attack": ("plugin_gateway.cli.attack", "Attack the gateway as a hostile caller, with cases from your allow-list."),
    "console": ("plugin_gateway.cli.console", "Print the link to the console of a running gateway."),
    "approvals": ("plugin_gateway.cli.approvals", "List the calls that wait for a person's approval."),
    "approve": ("plugin_gateway.cli.approve", "Approve or deny a call that waits."),
    "hash-token": ("plugin_gateway.cli.hash_token", "Print a line for the users file of `auth: user_http`."),
    "schema": ("plugin_gateway.cli.schema", "Print the JSON Schema of gateway.yaml, for editors."),
    "completion": (
        "plugin_gateway.cli.completion",
        "Print the script that lets a shell complete commands and operations.",
    ),
    "demo": ("plugin_gateway.cli.demo", "Serve an embedded example API through the gateway."),
    "health": ("plugin_gateway.cli.health", "Ask a running gateway whether it is ready."),
}
"""Each command's module, which names it `command`, and its line in the overview, so that `--help` imports no command."""

_UNEXPECTED: Final = re.compile(r"Got unexpected extra argument \((\S+)\)")
EXIT_INTERRUPTED: Final = 130
EXIT_BROKEN_PIPE: Final = 141
UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class CommandTable(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            close = nearest(cmd_name)
            hint = f" Did you mean `{close}`?" if close else f" The commands are: {', '.join(COMMANDS)}."
            raise click.UsageError(f"There is no command `{cmd_name}`.{hint}", ctx)
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def nearest(word: str) -> str:
    from plugin_gateway.text.closest import closest

    return next(iter(closest(word, COMMANDS)), "")


@click.group(
    cls=CommandTable,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 success, 1 findings or a refusal, 2 a mistake in the command line, the config or the document.",
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _, is_asked: show_version(context) if is_asked else None,
    help="Show the version and exit.",
)
def cli() -> None:
    """Let ChatGPT, MCP clients and agents use a dozen operations of your large REST API, and nothing else."""


def show_version(context: click.Context) -> None:
    from plugin_gateway.version import shown_version

    click.echo(f"plugin-gateway {shown_version()}")
    context.exit()


def main() -> NoReturn:
    """Run the command line and exit."""
    # Importing makes many objects and no garbage. A process that serves turns the collector on (`server.startup.run`).
    gc.disable()
    occupy_standard_streams()
    leave(run(sys.argv[1:]))


def occupy_standard_streams() -> None:
    """Open the streams that are closed. Otherwise a socket could get descriptor 2, and the log would go to a client."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # open() returns the lowest free descriptor, and that is the closed stream's. Output must not get lost unseen: a
            # command that writes to a closed standard output fails as on a full disk. The log and messages may get lost.
            os.open(os.devnull, os.O_RDONLY if name == "stdout" else os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115  # open until the process ends


def run(arguments: list[str]) -> int:
    """Run one command line, print its errors to standard error, and return the exit status."""
    try:
        status = run_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe. Python must not flush to it again while it exits.
        write_no_more()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        write_no_more()
        with suppress(OSError):
            say_error(f"cannot write the output: {os.strerror(error.errno).lower()}")
        return UsageError.exit_code
    return status


def write_no_more() -> None:
    """Redirect standard output to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def run_command(arguments: list[str]) -> int:
    output = sys.stdout
    try:
        status = cli.main(arguments, prog_name="plugin-gateway", standalone_mode=False, color=colors())
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and (hint := _hint(error)):
            error = click.UsageError(f"{error.message}. {hint}", error.ctx)
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except SystemExit:
        # When the pipe is closed, click wraps the streams and exits by itself, with the status of findings.
        if sys.stdout is not output:
            raise BrokenPipeError from None
        raise
    except FindingsError as error:
        from plugin_gateway.cli.report import show_findings

        show_findings(error.findings)
        return error.exit_code
    except GatewayError as error:
        say_error(str(error))
        return error.exit_code
    return status if isinstance(status, int) else 0


def _hint(error: click.UsageError) -> str:
    """Return which option takes an argument that the command does not take."""
    found = _UNEXPECTED.match(error.message)
    if found is None or error.ctx is None:
        return ""
    params = error.ctx.command.params
    options = {option for param in params for option in param.opts}
    has_arguments = any(isinstance(param, click.Argument) for param in params)
    option = "--allow" if "--allow" in options else "--config" if "--config" in options and not has_arguments else ""
    return f"Did you mean `{option} {found[1]}`?" if option else ""


def say_error(message: str) -> None:
    """Print an error message that has no location in a file."""
    click.echo(f"{click.style('error', fg='red', bold=True)}: {message}", err=True, color=colors())


def leave(status: int) -> NoReturn:
    """Exit without freeing objects: to free a document of a million objects takes longer than to prune it."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
