"""`check`: says everything that is wrong with the config and the document it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import REPORT_FORMATS, show_findings
from plugin_gateway.errors import FindingsError

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.cli.report import ReportFormat
    from plugin_gateway.revision import Revision


@click.command()
@config_option
@click.option("--format", "shape", type=click.Choice(REPORT_FORMATS), default="text", show_default=True)
@click.option(
    "--no-secrets", is_flag=True, help="Take secrets that are missing for there: for a build server that has none."
)
@click.option("--strict", is_flag=True, help="Exit 1 when there are warnings.")
def command(config: Path | None, shape: ReportFormat, *, no_secrets: bool, strict: bool) -> int:
    """Check the config and the document it names, as `serve` would read them, and say everything that is wrong.

    Exit 0 when it can be served, 1 when `deny` closes all that `allow` names, 2 when it cannot be served. Nothing is
    listened on and the upstream is not called.
    """
    from plugin_gateway.cli.building import build_to_check  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.revision.allowlist import NOTHING_ALLOWED  # noqa: PLC0415  # as above

    try:
        revision = build_to_check(config, needs_secrets=not no_secrets).revision
    except FindingsError as error:
        show_findings(error.findings, shape)
        return error.exit_code
    findings = (*revision.warnings, *revision.notes)
    if findings or shape != "text":
        show_findings(findings, shape)
    is_closed = any(finding.rule == NOTHING_ALLOWED for finding in revision.warnings)
    if shape == "text" and not is_closed:
        click.echo(summary_of(revision))
    return 1 if is_closed or (strict and revision.warnings) else 0


def summary_of(revision: Revision) -> str:
    from plugin_gateway.publish.cost import estimate_tokens  # noqa: PLC0415  # as above
    from plugin_gateway.publish.manifest import DOCUMENT_PATH  # noqa: PLC0415  # as above

    size = len(revision.faces[DOCUMENT_PATH].body)
    return (
        f"{click.style('ok', fg='green', bold=True)}: {len(revision.rules)} of {revision.operations_total} operations "
        f"are allowed; the document has {size / 1000:.1f} kB, about {estimate_tokens(size)} tokens"
    )
