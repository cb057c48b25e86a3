"""A report: findings in the format that the user asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import click

from plugin_gateway import __version__
from plugin_gateway.cli.colors import colors
from plugin_gateway.rendering import render_github, render_json, render_sarif, render_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, TypeAlias

    from plugin_gateway.diagnostics import Finding

    ReportFormat: TypeAlias = Literal["text", "json", "github", "sarif"]

REPORT_FORMATS = ("text", "json", "github", "sarif")


def show_findings(findings: Iterable[Finding], shape: ReportFormat = "text") -> None:
    """Print findings: as messages to standard error, or as data to standard output."""
    findings = tuple(findings)
    match shape:
        case "text":
            click.echo(render_text(findings, color=True), err=True, nl=False, color=colors())
        case "json":
            click.echo(render_json(findings), nl=False)
        case "github":
            click.echo(render_github(findings), nl=False)
        case "sarif":
            click.echo(render_sarif(findings, version=__version__), nl=False)
        case _ as never:
            assert_never(never)
