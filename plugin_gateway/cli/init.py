"""`init`: writes a first gateway.yaml for a document."""

from __future__ import annotations

from pathlib import Path

import click

from plugin_gateway.errors import UsageError


@click.command()
@click.argument("spec")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("gateway.yaml"), show_default=True, metavar="FILE",
    help="Output file; `-` is standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def command(spec: str, output: Path, *, force: bool) -> None:
    """Write a commented gateway.yaml for the document SPEC (a file, a URL, or `-`). It allows a few reads that look safe.

    The command takes the URL and the credential of the API from the document. Find more operations with `ops`.
    """
    from plugin_gateway.cli.draft import draft  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.cli.reading import read  # noqa: PLC0415  # likewise

    to_standard_output = str(output) == "-"
    if not force and not to_standard_output and is_there(output):
        raise UsageError(f"{output} exists already: overwrite it with --force, or name another file with -o")
    drafted = draft(read(spec), as_written(spec, output))
    if to_standard_output:
        click.echo(drafted.text, nl=False)
    else:
        try:
            output.write_text(drafted.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {output}: {(error.strerror or str(error)).lower()}") from error
        click.echo(f"wrote {output}", err=True)
    if spec == "-":
        click.echo("  the document came from standard input: set `openapi` to its file or URL", err=True)
    for note in drafted.notes:
        click.echo(f"  {note}", err=True)
    if to_standard_output:
        return
    click.echo(
        f"next: plugin-gateway check{config_option(output)}, then plugin-gateway serve{config_option(output)}", err=True
    )


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
