"""A tool: one allowed operation as a function that a model calls, with the place of each argument in a request."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from plugin_gateway.tools.tokens import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping


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


class Encoding(Struct, frozen=True, kw_only=True):
    """How one field of a form or one part of a multipart body is written (OpenAPI's Encoding Object, defaults filled in).

    `style` is empty if the value is written as `media_type` says: JSON types as JSON, others as text. A list becomes one field
    or part for each item, unless `media_type` is a JSON type.
    """

    style: str = "form"
    explode: bool = True
    allow_reserved: bool = False
    media_type: str = ""
    """The Content-Type of a part. Empty: text/plain, or application/json for an object, or application/octet-stream for octets.
    """
    is_binary: bool = False
    """The value, or each item of a list, is base64 text, and its octets are sent."""


PLAIN_ENCODING = Encoding(style="", explode=False)


class Argument(Struct, frozen=True, kw_only=True):
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


class Body(Struct, frozen=True, kw_only=True):
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


class Hints(Struct, frozen=True, kw_only=True):
    """The annotations of a tool. All are stated, because clients disagree on the meaning of a missing one."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = False


class Tool(Struct, frozen=True, kw_only=True):
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
