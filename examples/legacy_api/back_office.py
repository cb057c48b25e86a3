"""The back office: reports, users, keys and settings, which must not be reachable from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replies import Fault, Reply, enveloped, handles, paged, record, select, select_one
from .store import erase_order

if TYPE_CHECKING:
    import sqlite3

    from .contract import Call


@handles("GET /ping")
def ping(_: sqlite3.Connection, __: Call) -> Reply:
    return Reply(body={"status": "ok"})


@handles("GET /reports/sales")
def report_sales(database: sqlite3.Connection, call: Call) -> Reply:
    months = []
    for month in (f"{call.values['year']}-{number:02d}" for number in range(1, 13)):
        sql = """select :month as month, count(*) as orders, round(coalesce(sum(total), 0), 2) as total
                 from pricedOrders where substr(orderedOn, 1, 7) = :month and status <> 'cancelled'"""
        months.append(select_one(database, sql, {"month": month}))
    return enveloped(months)


@handles("GET /reports/margins")
def report_margins(database: sqlite3.Connection, _: Call) -> Reply:
    sql = """select category, round(12.5 + avg(price) / 10, 1) as marginPercent from products
             group by category order by category"""
    return enveloped(select(database, sql))


@handles("GET /admin/users")
def list_users(database: sqlite3.Connection, _: Call) -> Reply:
    return enveloped(select(database, "select * from users order by userName"))


@handles("POST /admin/users")
def create_user(database: sqlite3.Connection, call: Call) -> Reply:
    if select(database, "select 1 from users where userName = :userName", call.body):
        raise Fault(409, "the name is taken")
    user = {"userName": call.body["userName"], "role": call.body["role"]}
    database.execute("insert into users values (:userName, :role)", user)
    record(database, "created a user")
    return enveloped(user, 201)


@handles("DELETE /admin/users/{userName}")
def delete_user(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, "select 1 from users where userName = :userName", call.values)
    database.execute("delete from users where userName = :userName", call.values)
    return Reply(status=204)


@handles("GET /admin/keys")
def list_keys(database: sqlite3.Connection, _: Call) -> Reply:
    return enveloped(select(database, "select * from apiKeys order by keyId"))


@handles("POST /admin/keys/{keyId}/revoke")
def revoke_key(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, "select 1 from apiKeys where keyId = :keyId", call.values)
    database.execute("delete from apiKeys where keyId = :keyId", call.values)
    return Reply(status=204)


@handles("GET /admin/audit")
def read_audit(database: sqlite3.Connection, call: Call) -> Reply:
    return paged(select(database, "select * from audit order by entryId desc"), call)


@handles("GET /admin/settings")
def get_settings(database: sqlite3.Connection, _: Call) -> Reply:
    return enveloped(select_one(database, "select * from settings", {}))


@handles("PUT /admin/settings")
def put_settings(database: sqlite3.Connection, call: Call) -> Reply:
    settings = {**select_one(database, "select * from settings", {}), **call.body}
    database.execute(
        "update settings set smtpHost = :smtpHost, vatPercent = :vatPercent, readOnly = :readOnly", settings
    )
    return enveloped(select_one(database, "select * from settings", {}))


@handles("POST /admin/purge")
def purge(database: sqlite3.Connection, call: Call) -> Reply:
    sql = "select orderId from orders where status = 'cancelled' and orderedOn < :before"
    rows = select(database, sql, call.values)
    for row in rows:
        erase_order(database, row["orderId"])
    return enveloped({"erased": len(rows)})
