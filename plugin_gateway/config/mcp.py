"""The MCP endpoint in gateway.yaml: where it is, and how it shows the allowed operations."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import Meta

from plugin_gateway.config.fields import HostText, Origin, Size, ToTuple, text_schema
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.reader import Parsed, PrepareRaw
from plugin_gateway.config.record import Record

_DOTS: Final = re.compile(r"/\.\.?(?:/|$)")
_OWN_PATHS: Final = frozenset({"/openapi.json", "/openapi.yaml"})


def _mcp_mode(value: Any) -> Any:
    # Some people write `false` for `off`, as YAML 1.1 reads it.
    return "off" if value is False else value


def _mcp_path(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(?:/[A-Za-z0-9._~-]+)+", value) or _DOTS.search(value):
        hint = "use letters, digits, `-`, `_` and `.` between the slashes, for example /mcp"
        raise Mistake("bad-path", "not a path for the MCP endpoint", got=value, hint=hint)
    if value.startswith(("/.well-known/", "/oauth/")) or value in _OWN_PATHS:
        raise Mistake(
            "bad-path", "the gateway serves something else at this path", got=value, hint="for example `path: /mcp`"
        )
    return value


McpMode: Final = PrepareRaw(_mcp_mode)
McpPath = Annotated[str, Parsed(_mcp_path, text_schema("A path.", "^/[A-Za-z0-9._~/-]+$"))]


class Mcp(Record):
    """The MCP endpoint: the allowed operations as tools. `false` turns it off."""

    example: ClassVar[str] = "{path: /mcp, mode: tools}"
    short_form: ClassVar[dict[str, Any] | None] = {"const": False, "description": "No MCP endpoint."}
    other_words: ClassVar[dict[str, str]] = {
        "url": "path",
        "endpoint": "path",
        "kind": "mode",
        "type": "mode",
        "max_result": "result_bytes",
        "result_size": "result_bytes",
        "max_result_byte": "result_bytes",
        "cors": "origins",
        "allowed_origin": "origins",
        "allowed_host": "hosts",
    }

    mode: Annotated[Literal["tools", "search", "off"], McpMode] = "tools"
    """`tools` lists one tool for each allowed operation. `search` lists three tools, which find, describe and call the allowed
    operations; directories of plugins refuse such a server. `off` serves no MCP endpoint."""
    path: McpPath = "/mcp"
    """Path of the endpoint.
    Example: `path: /tools`"""
    result_bytes: Annotated[Size, Meta(ge=1_000)] = 100_000
    """Maximum size of one tool's result, text and structured content together.
    Example: `result_bytes: 200kB`"""
    origins: Annotated[tuple[Origin, ...], ToTuple] = ()
    """Origins of the web pages that may call the endpoint, besides `cors` and the origin of `public.url`.
    Example: `origins: [https://inspector.example.com]`"""
    hosts: Annotated[tuple[HostText, ...], ToTuple] = ()
    """Values of Host that the endpoint accepts, as HOST or HOST:PORT, besides the host of `public.url`, the address of the
    listener and the names of this machine. HOST alone stands for each port.
    Example: `hosts: [gateway.internal]`"""

    @classmethod
    def expand(cls, value: Any) -> Any:
        if value is True:
            return {}
        return {"mode": "off"} if value is False else value

    @property
    def is_on(self) -> bool:
        return self.mode != "off"
