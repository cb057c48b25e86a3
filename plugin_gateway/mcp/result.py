"""A result: what a model gets for one tool call, as the JSON of its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.mcp.message import as_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.tools.tool import Tool

LEFT_OUT_KEY: Final = "plugin-gateway/left-out"
APPROVAL_KEY: Final = "plugin-gateway/approval"
NEXT_KEY: Final = "plugin-gateway/next"
PROBLEM_KEY: Final = "plugin-gateway/problem"
"""Keys in `_meta` of a result."""

_SHOWN: Final = 64


class Result:
    """The members of a tool's result and the members of its `_meta`, as JSON without the braces."""

    __slots__ = ("members", "meta")

    def __init__(self, members: bytes, meta: bytes = b"") -> None:
        self.members = members
        self.meta = meta


class InputRequired(Result):
    """The result that tells a modern client to ask its user first; `meta` is never empty."""

    __slots__ = ()


def of_json(texts: Iterable[bytes], value: bytes, meta: bytes = b"") -> Result:
    """Return a result of texts, as JSON strings, and of a JSON object."""
    content = b'},{"type":"text","text":'.join(texts)
    return Result(
        b"".join((b'"content":[{"type":"text","text":', content, b'}],"structuredContent":', value, b',"isError":false')),
        meta,
    )  # fmt: skip


def of_texts(texts: Iterable[bytes], tool: Tool | None = None, meta: bytes = b"", *, is_error: bool = False) -> Result:
    """Return a result of texts, as JSON strings; `tool` is the called tool, if the API answered."""
    content = b'},{"type":"text","text":'.join(texts)
    return of_content(b'{"type":"text","text":' + content + b"}", tool, meta, is_error=is_error)


def of_content(content: bytes, tool: Tool | None, meta: bytes = b"", *, is_error: bool = False) -> Result:
    """Return a result of content items, as JSON; see `of_texts`."""
    # A client that knows an output schema insists on structured content, unless the call failed.
    structured = b',"structuredContent":{}' if tool is not None and tool.has_output_schema and not is_error else b""
    end = b',"isError":true' if is_error else b',"isError":false'
    return Result(b"".join((b'"content":[', content, b"]", structured, end)), meta)


def member(key: str, value: Any) -> bytes:
    """Return a member of `_meta`, as JSON."""
    return b'"%b":%b' % (key.encode(), as_json(value))


def clean(text: str) -> str:
    """Return the text with question marks in place of lone surrogates, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()


def seconds(value: str) -> str:
    """Return the value of Retry-After in words (RFC 9110, 10.2.3)."""
    return f"{value[:_SHOWN]} seconds" if value.isascii() and value.isdigit() else value[:_SHOWN]
