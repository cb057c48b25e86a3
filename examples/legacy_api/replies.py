"""Replies: the results of handlers, the register of handlers, and shared lookups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from .store import TODAY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from .contract import Call

Row: TypeAlias = "dict[str, Any]"
Handler: TypeAlias = "Callable[[sqlite3.Connection, Call], Reply]"

CUSTOMER = "select * from customers where customerId = :customerId"
ORDER = "select * from pricedOrders where orderId = :orderId"
PRODUCT = "select * from products where sku = :sku"

HANDLERS: dict[str, Handler] = {}
"""Every handler under its operation's `METHOD /path`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response with a JSON `body`, `content` of another media type, or neither."""

    status: int = 200
    body: Any = None
    content: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Fault(Exception):  # noqa: N818 - an answer, not an error of the program
    """Raised if a valid call cannot be carried out: 404, 409 or 413."""

    def __init__(self, status: int, detail: str) -> None:
        """Take the status and detail of the response."""
        self.status, self.detail = status, detail
        super().__init__(detail)


def handles(key: str) -> Callable[[Handler], Handler]:
    """Register a handler under `METHOD /path`."""

    def register(handler: Handler) -> Handler:
        HANDLERS[key] = handler
        return handler

    return register


def enveloped(value: Any, status: int = 200, location: str = "") -> Reply:
    return Reply(status=status, body={"data": value}, headers={"Location": location} if location else {})


def paged(rows: Sequence[Row], call: Call) -> Reply:
    """Answer with the page that the call asks for."""
    page, size = call.values["page"], call.values["pageSize"]
    return Reply(
        body={
            "data": rows[(page - 1) * size : page * size],
            "meta": {"page": page, "pageSize": size, "totalCount": len(rows)},
        },
        headers={"X-Total-Count": str(len(rows))},
    )


def select(database: sqlite3.Connection, sql: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    return list(database.execute(sql, values or {}))


def select_one(database: sqlite3.Connection, sql: str, values: Mapping[str, Any]) -> Row:
    """Return the only row, or raise a 404 `Fault`."""
    rows = select(database, sql, values)
    if not rows:
        raise Fault(404, "there is no such thing")
    return rows[0]


def check_product(database: sqlite3.Connection, line: Row) -> None:
    if not select(database, PRODUCT, {"sku": line["sku"]}):
        raise Fault(409, f"there is no product {line['sku']}")


def record(database: sqlite3.Connection, action: str) -> None:
    """Add an entry to the audit log."""
    database.execute("insert into audit values (null, ?, 'api', ?)", (TODAY, action))
