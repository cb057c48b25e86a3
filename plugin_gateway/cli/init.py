"""`init`: writes a first gateway.yaml for a document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from plugin_gateway.cli.options import checked_address, operations_in
from plugin_gateway.cli.suggestions import suggest_operations
from plugin_gateway.errors import DocumentError, UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_gateway.openapi.document import Document, Operation


@click.command()
@click.argument("spec")
@click.argument("operations", metavar="[OP]...", nargs=-1, shell_complete=suggest_operations)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("gateway.yaml"), show_default=True, metavar="FILE",
    help="Output file; `-` is standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--add", is_flag=True, help="Allow the operations OP. If the file exists, add them to it.")
@click.option("--dry-run", is_flag=True, help="Print the file, or the diff if the file exists, and write nothing.")
@click.option(
    "--pick",
    is_flag=True,
    help="Allow nothing yet: start a gateway for this machine alone, and open its console to choose the operations there.",
)
@click.option(
    "--listen",
    callback=checked_address,
    default="127.0.0.1:8080",
    show_default=True,
    metavar="HOST:PORT",
    help="Public listener of --pick.",
)
@click.option(
    "--admin",
    callback=checked_address,
    default="127.0.0.1:8081",
    show_default=True,
    metavar="HOST:PORT",
    help="Listener of --pick for the console.",
)
def command(
    spec: str,
    operations: tuple[str, ...],
    output: Path,
    *,
    force: bool,
    add: bool,
    dry_run: bool,
    pick: bool,
    listen: str,
    admin: str,
) -> int:
    """Write a commented gateway.yaml for the document SPEC (a file, a URL, or `-`). It allows a few reads that look safe.

    The command takes the API's URL, and where its credential goes, from the document. Find more operations with `ops`. With
    --add, the file allows the operations OP instead, each an operationId or 'METHOD /path/template'. If the file exists, --add
    only adds lines to it, as `allow` does. Without OP, --add adds the reads that look safe. With --pick, the command then
    starts the gateway and opens its console, as `serve --open` does.
    """
    from plugin_gateway.cli.draft import draft
    from plugin_gateway.cli.reading import read

    if operations and not add:
        raise UsageError(
            f"`init` takes one document; to allow {operations[0]}, write `init {spec} --add {operations[0]}`"
        )
    to_standard_output = str(output) == "-"
    if pick and (add or dry_run or to_standard_output or spec == "-"):
        raise UsageError(
            "`--pick` writes a new file for a document in a file or at a URL: it takes no `--add`, no `--dry-run` and no `-`"
        )
    if not to_standard_output and is_there(output):
        if add and not force:
            return add_to(output, spec, operations, dry_run=dry_run)
        if not force:
            if pick:
                raise UsageError(
                    f"{output} exists already: open its console with `plugin-gateway serve --open{config_option(output)}`, or overwrite it with --force"
                )
            raise UsageError(
                f"{output} exists already: add operations to it with --add, overwrite it with --force, or name another file with -o"
            )
    document = read(spec)
    named = named_in(document, operations) if operations else [] if pick else None
    drafted = draft(document, as_written(spec, output), named, environ=os.environ if pick else None)
    to_standard_output = to_standard_output or dry_run
    if to_standard_output:
        click.echo(drafted.text, nl=False)
    else:
        try:
            output.write_text(drafted.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {output}: {reason_of(error)}") from error
        click.echo(f"wrote {output}", err=True)
    if spec == "-":
        click.echo("  the document came from standard input: set `openapi` to its file or URL", err=True)
    for note in drafted.notes:
        click.echo(f"  {note}", err=True)
    if pick:
        return serve_and_open(output, listen, admin)
    if not to_standard_output:
        options = config_option(output)
        click.echo(f"next: plugin-gateway check{options}, then plugin-gateway serve{options}", err=True)
    return 0


def serve_and_open(output: Path, listen: str, admin: str) -> int:
    """Serve the new config on this machine, and open its console."""
    from plugin_gateway.cli.banner import announce_and_open
    from plugin_gateway.server.start import ServeOptions
    from plugin_gateway.server.startup import run

    return run(ServeOptions(config=output, listen=listen, admin=admin), announce_and_open)


def add_to(output: Path, spec: str, operations: Sequence[str], *, dry_run: bool) -> int:
    """Add operations to a config that exists: the named ones, or the reads of a draft.

    Raises:
        UsageError: the config is for another document.
    """
    from plugin_gateway.cli.draft import choose_reads
    from plugin_gateway.cli.editing import edit_lists
    from plugin_gateway.cli.reading import read
    from plugin_gateway.cli.upstream_url import upstream_url
    from plugin_gateway.edit.entry import entry_of
    from plugin_gateway.reports.editing import open_config

    source = open_config(output).loaded.config.openapi.source
    if not is_same_source(spec, source):
        raise UsageError(f"{output} is for the document {source}, not for {spec}: name another file with -o")
    if not operations:
        document = read(spec)
        operations = [
            entry_of(document, operation).name for operation in choose_reads(document, upstream_url(document))
        ]
    return edit_lists("allow", output, operations, "", dry_run=dry_run)


def is_same_source(spec: str, source: str) -> bool:
    """Tell whether two names are of one document."""
    if spec == source or "://" in spec or "://" in source:
        return spec == source
    try:
        return Path(spec).resolve() == Path(source).resolve()
    except OSError:
        return False


def named_in(document: Document, names: Sequence[str]) -> list[Operation]:
    """Return the operations that are named, in document order.

    Raises:
        DocumentError: a name does not match one operation.
    """
    from plugin_gateway.cli.prune import find_operations

    keys, findings = find_operations(document, operations_in(names))
    if findings:
        raise DocumentError([replace(finding, pointer=None) for finding in findings])
    return [operation for key, operation in document.operations.items() if key in keys]


def as_written(spec: str, output: Path) -> str:
    """Return the value for `openapi`: a file is relative to the config's folder."""
    if spec.startswith(("http://", "https://")):
        return spec
    if spec == "-":
        return "./openapi.yaml"
    path, folder = Path(spec).absolute(), output.absolute().parent
    return f"./{path.relative_to(folder)}" if path.is_relative_to(folder) else str(path)


def config_option(output: Path) -> str:
    return "" if output == Path("gateway.yaml") else f" -c {output}"


def is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # writing the file says why
        return False
