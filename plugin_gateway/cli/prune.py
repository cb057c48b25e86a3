"""`prune`: cuts a document down to some operations, without a gateway."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click
from msgspec import Struct

from plugin_gateway.cli.report import show_findings
from plugin_gateway.cli.suggestions import suggest_operations
from plugin_gateway.errors import DocumentError, UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.config.selector import Selector
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, OperationKey

YAML_SUFFIXES = frozenset({".yaml", ".yml"})


class NamedOperation(Struct, frozen=True):
    """An operation named on the command line or in a file, with the attributes of a `Selector`.

    `Selector` needs the modules of the config, and `prune` reads no config.
    """

    text: str
    index: int
    tag: None = None
    path: None = None
    methods: tuple[str, ...] = ()

    @property
    def operation(self) -> str:
        return self.text

    @property
    def key(self) -> tuple[str, str] | None:
        method, space, path = self.text.partition(" ")
        return (method.upper(), path.strip()) if space and path.strip().startswith("/") else None

    @property
    def wanted_id(self) -> str | None:
        return None if self.key else self.text


@click.command()
@click.argument("source")
@click.option(
    "--allow",
    multiple=True,
    metavar="OP",
    shell_complete=suggest_operations,
    help="An operationId, or 'METHOD /path'. May be repeated.",
)
@click.option(
    "--allow-file",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="A file, or `-`, with one OP per line; # begins a comment.",
)
@click.option("-o", "--output", default="-", metavar="OUT", help="Output file, instead of standard output.")
@click.option(
    "--format",
    "syntax",
    type=click.Choice(["json", "yaml"]),
    help="Output syntax.  [default: by the suffix of OUT, else by that of SOURCE, else json]",
)
@click.option(
    "--discriminator",
    type=click.Choice(["follow", "trim"]),
    default="follow",
    show_default=True,
    help="Whether to keep schemas that only a discriminator selects.",
)
@click.option(
    "--overlay",
    "overlays",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="An OpenAPI Overlay to apply first, or `-`. May be repeated.",
)
@click.option(
    "--keep-extension", multiple=True, metavar="x-NAME", help="A specification extension to keep. May be repeated."
)
def command(
    *,
    source: str,
    allow: tuple[str, ...],
    allow_file: tuple[Path, ...],
    output: str,
    syntax: str | None,
    discriminator: str,
    overlays: tuple[Path, ...],
    keep_extension: tuple[str, ...],
) -> None:
    """Cut the document SOURCE (a file, a URL, or `-`) down to some operations and the components that they need.

    The OpenAPI version stays the same. The command drops all `x-*` fields that --keep-extension does not name: they could
    mention removed operations.
    """
    from plugin_gateway.cli.reading import read
    from plugin_gateway.openapi.prune.pruned import prune

    names = [*allow, *(name for file in allow_file for name in read_list(file))]
    if not names:
        raise UsageError("nothing would be left: name at least one operation with --allow or --allow-file")
    document = overlaid(read(source), overlays)
    kept, findings = find_operations(document, names)
    if findings:
        raise DocumentError(findings)
    mode = cast("Literal['follow', 'trim']", discriminator)
    try:
        pruned = prune(document, kept, extensions=keep_extension, discriminator=mode)
    except DocumentError as error:
        raise DocumentError(placed(error.findings, document)) from error
    write(pruned, output, syntax or syntax_of(output, source))
    if warnings := (*document.warnings, *pruned.warnings):
        show_findings(placed(warnings, document))


def overlaid(document: Document, overlays: Sequence[Path]) -> Document:
    """Apply overlays to a document, in their order."""
    if not overlays:
        return document
    from plugin_gateway.openapi.overlay.overlay import read_overlay
    from plugin_gateway.revision.overlays import apply_overlays, read_overlay_file

    read = tuple(
        read_overlay(sys.stdin.buffer.read(), "standard input") if str(path) == "-" else read_overlay_file(path)
        for path in overlays
    )
    return [*apply_overlays(document, read)][-1]


def placed(findings: Iterable[Finding], document: Document) -> list[Finding]:
    from plugin_gateway.revision.placing import place_in_document

    return place_in_document(findings, document.name)


def read_list(file: Path) -> Iterator[str]:
    """Yield the operations that a file lists; `-` is standard input."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        lines = content.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file} as UTF-8 text: {error}") from error
    for line in lines:
        name = line.strip() if line.lstrip().startswith("#") else line.partition(" #")[0].strip()
        if name and not name.startswith("#"):
            yield " ".join(name.split())


def find_operations(document: Document, names: Iterable[str]) -> tuple[list[OperationKey], list[Finding]]:
    """Find the named operations; each finding is a name without exactly one match."""
    from plugin_gateway.revision.catalogue import Catalogue, match, unmatched

    catalogue = Catalogue(document)
    kept: dict[OperationKey, None] = {}
    findings: list[Finding] = []
    for index, name in enumerate(names):
        selector = cast("Selector", NamedOperation(name, index))
        found = match(selector, catalogue)
        if len(found) == 1:
            kept[found[0].key] = None
        elif found:
            findings.append(ambiguous(name, [str(operation.key) for operation in found]))
        else:
            findings.append(unmatched(selector, catalogue, ("allow", index)))
    return list(kept), list(dict.fromkeys(findings))


def ambiguous(name: str, places: Sequence[str]) -> Finding:
    from plugin_gateway.diagnostics import Finding

    return Finding(
        rule="ambiguous-operation",
        message=f"the document gives the operationId `{name}` to {' and '.join(f'`{place}`' for place in places)}",
        hint="write METHOD /path instead",
    )


def syntax_of(output: str, source: str) -> str:
    """Return the output syntax: by the suffix of the output, else by the suffix of the source, else JSON."""
    suffix = Path(output).suffix.lower()
    if suffix in YAML_SUFFIXES:
        return "yaml"
    if suffix == ".json":
        return "json"
    return "yaml" if Path(source.partition("?")[0]).suffix.lower() in YAML_SUFFIXES else "json"


def write(pruned: Document, output: str, syntax: str) -> None:
    from plugin_gateway.openapi.render import to_json, to_yaml

    body = to_yaml(pruned.root) if syntax == "yaml" else to_json(pruned.root, indent=True)
    if not body.endswith(b"\n"):
        body += b"\n"
    if output == "-":
        sys.stdout.buffer.write(body)
        return
    try:
        Path(output).write_bytes(body)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {reason_of(error)}") from error
