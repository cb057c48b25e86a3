"""A tool: one allowed operation as a function that a model calls, with the place in a request of each of its arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from plugin_gateway.tools.tokens import estimate_tokens
from plugin_gateway.tools.tool_index import index_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plugin_gateway.ranking.index import Index


class Place(StrEnum):
    """The part of a request that carries an argument, by the word that OpenAPI's `in` has for it."""

    PATH = "path"
    QUERY = "query"
    QUERYSTRING = "querystring"
    """The whole query (OpenAPI 3.2). The argument is serialised as its `media_type` says."""
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"


class BodyKind(StrEnum):
    """The way in which a body is built from arguments."""

    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    TEXT = "text"
    BINARY = "binary"
    """Octets; the argument is base64 text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How one field of a form or one part of a multipart body is written (OpenAPI's Encoding Object, defaults filled in).

    `style` is empty if the value is written as `media_type` says: JSON types as JSON, others as text. A list becomes one field or
    part for each item, unless `media_type` is a JSON type.
    """

    style: str = "form"
    explode: bool = True
    allow_reserved: bool = False
    media_type: str = ""
    """The Content-Type of a part. Empty: text/plain, or application/json for an object, or application/octet-stream for octets."""
    is_binary: bool = False
    """The value, or each item of a list, is base64 text, and its octets are sent."""


PLAIN_ENCODING = Encoding(style="", explode=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One property of a tool's input schema, and where its value goes. OpenAPI's defaults are filled in."""

    name: str
    """The key in `arguments`; unique within the tool, and legal for every client."""
    place: Place
    wire_name: str
    """The name in the request: the parameter's, or the property's in the body."""
    style: str = ""
    """For parameters without `content`: simple, label, matrix, form, spaceDelimited, pipeDelimited, deepObject or cookie."""
    explode: bool = False
    allow_reserved: bool = False
    media_type: str = ""
    """For parameters with `content`: the type as which the value is serialised."""
    is_required: bool = False
    is_binary: bool = False
    """The value, or each item of a list, is base64 text, and its octets are sent. Only in bodies that are not JSON."""
    allows_slashes: bool = False
    """A path value may contain `/`, which is sent as %2F."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How the body is built from arguments: of one argument that is the whole, or of all arguments with the place BODY."""

    media_type: str
    kind: BodyKind
    whole: str = ""
    """The name of the argument that is the whole body. Empty: each argument with the place BODY is one member or field."""
    is_required: bool = False
    """A call without any of the body's arguments sends an empty object, form or text; otherwise it sends no body."""
    takes_others: bool = False
    """Arguments that the tool does not name are members of the body, under their own names."""
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    """For FORM and MULTIPART, by the names in the body. A name that is not here has `PLAIN_ENCODING`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """The annotations of a tool. All are told explicitly, because clients disagree about what a missing one means."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. Immutable and picklable, made once per revision and view."""

    name: str
    """The operation id that clients see (`OperationRule.operation_id`)."""
    method: str
    path_template: str
    """May end in a query, which each call sends (`gate.variant`)."""
    title: str
    description: str
    hints: Hints
    arguments: tuple[Argument, ...] = ()
    body: Body | None = None
    has_output_schema: bool = False
    """The definition promises that `structuredContent` is an object. The schema accepts every object, so an answer that is
    another JSON value is sent as `{"result": …}`, and an empty answer as `{}`."""
    definition: bytes
    """The JSON object that `tools/list` shows, valid in all revisions of MCP."""

    @property
    def tokens(self) -> int:
        """An estimate of the tokens that a model reads for the definition."""
        return estimate_tokens(self.definition)


class ToolSet:
    """The tools of one view, by name, in the order of the document.

    They are built on first access, because `check` does not need them. Pickling builds them, so that workers do not.
    """

    def __init__(self, build: Callable[[], tuple[Tool, ...]], *, is_searched: bool = False) -> None:
        """Take a function that builds the tools. It must return equal tools in every process.

        `is_searched` says that callers search the tools, so pickling builds the index, too.
        """
        self._build = build
        self.is_searched = is_searched

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        return self._build()

    @cached_property
    def by_name(self) -> Mapping[str, Tool]:
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def index(self) -> Index:
        """The words of the tools. Its subjects are the tools, in their order."""
        return index_tools(self.tools)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.tools)

    def __len__(self) -> int:
        return len(self.tools)

    def __eq__(self, other: object) -> bool:
        return self.tools == other.tools if isinstance(other, ToolSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.by_name))

    def __repr__(self) -> str:
        return f"ToolSet({', '.join(self.by_name)})"

    def __reduce__(
        self,
    ) -> tuple[Callable[[tuple[Tool, ...], Index | None], ToolSet], tuple[tuple[Tool, ...], Index | None]]:
        return tool_set, (self.tools, self.index if self.is_searched else None)


def tool_set(tools: tuple[Tool, ...] = (), index: Index | None = None) -> ToolSet:
    """Return the set of tools that are already built; they are searched if there is an index."""
    made = ToolSet(lambda: tools, is_searched=index is not None)
    if index is not None:
        made.index = index
    return made


NO_TOOLS = tool_set()
