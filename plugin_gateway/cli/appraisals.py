"""Appraisals for `check --operations`: lines for people, YAML to paste into gateway.yaml, and values for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from plugin_gateway.edit.quoting import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plugin_gateway.revision.appraisal import Appraisal, Tokens

_WIDTH: Final = 100


def lines_of(appraisals: Iterable[Appraisal]) -> Iterator[str]:
    """Yield a block for each operation: its costs, and what is doubtful about it."""
    for one in appraisals:
        yield f"{click.style(one.operation_id, bold=True)}  {one.key}"
        yield f"  tool   {_change(one.tool)}"
        with_keep = f"; ~{one.reply_kept:,} with the fields proposed below" if one.reply_kept is not None else ""
        yield f"  reply  {_change(one.reply, '~')}{with_keep}"
        for doubt in one.doubts:
            yield f"  {click.style('!', fg='yellow', bold=True)} {doubt.text}"


def _change(tokens: Tokens, sign: str = "") -> str:
    if tokens.after is None:
        return "not JSON" if sign else "none"
    before = "" if tokens.before in (None, tokens.after) else f"{sign}{tokens.before:,} → "
    return f"{before}{sign}{tokens.after:,} tokens"


def proposal_of(appraisals: Sequence[Appraisal]) -> Iterator[str]:
    """Yield entries of `allow`, as lines of YAML, that keep what a model needs of each reply."""
    proposed = [one for one in appraisals if one.keep]
    if proposed:
        yield "# For `allow`: replies with fewer tokens. Put each `response` into the operation's entry, or the entry before its group."
    for one in proposed:
        named = one.entry.operation or str(one.key)
        change = "" if one.reply.after is None else f"  # ~{one.reply.after:,} → ~{one.reply_kept or 0:,} tokens"
        yield f"- operation: {scalar(named, in_block=True)}{change}"
        yield "  response:"
        yield "    keep:"
        yield from _wrapped(list(map(scalar, one.keep)), "      ")


def _wrapped(items: list[str], indent: str) -> Iterator[str]:
    line = f"{indent}["
    for index, item in enumerate(items):
        part = f"{item}{']' if index == len(items) - 1 else ','}"
        if len(line) + len(part) > _WIDTH and line.strip() != "[":
            yield line.rstrip()
            line = f"{indent} "
        line += f"{part} "
    yield line.rstrip()


def values_of(appraisals: Iterable[Appraisal]) -> list[dict[str, Any]]:
    """Return the appraisals as JSON."""
    return [
        {
            "operation_id": one.operation_id,
            "method": one.key.method,
            "path": one.key.path,
            "tool_tokens": one.tool._asdict(),
            "reply_tokens": one.reply._asdict(),
            "doubts": [doubt._asdict() for doubt in one.doubts],
            "keep": list(one.keep),
            "reply_tokens_with_keep": one.reply_kept,
        }
        for one in appraisals
    ]
