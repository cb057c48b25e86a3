"""`explain`: says step by step what would become of one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_gateway.cli.options import config_option

if TYPE_CHECKING:
    from pathlib import Path

    from plugin_gateway.policy.explain import Explanation


@click.command()
@config_option
@click.argument("method")
@click.argument("path")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(config: Path | None, method: str, path: str, shape: str) -> int:
    """Say step by step whether the call METHOD PATH would pass, and why.

    PATH is what follows the host in a URL, with its query: `plugin-gateway explain GET '/orders?status=open'`. Exit 0
    when the call is allowed, 1 when it is refused. It names what is denied, for you; clients are told nothing of it.
    """
    from plugin_gateway.cli.building import build_to_show  # noqa: PLC0415  # --help must not pay for it
    from plugin_gateway.policy.explain import explain  # noqa: PLC0415  # likewise

    built = build_to_show(config)
    revision = built.revision
    explanation = explain(revision.gate, method, path, read=revision.read_injection, write=revision.write_injection)
    url = url_of(explanation, str(built.loaded.config.upstream.url))
    if shape == "json":
        import orjson  # noqa: PLC0415  # likewise

        click.echo(orjson.dumps(as_members(explanation, url), option=orjson.OPT_INDENT_2))
    else:
        click.echo(as_text(method, path, explanation, url))
    return 0 if explanation.is_allowed else 1


def url_of(explanation: Explanation, upstream: str) -> str:
    """Say where the call is sent; what is injected into its query is not shown. Empty where it is refused."""
    from plugin_gateway.policy.permit import Permit  # noqa: PLC0415  # as above

    permit = explanation.verdict
    if not isinstance(permit, Permit):
        return ""
    query = b"?" + permit.query if permit.query else b""
    return upstream + (permit.path + query).decode("utf-8", "backslashreplace")


def as_members(explanation: Explanation, url: str) -> dict[str, object]:
    verdict = explanation.verdict
    members: dict[str, object] = {"allowed": explanation.is_allowed}
    if explanation.rule is not None:
        members |= {"operation": explanation.rule.operation_id, "url": url}
    else:
        members |= {"status": getattr(verdict, "status", None), "code": getattr(verdict, "code", None)}
    members["steps"] = [
        {"name": step.name, "passed": step.passed, "finding": step.finding} for step in explanation.steps
    ]
    return members


def as_text(method: str, path: str, explanation: Explanation, url: str) -> str:
    width = max(len(step.name) for step in explanation.steps)
    lines = [click.style(f"{method} {path}", bold=True)]
    for step in explanation.steps:
        mark = click.style("✓", fg="green") if step.passed else click.style("✗", fg="red", bold=True)
        lines.append(f"  {mark} {step.name:{width}}  {step.finding}")
    if explanation.rule is not None:
        said = f": forwarded as {explanation.rule.operation_id} to {url}"
        lines.append(click.style("allowed", fg="green", bold=True) + said)
    else:
        verdict = explanation.verdict
        said = f": the client gets {getattr(verdict, 'status', '')} {getattr(verdict, 'code', '')}"
        lines.append(click.style("refused", fg="red", bold=True) + said)
    return "\n".join(lines)
