"""`tools`: prints the allowed operations as tools, for MCP and for the APIs of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plugin_gateway.cli.options import as_option, config_option
from plugin_gateway.cli.suggestions import suggest_allowed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plugin_gateway.tools.formats import Format
    from plugin_gateway.tools.tool import Tool

FORMATS = ("mcp", "openai", "openai-responses", "anthropic", "gemini")


@click.command()
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="mcp", show_default=True)
@as_option("Print the tools of this entry of `consumers`.")
@click.option("--tokens", is_flag=True, help="Print the estimated tokens of each tool instead.")
@click.argument("operations", metavar="[OP]...", nargs=-1, shell_complete=suggest_allowed)
def command(config: Path | None, form: str, consumer: str, tokens: bool, operations: tuple[str, ...]) -> None:
    """Print the allowed operations as tools, or only the tools OP.

    The formats are `mcp` (the tools as the MCP endpoint lists them), `openai` (Chat Completions), `openai-responses`,
    `anthropic` and `gemini` (function declarations). All formats have the same names and arguments, so a program can pass a
    model's call on to the MCP endpoint. A function for OpenAI is strict if null can stand for each of its optional arguments.
    """
    from plugin_gateway.cli.building import build_to_show
    from plugin_gateway.reports.callee import find_tool, view_of
    from plugin_gateway.tools.formats import Format, wrap, write_tool

    built = build_to_show(config)
    _, tools, _ = view_of(built.revision, consumer)
    chosen = [find_tool(one, tools, built.document, consumer) for one in operations] or [*tools]
    written = [write_tool(tool, Format(form)) for tool in chosen]
    if tokens:
        show_costs(chosen, written, Format(form))
        return
    import orjson

    click.echo(orjson.dumps(wrap(written, Format(form)), option=orjson.OPT_INDENT_2))


def show_costs(tools: Sequence[Tool], written: Sequence[Any], form: Format) -> None:
    """Print a line for each tool, the costliest first, and the sum."""
    from plugin_gateway.openapi.render import to_json
    from plugin_gateway.text.readable import readable
    from plugin_gateway.tools.budget import MOST_TOKENS, MOST_TOKENS_OF_A_TOOL
    from plugin_gateway.tools.tokens import estimate_tokens

    costs = [estimate_tokens(to_json(one)) for one in written]
    width = max((len(tool.name) for tool in tools), default=0)
    for cost, tool in sorted(zip(costs, tools, strict=True), key=lambda pair: -pair[0]):
        click.echo(f"{cost:>7,}  {tool.name:{width}}  {readable(tool.title)}")
    total = f"{sum(costs):,} tokens in {len(costs)} tools in the format {form}"
    click.echo(f"{total}; ChatGPT takes {MOST_TOKENS:,}, and {MOST_TOKENS_OF_A_TOOL:,} for one tool", err=True)
