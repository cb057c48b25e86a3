"""A selector: one entry of `allow` or `deny`, which names operations of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeAlias

from msgspec import Meta, field
from msgspec.structs import replace

from plugin_gateway.config.credential import Credentials
from plugin_gateway.config.fields import (
    Consequential,
    Flag,
    RateValue,
    ToTuple,
)
from plugin_gateway.config.injected import colliding
from plugin_gateway.config.mistake import Mistake, nearest_key
from plugin_gateway.config.operation_fields import (
    OPERATION_SCHEMA,
    Method,
    OperationName,
    OperationText,
    PathGlob,
)
from plugin_gateway.config.operation_text import split_operation
from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.config.published import MAX_TOOL_TITLE
from plugin_gateway.config.reader import RefusesNull
from plugin_gateway.config.record import Record, exactly_one
from plugin_gateway.config.trims import RequestTrim, ResponseTrim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = ("operation", "tag", "path")
_OF_ONE_OPERATION = ("operation_id", "description", "summary", "title")
OnDrift: TypeAlias = Literal["keep", "quarantine", "follow"]


class ToolHints(Record):
    """What a call may do, for the annotations of the tool. A hint that is left out follows from the method and the names."""

    example: ClassVar[str] = "{destructive: false}"
    other_words: ClassVar[dict[str, str]] = {
        "readonly": "read_only",
        "safe": "read_only",
        "openworld": "open_world",
        "dangerou": "destructive",
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "not": {
                "properties": {"read_only": {"const": True}, "destructive": {"const": True}},
                "required": ["read_only", "destructive"],
            }
        },
    )

    read_only: Flag | None = None
    """Calls change nothing; by default for GET and other safe methods, and with `consequential: false`."""
    destructive: Flag | None = None
    """Calls can irreversibly delete, overwrite, cancel or send something. By default for every operation that is not
    read-only, except for a POST that adds something, judged by its operationId, path or summary."""
    idempotent: Flag | None = None
    """Repeating a call has no further effect; by default for read-only operations, PUT and DELETE."""
    open_world: Flag | None = None
    """Calls reach an open set of targets, such as the web, rather than one service; by default for no operation."""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if written.get("read_only") is True and written.get("destructive") is True:
            hint = "leave one of them out"
            yield Mistake(
                "goes-together",
                "an operation cannot be both read-only and destructive",
                hint=hint,
                at=("destructive",),
                on_key=True,
            )


class Selector(Record):
    """One entry of `deny`: exactly one of `operation`, `tag` or `path`."""

    short_form: ClassVar[dict[str, Any] | None] = OPERATION_SCHEMA
    other_words: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("id", "operation_id", "op", "name", "endpoint", "route"), "operation"),
        "glob": "path",
        "prefix": "path",
        "url": "path",
        "verb": "methods",
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        {"oneOf": [{"required": [kind]} for kind in _KINDS]},
        {"not": {"required": ["operation", "methods"]}},
    )

    operation: Annotated[OperationText | None, RefusesNull()] = None
    """An operationId of the document, or `METHOD /path/template`.
    Example: `operation: listOrders`"""
    tag: Annotated[Annotated[str, Meta(min_length=1)] | None, RefusesNull()] = None
    """Every operation with this tag.
    Example: `tag: Orders`"""
    path: Annotated[PathGlob | None, RefusesNull()] = None
    """Every operation whose path template matches; `*` is one segment, `**` any number.
    Example: `path: /orders/**`"""
    methods: Annotated[tuple[Method, ...], ToTuple] = ()
    """With `tag` or `path`: only these methods.
    Example: `path: /orders/**, methods: [GET]`"""

    _index: int = 0

    @classmethod
    def expand(cls, value: Any) -> Any:
        if isinstance(value, str):
            key = split_operation(value)
            return {"path": key[1], "methods": [key[0]]} if key and "*" in key[1] else {"operation": value}
        if not isinstance(value, dict | Record):
            hint = "write an operationId, `METHOD /path`, or a mapping with operation, tag or path"
            raise Mistake("wrong-type", "expected an operation", got=value, hint=hint)
        if (
            isinstance(value, dict)
            and value
            and not any(nearest_key(key, cls.known_keys(), cls.other_words) for key in value)
        ):
            from plugin_gateway.config.entry_hint import operations_in  # noqa: PLC0415  # only a wrong config needs it

            shown = " and ".join(f"`- {one}`" for key, member in value.items() for one in operations_in(key, member))
            raise Mistake(
                "exactly-one", "an entry is text, or a mapping with `operation`, `tag` or `path`", hint=f"write {shown}"
            )
        return value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        if "operation_id" in written and not set(_KINDS) & set(written):
            hint = "write `operation` to name the operation; `operation_id` renames it for clients"
            yield Mistake("exactly-one", "an entry needs `operation`", hint=hint, at=("operation_id",), on_key=True)
        elif not set(_KINDS) & set(written):
            hint = "add one, or remove the dash if this belongs to the previous entry"
            yield Mistake(
                "exactly-one", f"an entry needs exactly one of {', '.join(f'`{kind}`' for kind in _KINDS)}", hint=hint
            )
        else:
            yield from exactly_one(written, _KINDS, "an entry")
        for kind in _KINDS:
            if kind in written and written[kind] is None:
                hint = "write a value after the colon; `#` begins a comment"
                yield Mistake("wrong-type", "expected text", got=None, hint=hint, at=(kind,))
        if "operation" in written and "methods" in written:
            hint = "an operation has only one method; use `path` for several"
            yield Mistake("goes-together", "`methods` needs `tag` or `path`", hint=hint, at=("methods",), on_key=True)

    @property
    def index(self) -> int:
        """Position of the entry in its list, from 0, for the pointer of a finding."""
        return self._index

    @property
    def key(self) -> tuple[str, str] | None:
        """Method, in capitals, and path template, if `operation` is written as `METHOD /path/template`."""
        return split_operation(self.operation) if self.operation else None

    @property
    def wanted_id(self) -> str | None:
        """The document's operationId, if `operation` is one."""
        return None if self.key else self.operation

    def numbered(self, index: int) -> Self:
        """Return the same entry as number `index` of its list."""
        return replace(self, _index=index)


