"""Orders and their lines."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from .replies import (
    CUSTOMER,
    ORDER,
    Fault,
    Reply,
    check_product,
    enveloped,
    handles,
    paged,
    select,
    select_one,
)
from .store import TODAY, add_line, erase_order

if TYPE_CHECKING:
    import sqlite3

    from .contract import Call

_LINE = "select * from orderLines where orderId = :orderId and lineNo = :lineNo"
_ORDERINGS = {
    "orderedOn": ("orderedOn", False),
    "-orderedOn": ("orderedOn", True),
    "total": ("total", False),
    "-total": ("total", True),
}


@handles("GET /orders")
def list_orders(database: sqlite3.Connection, call: Call) -> Reply:
    sql = """select * from pricedOrders
             where (:from is null or orderedOn >= :from) and (:to is null or orderedOn <= :to) order by orderId"""
    rows = select(database, sql, {"from": call.values["from"], "to": call.values["to"]})
    wanted = call.values["status"]
    column, is_descending = _ORDERINGS[call.values["sort"]]
    rows = [row for row in rows if wanted is None or row["status"] in wanted]
    return paged(sorted(rows, key=lambda row: row[column], reverse=is_descending), call)


@handles("POST /orders")
def create_order(database: sqlite3.Connection, call: Call) -> Reply:
    body = call.body
    if not select(database, CUSTOMER, {"customerId": body["customerId"]}):
        raise Fault(409, "there is no such customer")
    for line in body["lines"]:
        check_product(database, line)
    cursor = database.execute(
        "insert into orders values (null, ?, 'open', ?, ?)", (body["customerId"], TODAY, body.get("comment"))
    )
    order_id = cursor.lastrowid or 0
    for line_no, line in enumerate(body["lines"], start=1):
        add_line(database, order_id, line_no, line["sku"], line["quantity"])
    return enveloped(select_one(database, ORDER, {"orderId": order_id}), 201, f"{call.location_base}/orders/{order_id}")


@handles("GET /orders/export")
def export_orders(database: sqlite3.Connection, _: Call) -> Reply:
    sql = """select orderId, orderedOn, status, total, name, email, country
             from pricedOrders join customers using (customerId) order by orderId"""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["orderId", "orderedOn", "status", "total", "name", "email", "country"])
    writer.writeheader()
    writer.writerows(select(database, sql))
    return Reply(content=text.getvalue().encode(), media_type="text/csv")


@handles("GET /orders/{orderId}")
def get_order(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, ORDER, call.values))


@handles("PATCH /orders/{orderId}")
def patch_order(database: sqlite3.Connection, call: Call) -> Reply:
    order = select_one(database, ORDER, call.values)
    database.execute(
        "update orders set status = :status, comment = :comment where orderId = :orderId",
        {**order, **{name: call.body[name] for name in ("status", "comment") if name in call.body}},
    )
    return enveloped(select_one(database, ORDER, call.values))


@handles("DELETE /orders/{orderId}")
def delete_order(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, ORDER, call.values)
    erase_order(database, call.values["orderId"])
    return Reply(status=204)


@handles("POST /orders/{orderId}/cancel")
def cancel_order(database: sqlite3.Connection, call: Call) -> Reply:
    if select_one(database, ORDER, call.values)["status"] not in {"open", "picked"}:
        raise Fault(409, "the order has left the warehouse, or is cancelled already")
    database.execute("update orders set status = 'cancelled' where orderId = :orderId", call.values)
    return enveloped(select_one(database, ORDER, call.values))


@handles("GET /orders/{orderId}/lines")
def list_lines(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, ORDER, call.values)
    return enveloped(select(database, "select * from orderLines where orderId = :orderId order by lineNo", call.values))


@handles("POST /orders/{orderId}/lines")
def create_line(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, ORDER, call.values)
    check_product(database, call.body)
    sql = "select coalesce(max(lineNo), 0) + 1 as lineNo from orderLines where orderId = :orderId"
    key = {"orderId": call.values["orderId"], "lineNo": select_one(database, sql, call.values)["lineNo"]}
    add_line(database, key["orderId"], key["lineNo"], call.body["sku"], call.body["quantity"])
    return enveloped(select_one(database, _LINE, key), 201)


@handles("GET /orders/{orderId}/lines/{lineNo}")
def get_line(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, _LINE, call.values))


@handles("PUT /orders/{orderId}/lines/{lineNo}")
def update_line(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, _LINE, call.values)
    check_product(database, call.body)
    add_line(database, call.values["orderId"], call.values["lineNo"], call.body["sku"], call.body["quantity"])
    return enveloped(select_one(database, _LINE, call.values))


@handles("DELETE /orders/{orderId}/lines/{lineNo}")
def delete_line(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, _LINE, call.values)
    database.execute("delete from orderLines where orderId = :orderId and lineNo = :lineNo", call.values)
    return Reply(status=204)
