"""`attack`: a hostile caller for the operator's own continuous integration."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, cast

import click

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import REPORT_FORMATS, show_findings
from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plugin_gateway.cli.report import ReportFormat
    from plugin_gateway.hostile.campaign import Outcome
    from plugin_gateway.revision.build import Built

JUNIT = "junit"


@click.command()
@config_option
@click.option("--url", default="", metavar="URL", help="Attack this running gateway.  [default: one in this process]")
@click.option(
    "--header", "fields", multiple=True, metavar="'NAME: VALUE'", help="With --url: send this field, such as a login."
)
@click.option("--unsafe", is_flag=True, help="With --url: also send allowed calls that may change something.")
@click.option("--format", "shape", type=click.Choice([*REPORT_FORMATS, JUNIT]), default="text", show_default=True)
@click.option("--most", default=50, show_default=True, metavar="N", help="How many allowed operations to attack.")
def command(config: Path | None, url: str, fields: tuple[str, ...], *, unsafe: bool, shape: str, most: int) -> int:
    """Attack the gateway as a hostile caller, with cases made from your own allow-list.

    Without --url, a gateway with your config runs in this process, between the attacker and an upstream that records what
    reaches it and repeats it in its answers. It needs no secret, and contacts no machine except the one that serves your
    document.

    Exit status: 0 if every case held, 1 if something leaked or no allowed call was forwarded, 2 if the config is wrong.
    """
    from plugin_gateway.cli.building import build_to_check
    from plugin_gateway.hostile.report import findings_of, junit_of, table_of

    if fields and not url:
        raise UsageError("--header needs --url: in this process the attack does not log in")
    if any("\n" in one or ":" not in one for one in fields):
        raise UsageError("expected --header 'NAME: VALUE'")
    try:
        built = build_to_check(config, needs_secrets=bool(url))
    except FindingsError as error:
        show_findings(error.findings)
        return error.exit_code
    with _quiet():
        outcome = asyncio.run(_attack(built, url, fields, most, is_unsafe=unsafe))
    findings = list(findings_of(outcome, built.loaded.locate(("allow",))))
    if shape == JUNIT:
        click.echo(junit_of(outcome), nl=False)
    elif findings or shape != "text":
        show_findings(findings, cast("ReportFormat", shape))
    if shape == "text":
        for line in table_of(outcome):
            click.echo(line)
    is_refused = any(finding.severity is Severity.ERROR for finding in findings)
    if shape == "text" and not is_refused:
        click.echo(f"{click.style('ok', fg='green', bold=True)}: {outcome.played.total()} cases, nothing leaked")
    return 1 if is_refused else 0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of the attacked gateway off the terminal: most cases break a description, and the report says enough."""
    logger = logging.getLogger("plugin_gateway")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


async def _attack(built: Built, url: str, fields: tuple[str, ...], most: int, *, is_unsafe: bool) -> Outcome:
    from plugin_gateway.hostile.campaign import attack, attack_remote

    if not url:
        return await attack(built.revision, built.document, most)
    from plugin_gateway.hostile.remote import Remote

    if not url.startswith(("http://", "https://")):
        raise UsageError(f"--url: expected an http or https URL, got `{url}`")
    try:
        return await attack_remote(Remote(url, fields, is_unsafe=is_unsafe), built.revision, built.document, most)
    except OSError as error:
        from plugin_gateway.telemetry.cause import cause_of

        raise UsageError(f"{url} does not answer: {cause_of(error)}") from error
