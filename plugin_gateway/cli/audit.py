"""`audit verify`: checks that no line of an audit was changed or removed."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin_gateway.errors import UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from plugin_gateway.telemetry.chain import ChainEnd

_MOST_SHOWN = 20
_STANDARD_INPUT = Path("-")


@click.group()
def command() -> None:
    """Check that no line of an audit was changed or removed."""


@command.command(short_help="Check the links of a chain of lines.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--from",
    "first",
    default="",
    metavar="LINES:SHA256",
    help="The end of the chain before the first file, if older files were removed.",
)
@click.option(
    "--head",
    "last",
    default="",
    metavar="LINES:SHA256",
    help="The end of the chain that was kept elsewhere.  [default: the file FILE.head beside the last file]",
)
def verify(files: tuple[Path, ...], first: str, last: str) -> int:
    """Read one audit, from its oldest file to its newest, and check each link of its chain. Exit status: 1 if a link is broken.

    A file may be `-`, standard input.
    """
    from plugin_gateway.telemetry.chain import START, breaks_in
    from plugin_gateway.telemetry.trail import head_path, stored_end

    begin = _read(first, "--from") if first else START
    try:
        stored = None if files[-1] == _STANDARD_INPUT else stored_end(files[-1])
    except OSError as error:
        raise UsageError(f"{files[-1]} cannot be read: {reason_of(error)}") from error
    end = _read(last, "--head") if last else stored and stored.head
    count = 0

    def counted(lines: Iterator[bytes]) -> Iterator[bytes]:
        nonlocal count
        for line in lines:
            count += 1
            yield line.removesuffix(b"\n")

    with ExitStack() as stack:
        opened = [_lines(stack.enter_context(_opened(file))) for file in files[:-1]]
        opened.append(_lines(stack.enter_context(_opened(files[-1])), stored.size if stored else -1))
        broken = list(breaks_in(counted(chain.from_iterable(opened)), first=begin, last=end))
    for one in broken[:_MOST_SHOWN]:
        where = f"line {one.line} of {_named(files)}" if one.line else _named(files)
        click.echo(f"{where}: {one.message}" + (f"\n  = {one.hint}" if one.hint else ""), err=True)
    if len(broken) > _MOST_SHOWN:
        click.echo(f"and {len(broken) - _MOST_SHOWN} more", err=True)
    if end is None:
        missing = "the head" if files[-1] == _STANDARD_INPUT else head_path(files[-1])
        text = f"{missing} is missing, so lines at the end could be missing, too; give the head with --head"
        click.echo(f"{_named(files)}: {text}", err=True)
    if broken or end is None:
        return 1
    click.echo(f"ok: {count} lines, none changed or missing; the head is {end}")
    return 0


def _read(text: str, option: str) -> ChainEnd:
    from plugin_gateway.telemetry.chain import read_head

    head = read_head(text)
    if head is None:
        raise UsageError(
            f"{option}: `{text}` is not the head of a chain; expected a number of lines, a colon and 64 hexadecimal digits"
        )
    return head


def _lines(file: BinaryIO, most: int = -1) -> Iterator[bytes]:
    """Yield the lines in the first `most` bytes: a gateway may add more while they are read."""
    for line in file:
        if most == 0:
            return
        yield line
        most -= len(line)


def _opened(file: Path) -> BinaryIO:
    if file == _STANDARD_INPUT:
        return sys.stdin.buffer
    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {reason_of(error)}") from error


def _named(files: tuple[Path, ...]) -> str:
    first, last = ("standard input" if file == _STANDARD_INPUT else str(file) for file in (files[0], files[-1]))
    return first if len(files) == 1 else f"{first} … {last}"
