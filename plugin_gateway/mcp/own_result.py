"""The gateway's own result of a tool call that it refused or did not send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from plugin_gateway.mcp.left_out import cut_text
from plugin_gateway.mcp.result import PROBLEM_KEY, Result, clean, of_texts, seconds
from plugin_gateway.refusal import TITLES, problem_details
from plugin_gateway.shape.values.problem import MOST_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.refusal import Refusal
    from plugin_gateway.tools.tool import Tool

_MOST_NAMES: Final = 60
_BEGUN: Final = "The beginning of the answer:\n"
_SHOWN: Final = 64


def refused(tool: Tool, refusal: Refusal, limit: int, begun: str = "") -> Result:
    """Return the result of a call that the gateway refused, or whose answer broke off after `begun`.

    It has at most `limit` bytes.
    """
    title = TITLES.get(refusal.code, "")
    text = " ".join(part for part in (f"{title}." if title else "", refusal.detail, refusal.hint) if part)
    retry = next((value for name, value in refusal.headers if name.lower() == b"retry-after"), b"")
    if retry:
        text += f" Retry after {seconds(retry.decode('latin-1'))}."
    if refusal.members:
        text += f"\n{orjson.dumps(dict(refusal.members), default=str).decode()}"
    text, _ = cut_text(text, limit)
    texts = [orjson.dumps(text)]
    begun, _ = cut_text(begun, max(limit - len(texts[0]) - len(_BEGUN) - 2, 0))
    if begun:
        texts.append(orjson.dumps(_BEGUN + begun))
    return of_texts(texts, tool, b'"%b":%b' % (PROBLEM_KEY.encode(), problem_details(refusal)), is_error=True)


def wrong_arguments(tool: Tool, problems: Iterable[tuple[str, str]], limit: int) -> Result:
    """Return the result of a call that was not sent, with the problems of its arguments by name, in `limit` bytes at most."""
    found = [(clean(name[:_SHOWN]), clean(detail)) for name, detail in problems]
    lines = [f"- {name}: {detail}" if name else f"- {detail}" for name, detail in found[:MOST_PROBLEMS]]
    if len(found) > MOST_PROBLEMS:
        lines.append(f"- and {len(found) - MOST_PROBLEMS} more")
        del found[MOST_PROBLEMS:]
    names = ", ".join(argument.name for argument in tool.arguments[:_MOST_NAMES]) or "none"
    if len(tool.arguments) > _MOST_NAMES:
        names += f" and {len(tool.arguments) - _MOST_NAMES} more"
    text = f"The call was not sent. Correct its arguments:\n{chr(10).join(lines)}\nArguments of {tool.name}: {names}."
    text, _ = cut_text(text, limit)
    notice = {"code": "wrong-arguments", "errors": [{"argument": name, "detail": detail} for name, detail in found]}
    return of_texts(
        [orjson.dumps(text)], tool, b'"%b":%b' % (PROBLEM_KEY.encode(), orjson.dumps(notice)), is_error=True
    )
