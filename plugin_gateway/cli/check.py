"""`check`: reports every mistake in the config and the document that it names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import REPORT_FORMATS, show_findings
from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import FindingsError, UsageError
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.reports.judged import judge_by_platform, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from plugin_gateway.cli.report import ReportFormat
    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.revision import Revision
    from plugin_gateway.revision.build import Built


@click.command()
@config_option
@click.option("--format", "shape", type=click.Choice(REPORT_FORMATS), default="text", show_default=True)
@click.option("--no-secrets", is_flag=True, help="Do not report missing secrets, for a build server that has none.")
@click.option(
    "--target",
    "platforms",
    type=click.Choice([str(platform) for platform in Platform]),
    multiple=True,
    help="Also judge by the rules of this directory or client; may be given several times.",
)
@click.option("--strict", is_flag=True, help="Exit 1 if there are warnings.")
@click.option(
    "--operations",
    "is_appraised",
    is_flag=True,
    help="Also report for each allowed operation its tokens, its doubtful points, and the reply fields worth keeping.",
)
def command(
    config: Path | None,
    shape: ReportFormat,
    platforms: tuple[str, ...],
    *,
    no_secrets: bool,
    strict: bool,
    is_appraised: bool,
) -> int:
    """Check the config, and the document that it names, as `serve` would, and report every mistake.

    --operations supports the formats `text` and `json`. The JSON is then an object with `findings`, `operations` and
    `overlays`.

    Exit status: 0 if `serve` would start and each platform accepts the gateway, 1 if a platform does not or if `deny` closes
    every operation that `allow` names, 2 if `serve` would refuse to start. The command opens no port and does not call the
    upstream.
    """
    from plugin_gateway.cli.building import build_to_check
    from plugin_gateway.revision.allowlist import NOTHING_ALLOWED

    if is_appraised and shape not in ("text", "json"):
        raise UsageError(f"--operations has no {shape} format: use --format text or json")
    try:
        built = build_to_check(config, needs_secrets=not no_secrets)
        judged = judge_by_platform(built, [Platform(name) for name in dict.fromkeys(platforms)])
    except FindingsError as error:
        if is_appraised and shape == "json":
            show_as_object(error.findings, None)
        else:
            show_findings(error.findings, shape)
        return error.exit_code
    revision = built.revision
    of_platforms = tuple(dict.fromkeys(finding for found in judged.values() for finding in found))
    findings = (*revision.warnings, *revision.notes, *of_platforms)
    if is_appraised and shape == "json":
        show_as_object(findings, built)
    elif findings or shape != "text":
        show_findings(findings, shape)
    is_closed = any(finding.rule == NOTHING_ALLOWED for finding in revision.warnings)
    if shape == "text" and not is_closed:
        click.echo(summary_of(revision))
        for line in savings_in(built):
            click.echo(line)
        for platform, found in judged.items():
            click.echo(f"{platform}: {verdict(found)}")
        if is_appraised:
            show_appraisals(built)
    is_refused = any(finding.severity is Severity.ERROR for finding in of_platforms)
    is_warned = any(finding.severity is Severity.WARNING for finding in (*revision.warnings, *of_platforms))
    return 1 if is_closed or is_refused or (strict and is_warned) else 0


def show_as_object(findings: Iterable[Finding], built: Built | None) -> None:
    """Print one JSON object: the findings and, if the gateway could be built, its appraisals and its overlays' savings."""
    from plugin_gateway.cli.appraisals import values_of
    from plugin_gateway.rendering import render_json
    from plugin_gateway.revision.appraisal import appraise
    from plugin_gateway.revision.savings import savings_of

    shown = {
        "findings": json.loads(render_json(findings)),
        "operations": values_of(appraise(built)) if built else [],
        "overlays": [
            {
                "file": str(overlay),
                "before": before and before._asdict(),
                "after": after and after._asdict(),
            }
            for overlay, before, after in (savings_of(built) if built else ())
        ],
    }
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))


def show_appraisals(built: Built) -> None:
    """Print each operation's costs and doubts, and then the YAML to paste."""
    from plugin_gateway.cli.appraisals import lines_of, proposal_of
    from plugin_gateway.revision.appraisal import appraise

    appraisals = appraise(built)
    for line in (*lines_of(appraisals), *proposal_of(appraisals)):
        click.echo(line)


def savings_in(built: Built) -> Iterator[str]:
    """Say of each overlay what it saves."""
    if not built.loaded.config.openapi.overlays:
        return
    from plugin_gateway.revision.savings import savings_of

    for overlay, before, after in savings_of(built):
        if before is None or after is None:
            yield f"{overlay}: the allow-list needs it, so there is no saving to report"
        else:
            tools, document = _change(before.tools, after.tools), _change(before.document, after.document)
            yield f"{overlay}: tokens of the tools {tools}, of the document {document}"


def _change(before: int, after: int) -> str:
    share = f" ({abs(before - after) / before:.0%} {'fewer' if after < before else 'more'})" if before != after else ""
    return f"{before:,} → {after:,}{share}"


def summary_of(revision: Revision) -> str:
    from plugin_gateway.publish.manifest import DOCUMENT_PATH
    from plugin_gateway.tools.tokens import tokens_of_size

    size = len(revision.faces[DOCUMENT_PATH].body)
    return (
        f"{click.style('ok', fg='green', bold=True)}: {len(revision.rules)} of {revision.operations_total} operations "
        f"are allowed; the document has {size / 1000:.1f} kB, about {tokens_of_size(size)} tokens"
    )
