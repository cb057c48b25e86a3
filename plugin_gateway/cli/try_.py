"""`try`: makes one call of an allowed operation, as a tool call would."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import click

from plugin_gateway import methods
from plugin_gateway.cli.options import as_option, checked_size, config_option
from plugin_gateway.cli.suggestions import suggest_allowed
from plugin_gateway.errors import UsageError
from plugin_gateway.text.readable import readable

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.reports.call_once import CallAnswer

_SHOWN_BYTES: Final = 100_000
_SHOWN_REQUEST_BYTES: Final = 2_000
_ALL_BYTES: Final = 1 << 62


@click.command()
@config_option
@as_option("Call as this entry of `consumers`.")
@click.option(
    "--max-bytes",
    callback=checked_size,
    default=None,
    metavar="SIZE",
    help="Print at most this much of the answer.  [default: 100kB on a terminal, else all]",
)
@click.argument("operation", metavar="OP", shell_complete=suggest_allowed)
@click.argument("words", metavar="[KEY=VALUE]...", nargs=-1)
def command(config: Path | None, consumer: str, max_bytes: int | None, operation: str, words: tuple[str, ...]) -> int:
    """Call the allowed operation OP of the upstream, and print the answer.

    OP is the name of a tool, an operationId, or `METHOD /path/template`. Give the arguments of the tool: KEY=VALUE with the
    type that the tool declares, KEY:=JSON, KEY=@FILE for the content of a file, KEY:=@FILE for JSON in a file, and @FILE for a
    JSON object of arguments. Repeat a key for a list: `plugin-gateway try listOrders status=open tag=a tag=b`.

    The call passes the same gate, limits, credentials and masking as a client's call, but no client is authenticated. The
    request (credentials hidden), the status, time, size and tokens go to standard error, and the body to standard output. Exit
    status: 0 if the upstream answered 1xx to 3xx, 1 if it or the gateway refused the call, 2 if the arguments do not make a
    valid call.
    """
    from plugin_gateway.cli.building import build_to_check
    from plugin_gateway.cli.terminal_approver import TerminalApprover
    from plugin_gateway.cli.words import describe, read_words
    from plugin_gateway.reports.call_once import call_once
    from plugin_gateway.reports.callee import find_tool, view_of
    from plugin_gateway.tools.request import RequestWriter, ToolRequest

    built = build_to_check(config)
    revision = built.revision
    gate, tools, access = view_of(revision, consumer)
    if operation.upper() in methods.KNOWN and words and words[0].startswith("/"):
        operation, words = f"{operation.upper()} {words[0]}", words[1:]
    tool = find_tool(operation, tools, built.document, consumer)
    request = RequestWriter(tool, gate).write(read_words(words, tool))
    if not isinstance(request, ToolRequest):
        problems = [problem.detail for problem in request]
        raise UsageError("\n".join((*problems, "", describe(tool))))
    limit = max_bytes if max_bytes is not None else _SHOWN_BYTES if sys.stdout.isatty() else _ALL_BYTES
    return show(call_once(revision, access, request, keep_bytes=limit, approver=TerminalApprover()), limit)


def show(reply: CallAnswer, limit: int) -> int:
    """Print the request and the facts about the answer to standard error, and its body to standard output."""
    from plugin_gateway.tools.tokens import tokens_of_size

    if reply.sent:
        head, _, body = reply.sent.partition(b"\r\n\r\n")
        first, _, rest = readable(head.decode(errors="replace")).partition("\n")
        say(click.style(first, bold=True))
        say(rest)
        if body:
            say("")
            say(excerpt(body, _SHOWN_REQUEST_BYTES))
        say("")
    record = reply.record
    if record.reason:
        cause = f": {record.cause}" if record.cause else ""
        say(f"{click.style('refused', fg='red', bold=True)} by the gateway, {record.reason}{cause}")
    if reply.status:
        is_good = reply.status < 400
        status = click.style(
            f"{reply.status} {phrase(reply.status)}".strip(), fg="green" if is_good else "red", bold=True
        )
        kind = dict(reply.fields).get(b"content-type", b"").decode("latin-1")
        facts = [f"{reply.took_s * 1000:.0f} ms", f"{reply.size} bytes", f"about {tokens_of_size(reply.size)} tokens"]
        say(", ".join((status, *facts, *([readable(kind)] if kind else []))))
    write_body(reply.body)
    if reply.size > limit:
        say(f"cut after {limit} of {reply.size} bytes; --max-bytes prints more")
    if not reply.is_complete:
        say("the answer ended early")
    return 0 if reply.is_complete and 0 < reply.status < 400 else 1


def write_body(body: bytes) -> None:
    """Write the body as it is; on a terminal, only readable text, because escape sequences would control the terminal."""
    if not body:
        return
    if not sys.stdout.isatty():
        sys.stdout.flush()
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    click.echo(excerpt(body, len(body)))


def excerpt(octets: bytes, limit: int) -> str:
    """Return the beginning of a text. For octets that are not text, return a sentence that says so."""
    try:
        text = octets[:limit].decode(errors="strict" if len(octets) <= limit else "ignore")
    except UnicodeDecodeError:
        return f"({len(octets)} bytes that are not text)"
    more = f"… ({len(octets)} bytes)" if len(octets) > limit else ""
    return readable(text) + more


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def say(text: str) -> None:
    click.echo(text, err=True)
