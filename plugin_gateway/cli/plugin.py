"""`plugin`: writes the plugin package for today's directories and clients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from plugin_gateway.cli.options import config_option
from plugin_gateway.cli.report import show_findings
from plugin_gateway.errors import ConfigError, UsageError
from plugin_gateway.text.system_reason import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.package import Package

_ARCHIVE = b"PK"
_MANIFESTS = ("plugin.json", "ai-plugin.json", "chatgpt-app-submission.json")


@click.command()
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE.zip",
    help="Where to write the package; `-` is a ZIP archive on standard output. Without it, the command lists the files.",
)
@click.option(
    "--for",
    "wanted",
    type=click.Choice(["m365", "chatgpt-app"]),
    help="Write the manifest for Microsoft 365 Copilot, or the file that fills in the form for ChatGPT apps, instead.",
)
def command(config: Path | None, output: Path | None, wanted: str | None) -> None:
    """Write the plugin package for ChatGPT, Codex, Claude, Gemini, VS Code and the MCP registry.

    The package has plugin.json and mcp.json (Agent Plugins 1.0) with the listing for OpenAI's directory, the manifests of the
    other clients, a skill, and server.json. It is made from the revision that `serve` would serve, and names that revision's
    digest. The same config, document and images give the same bytes. The package holds no secret. The command lists each text
    that only a person can supply; `check --target` checks all rules.
    """
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.diagnostics import Severity
    from plugin_gateway.export.app_submission import build_app_submission
    from plugin_gateway.export.m365 import build_m365_package
    from plugin_gateway.export.package import build_package
    from plugin_gateway.export.platforms import m365, server
    from plugin_gateway.export.platforms.judge import OF_THE_LISTING, judge
    from plugin_gateway.export.platforms.rule import Platform
    from plugin_gateway.reports.exporting import candidate_of

    built = build_to_show(config)
    candidate = candidate_of(built)
    if wanted != "m365" and (missing := [*server.endpoint.judge(candidate)]):
        raise ConfigError(built.loaded.located(missing))
    builders = {"m365": build_m365_package, "chatgpt-app": build_app_submission}
    write(builders.get(wanted or "", build_package)(candidate), output)
    platform, rules = (Platform.M365, m365.RULES) if wanted == "m365" else (Platform.OPENAI_PLUGIN, OF_THE_LISTING)
    findings = built.loaded.located(judge(candidate, {platform}, rules))
    # The package is written, and a directory is not the only use for it.
    softened = [
        replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR else finding
        for finding in findings
    ]
    if softened:
        show_findings(softened)


def write(package: Package, output: Path | None) -> None:
    """Write the package to a directory, to an archive or to standard output, or list its files."""
    if output is None:
        for path, body in sorted(package.files.items()):
            click.echo(f"{len(body):>9,}  {path}")
        return
    if str(output) == "-":
        click.echo(package.to_zip(), nl=False)
        return
    try:
        if output.suffix.lower() == ".zip":
            _write_archive(package, output)
        else:
            _write_files(package, output)
    except OSError as error:
        raise UsageError(f"cannot write {output}: {reason_of(error)}") from error
    click.echo(f"wrote {output}: {len(package.files)} files", err=True)


def _write_archive(package: Package, output: Path) -> None:
    if output.exists():
        with output.open("rb") as file:
            if file.read(len(_ARCHIVE)) not in (b"", _ARCHIVE):
                raise UsageError(f"{output} exists and is not a ZIP archive: name another file")
    output.write_bytes(package.to_zip())


def _write_files(package: Package, output: Path) -> None:
    if output.is_dir() and any(output.iterdir()) and not any((output / name).is_file() for name in _MANIFESTS):
        raise UsageError(f"{output} is not empty and holds no package: name another directory")
    for path, body in package.files.items():
        file = output / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    if left := sorted(_left_over(package, output)):
        click.echo(f"{output} also has files that are not in the package: {', '.join(left)}", err=True)


def _left_over(package: Package, output: Path) -> Iterator[str]:
    for file in output.rglob("*"):
        path = file.relative_to(output).as_posix()
        if file.is_file() and path not in package.files:
            yield path
