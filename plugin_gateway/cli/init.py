"""`init`: writes a first gateway.yaml for a document."""

from __future__ import annotations

from pathlib import Path

import click

from plugin_gateway.errors import UsageError


@click.command()
@click.argument("spec")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("gateway.yaml"), show_default=True, metavar="FILE",
    help="Where to write; `-` is standard output.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(spec: str, output: Path, *, force: bool) -> None:
    """Write a commented gateway.yaml for the document SPEC, a file, URL or `-`, that allows a few reads that look safe.

    Where the API is and which credential it wants is taken from the document. The rest is found with `ops`.
    """
    from plugin_gateway.cli.draft import draft  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.cli.reading import read  # noqa: PLC0415  # likewise

    to_standard_output = str(output) == "-"
    if output.exists() and not force and not to_standard_output:
        raise UsageError(f"{output} is there already; --force writes over it, -o writes elsewhere")
    drafted = draft(read(spec), as_written(spec, output))
    if to_standard_output:
        click.echo(drafted.text, nl=False)
    else:
        try:
            output.write_text(drafted.text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{output} cannot be written: {(error.strerror or str(error)).lower()}") from error
        click.echo(f"wrote {output}", err=True)
    if spec == "-":
        click.echo("  the document came over standard input: set `openapi` to where it is", err=True)
    for note in drafted.notes:
        click.echo(f"  {note}", err=True)
    if to_standard_output:
        return
    click.echo(
        f"next: plugin-gateway check{config_option(output)}, then plugin-gateway serve{config_option(output)}", err=True
    )


def as_written(spec: str, output: Path) -> str:
    """Return the document's place as the config has to say it: files are relative to the config's folder."""
    if spec.startswith(("http://", "https://")):
        return spec
    if spec == "-":
        return "./openapi.yaml"
    path, folder = Path(spec).absolute(), output.absolute().parent
    return f"./{path.relative_to(folder)}" if path.is_relative_to(folder) else str(path)


def config_option(output: Path) -> str:
    return "" if output == Path("gateway.yaml") else f" -c {output}"
