"""Customers: their accounts, and notes about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replies import CUSTOMER, Fault, Reply, enveloped, handles, paged, record, select, select_one
from .store import TODAY

if TYPE_CHECKING:
    import sqlite3

    from .contract import Call
    from .replies import Row


@handles("GET /customers")
def list_customers(database: sqlite3.Connection, call: Call) -> Reply:
    sql = """select * from customers where (:tier is null or tier = :tier) and (:active is null or active = :active)
             order by customerId"""
    return paged(select(database, sql, call.values), call)


@handles("GET /customers/search")
def search_customers(database: sqlite3.Connection, call: Call) -> Reply:
    sql = (
        "select * from customers where instr(lower(name || ' ' || coalesce(email, '')), lower(:q)) order by customerId"
    )
    return paged(select(database, sql, call.values), call)


def _customer_values(body: Row) -> Row:
    return {"email": None, "active": True, "createdOn": TODAY, **body}


@handles("POST /customers")
def create_customer(database: sqlite3.Connection, call: Call) -> Reply:
    cursor = database.execute(
        "insert into customers values (null, :name, :email, :tier, :country, :active, :createdOn)",
        _customer_values(call.body) | {"createdOn": TODAY},
    )
    record(database, "created a customer")
    customer = select_one(database, CUSTOMER, {"customerId": cursor.lastrowid})
    return enveloped(customer, 201, f"{call.location_base}/customers/{cursor.lastrowid}")


@handles("GET /customers/{customerId}")
def get_customer(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, CUSTOMER, call.values))


@handles("PUT /customers/{customerId}")
def update_customer(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, CUSTOMER, call.values)
    database.execute(
        """update customers set name = :name, email = :email, tier = :tier, country = :country, active = :active
           where customerId = :customerId""",
        _customer_values(call.body) | {"customerId": call.values["customerId"]},
    )
    return enveloped(select_one(database, CUSTOMER, call.values))


@handles("DELETE /customers/{customerId}")
def delete_customer(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, CUSTOMER, call.values)
    if select(database, "select 1 from orders where customerId = :customerId", call.values):
        raise Fault(409, "the customer has orders")
    database.execute("delete from customers where customerId = :customerId", call.values)
    return Reply(status=204)


@handles("POST /customers/merge")
def merge_customers(database: sqlite3.Connection, call: Call) -> Reply:
    if call.body["fromId"] == call.body["intoId"]:
        raise Fault(409, "an account cannot be merged into itself")
    for name in ("fromId", "intoId"):
        select_one(database, CUSTOMER, {"customerId": call.body[name]})
    for sql in (
        "update orders set customerId = :intoId where customerId = :fromId",
        "update invoices set customerId = :intoId where customerId = :fromId",
        "delete from customers where customerId = :fromId",
    ):
        database.execute(sql, call.body)
    return enveloped(select_one(database, CUSTOMER, {"customerId": call.body["intoId"]}))


@handles("GET /customers/{customerId}/orders")
def list_customer_orders(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, CUSTOMER, call.values)
    return paged(select(database, "select * from pricedOrders where customerId = :customerId", call.values), call)


@handles("POST /customers/{customerId}/notes")
def add_note(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, CUSTOMER, call.values)
    cursor = database.execute(
        "insert into notes values (null, :customerId, :text, :author, :createdOn)", {**call.values, "createdOn": TODAY}
    )
    return enveloped(
        select_one(database, "select * from notes where noteId = :noteId", {"noteId": cursor.lastrowid}), 201
    )