class AllowEntry(Selector):
    """One entry of `allow`: the operations that it names, and how the gateway shows and limits them."""

    other_words: ClassVar[dict[str, str]] = {
        **Selector.other_words,
        **dict.fromkeys(("text", "help", "about", "comment", "note"), "description"),
        **dict.fromkeys(("alias", "rename", "as", "display_name"), "operation_id"),
        **dict.fromkeys(("limit", "rate_limit", "throttle"), "rate"),
        **dict.fromkeys(("approval", "approve", "confirm", "dangerous", "destructive"), "consequential"),
        **dict.fromkeys(("params", "args", "arguments"), "parameters"),
    }

    between: ClassVar[tuple[dict[str, Any], ...]] = (
        *Selector.between,
        *({"if": {"required": [key]}, "then": {"required": ["operation"]}} for key in _OF_ONE_OPERATION),
    )

    operation_id: OperationName | None = None
    """Name shown to clients instead of the document's operationId.
    Example: `operation: Orders_GetById, operation_id: get_order`"""
    description: str | None = None
    """Description shown to clients instead of the document's.
    Example: `operation: listOrders, description: Lists the orders of the last year.`"""
    summary: str | None = None
    """Summary shown to clients instead of the document's.
    Example: `operation: listOrders, summary: List orders`"""
    title: Annotated[str, Meta(min_length=1, max_length=MAX_TOOL_TITLE)] | None = None
    """Title of the tool for people, at most 64 characters; by default the summary.
    Example: `operation: createOrder, title: Place an order`"""
    hints: ToolHints = ToolHints()
    """What a call may do, for the annotations of the tool.
    Example: `operation: createOrder, hints: {destructive: false}`"""
    parameters: dict[str, ParameterRule] = field(default_factory=dict)
    """Rules for parameters, by name: `hidden`, or `fixed`, `default`, `maximum`, `slashes`.
    Example: `operation: listOrders, parameters: {tenant: {fixed: acme}, debug: hidden, limit: {maximum: 50}}`"""
    request: RequestTrim = RequestTrim()
    """What the gateway removes from request bodies.
    Example: `operation: createOrder, request: {drop: [/internal_notes]}`"""
    response: ResponseTrim = ResponseTrim()
    """What the gateway keeps of response bodies, and which URLs in them it rewrites.
    Example: `operation: listOrders, response: {keep: [/data/*/id, /data/*/status]}`"""
    consequential: Consequential | None = None
    """Whether clients ask their user before each call; by default they do for methods that are not safe. With `confirm` the
    gateway holds each call until a person approves it.
    Example: `operation: createOrder, consequential: confirm`"""
    rate: RateValue | None = None
    """How often clients may call the operation; if the entry names several, the limit applies to each.
    Example: `operation: listOrders, rate: 5/s`"""
    credential: Credentials | None = None
    """Used instead of `upstream.credential` and `write_credential`.
    Example: `operation: createOrder, credential: {bearer: {env: ORDERS_TOKEN}}`"""
    on_drift: OnDrift | None = None
    """Used instead of the top-level `on_drift`.
    Example: `operation: listOrders, on_drift: keep`"""

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        yield from super().mistakes(written)
        yield from colliding(written.get("credential"), "credential")
        for key in _OF_ONE_OPERATION:
            if key in written and "operation" not in written and {"tag", "path"} & set(written):
                hint = "write an entry for this operation alone"
                yield Mistake("goes-together", f"`{key}` needs `operation`", hint=hint, at=(key,), on_key=True)
