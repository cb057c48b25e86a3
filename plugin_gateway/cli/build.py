"""`build`: writes a revision file, from which `serve --revision` starts without the document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.errors import UsageError

if TYPE_CHECKING:
    from plugin_gateway.revision.revision_file import Unpacked


@click.command()
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    metavar="FILE",
    help="The file to write, such as revision.bin; `-` is standard output.",
)
def command(config: Path | None, output: Path) -> int:
    """Write the config, and the part of the document that it needs, to one file for `serve --revision FILE`.

    The gateway then starts without the document and its server. The file holds no secret: `serve` reads secrets from the
    environment and from files, as the config says; a relative path starts at the folder of the file. Only the same version of
    plugin-gateway reads it.
    """
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.reports.replacing import write_file
    from plugin_gateway.revision.from_file import compile_file
    from plugin_gateway.revision.revision_file import pack, unpack

    built = build_to_show(config)

    def read(content: bytes) -> Unpacked:
        # The config's paths are judged where they are now; `serve` judges them where the file is then.
        return unpack(content, built.loaded.source_path or output, environ=os.environ, needs_secrets=False)

    draft, unfinished = read(pack(built)), read(pack(built))
    digest = compile_file(draft).digest
    packed = pack(built, digest=digest, finished=draft.steps.finished)
    revision = compile_file(read(packed))
    if not revision.digest == digest == compile_file(unfinished, document=built.document).digest:
        raise UsageError("the file would not serve the same as the document: please report this bug, with the document")
    name = "the revision" if str(output) == "-" else output
    if str(output) == "-":
        click.echo(packed, nl=False)
    else:
        write_file(output, packed)
    click.echo(
        f"{name} serves {len(revision.rules)} of {revision.operations_total} operations; digest {digest}", err=True
    )
    return 0
