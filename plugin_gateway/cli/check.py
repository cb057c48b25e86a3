"""`check`: reports every mistake in the config and the document that it names."""

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
@click.option("--no-secrets", is_flag=True, help="Do not report missing secrets, for a build server that has none.")
@click.option("--strict", is_flag=True, help="Exit 1 if there are warnings.")
def command(config: Path | None, shape: ReportFormat, *, no_secrets: bool, strict: bool) -> int:
    """Read the config and the document that it names as `serve` would, and report every mistake.

    Exit status: 0 if `serve` would start, 1 if `deny` closes every operation that `allow` names, 2 if `serve` would refuse
    to start. The command opens no port and does not call the upstream.
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
