"""`explain`: says step by step whether a call would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import as_option, config_option
from plugin_gateway.cli.suggestions import suggest_methods, suggest_paths

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.gate.variant import PlainFields
    from plugin_gateway.revision.account import Account


class CallCommand(click.Command):
    """A command that takes METHOD and PATH, or a whole curl command in their place."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        from plugin_gateway.cli.curl import read_curl, split_curl

        for at, word in enumerate(args):
            # The command is one word in quotes, or all words from `curl` on.
            end = len(args) if word == "curl" else at + 1
            if (curl := split_curl(args[at:end])) is not None:
                call = read_curl(curl)
                fields = [f"--header={line}" for line in call.headers]
                args = [*args[:at], *args[end:], *fields, "--", call.method, call.url]
                break
        return super().parse_args(ctx, args)


@click.command(cls=CallCommand)
@config_option
@click.argument("method", shell_complete=suggest_methods)
@click.argument("path", shell_complete=suggest_paths, required=False)
@as_option("Explain the call of this entry of `consumers`.")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header field of the call.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def command(
    context: click.Context,
    config: Path | None,
    method: str,
    path: str | None,
    consumer: str,
    headers: tuple[str, ...],
    shape: str,
) -> int:
    """Explain step by step whether the call METHOD PATH would pass, and which line of gateway.yaml decides it.

    PATH is a path with its query, or a whole URL of the gateway or the upstream: `plugin-gateway explain GET
    '/orders?status=open'`. A curl command can be pasted: `plugin-gateway explain curl -X POST https://…`; its body is not
    judged, and of the header fields only those that select an operation or the page. A path or URL alone is a GET. Exit status:
    0 if the call is allowed or the gateway answers it itself, 1 if it is refused. The output names denied operations; clients
    do not see it.
    """
    if path is None:
        method, _, path = method.partition(" ")  # `explain 'GET /orders'`, as a log or a list has it
        if not path and (method.startswith("/") or "://" in method):
            method, path = "GET", method
        if not path:
            raise click.UsageError("Missing argument 'PATH': write METHOD and PATH, such as `GET /orders`.", context)
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.revision.account import account_for

    built = build_to_show(config)
    account = account_for(
        method,
        path,
        revision=built.revision,
        loaded=built.loaded,
        document=built.document,
        consumer=consumer,
        fields=_fields(headers),
        agreed=built.agreed,
    )
    if shape == "json":
        import orjson

        from plugin_gateway.reports.explained import as_members

        click.echo(orjson.dumps(as_members(account), option=orjson.OPT_INDENT_2))
    else:
        click.echo(as_text(method, path, account))
    return 0 if account.is_allowed else 1


def _fields(headers: tuple[str, ...]) -> PlainFields:
    from plugin_gateway.gate.variant import PlainFields

    lines = (header.encode(errors="replace").partition(b":") for header in headers)
    return PlainFields(tuple((name.strip().lower(), value.strip()) for name, _, value in lines))


def as_text(method: str, path: str, account: Account) -> str:
    from plugin_gateway.refusal import Refusal
    from plugin_gateway.revision.account import ELSEWHERE

    width = max(len(step.name) for step in account.steps)
    lines = [click.style(f"{method} {path}", bold=True)]
    for step in account.steps:
        mark = click.style("✓", fg="green") if step.passed else click.style("✗", fg="red", bold=True)
        lines.append(f"  {mark} {step.name:{width}}  {step.finding}")
    if account.rule is not None:
        rest = f": forwarded as {account.rule.operation_id} to {account.url}"
        lines.append(click.style("allowed", fg="green", bold=True) + rest)
    elif not isinstance(account.verdict, Refusal):
        lines.append(click.style("answered", fg="green", bold=True) + " by the gateway itself")
    elif account.verdict is ELSEWHERE:
        lines.append(click.style("not judged", fg="red", bold=True) + ": such a call does not come to the gateway")
    else:
        rest = f": the client gets {account.verdict.status} {account.verdict.code}"
        lines.append(click.style("refused", fg="red", bold=True) + rest)
        if path[:1] not in ("/", "*") and "://" not in path:
            lines.append(f"hint: a path begins with a slash: `{method} /{path}`")
    return "\n".join(lines)
