"""The store: one SQLite database in memory, filled the same way at every start."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from itertools import product

TODAY = "2019-06-28"
"""The company's fixed date, which makes every run return the same data."""

_SCHEMA = """
create table customers (customerId integer primary key, name text, email text, tier text, country text,
                        active boolean, createdOn text);
create table notes (noteId integer primary key, customerId integer, text text, author text, createdOn text);
create table products (sku text primary key, name text, category text, price real, stock integer, imageBytes integer);
create table orders (orderId integer primary key, customerId integer, status text, orderedOn text, comment text);
create table orderLines (orderId integer, lineNo integer, sku text, quantity integer, unitPrice real,
                         primary key (orderId, lineNo));
create table invoices (number text primary key, orderId integer, customerId integer, issuedOn text, dueOn text,
                       amount real, status text, paidOn text);
create table shipments (shipmentId integer primary key, orderId integer, carrier text, trackingNumber text,
                        shippedOn text, delivered boolean);
create table users (userName text primary key, role text);
create table apiKeys (keyId integer primary key, prefix text, owner text);
create table audit (entryId integer primary key, happenedOn text, actor text, action text);
create table settings (smtpHost text, vatPercent real, readOnly boolean);
create view pricedOrders as
  select orderId, customerId, status, orderedOn, 'EUR' as currency, comment,
         (select round(coalesce(sum(quantity * unitPrice), 0), 2) from orderLines
          where orderLines.orderId = orders.orderId) as total
  from orders;
"""

_NAMES = ("Aalto", "Brandt", "Cortez", "Dubois", "Eriksen", "Fischer", "Greco", "Horvat")
_TRADES = ("Office Supply", "Print Works", "Stationers")
_COUNTRIES = ("DE", "FR", "IT", "NL", "SE")
_TIERS = ("standard", "standard", "silver", "gold")
_GOODS = {
    "paper": ("PA", ("Copy paper A4", "Copy paper A3", "Card stock", "Envelopes C5")),
    "ink": ("IN", ("Black toner", "Colour toner", "Stamp ink")),
    "furniture": ("FU", ("Desk lamp", "Swivel chair", "Filing cabinet")),
    "electronics": ("EL", ("Label printer", "Paper shredder")),
}
_STATUSES = ("delivered", "delivered", "shipped", "picked", "open", "cancelled")
_CARRIERS = ("northline", "parcelhub", "own-fleet")
_FIRST_DAY = date(2018, 1, 8)
_ORDERS = 60


def connect() -> sqlite3.Connection:
    """Open a new database with the demo company. Rows are dictionaries with the document's property names.

    Use it only in the event loop's thread.
    """
    sqlite3.register_converter("boolean", lambda raw: raw == b"1")
    database = sqlite3.connect(
        ":memory:", check_same_thread=False, detect_types=sqlite3.PARSE_DECLTYPES, isolation_level=None
    )
    database.row_factory = lambda cursor, row: dict(zip((column[0] for column in cursor.description), row, strict=True))
    database.executescript(_SCHEMA)
    _fill_master_data(database)
    _fill_orders(database)
    return database


def _fill_master_data(database: sqlite3.Connection) -> None:
    for number, (trade, name) in enumerate(product(_TRADES, _NAMES), start=1):
        database.execute(
            "insert into customers values (?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                f"{name} {trade}",
                None if number % 7 == 0 else f"orders@{name.lower()}{number}.example",
                _TIERS[number % len(_TIERS)],
                _COUNTRIES[number % len(_COUNTRIES)],
                number % 9 != 0,
                (_FIRST_DAY + timedelta(days=3 * number)).isoformat(),
            ),
        )
    for category, (prefix, names) in _GOODS.items():
        for number, name in enumerate(names):
            database.execute(
                "insert into products values (?, ?, ?, ?, ?, null)",
                (
                    f"{prefix}-{1000 + number}",
                    name,
                    category,
                    4.5 + 17.25 * number,
                    0 if number == 2 else 40 * number + 25,
                ),
            )
    database.executemany(
        "insert into users values (?, ?)", [("root", "root"), ("m.keller", "manager"), ("desk1", "clerk")]
    )
    database.executemany(
        "insert into apiKeys values (?, ?, ?)", [(1, "lgk_a41", "web shop"), (2, "lgk_77c", "warehouse")]
    )
    database.execute("insert into settings values ('smtp.contoso.example', 19.0, 0)")
    database.execute("insert into audit values (1, ?, 'root', 'created the database')", (TODAY,))


def _fill_orders(database: sqlite3.Connection) -> None:
    skus = [row["sku"] for row in database.execute("select sku from products order by sku")]
    for order_id in range(1, _ORDERS + 1):
        ordered_on = _FIRST_DAY + timedelta(days=9 * order_id)
        customer_id = order_id * 5 % 24 + 1
        status = _STATUSES[order_id % len(_STATUSES)]
        database.execute(
            "insert into orders values (?, ?, ?, ?, ?)",
            (order_id, customer_id, status, ordered_on.isoformat(), "Ring twice" if order_id % 11 == 0 else None),
        )
        for line_no in range(1, order_id % 3 + 2):
            add_line(database, order_id, line_no, skus[(order_id + 5 * line_no) % len(skus)], order_id % 8 + line_no)
        if status == "delivered":
            _invoice(database, order_id, customer_id, ordered_on)
        if status in {"delivered", "shipped"}:
            database.execute(
                "insert into shipments values (null, ?, ?, ?, ?, ?)",
                (
                    order_id,
                    _CARRIERS[order_id % len(_CARRIERS)],
                    f"TRK{order_id:08d}" if order_id % 3 else None,
                    (ordered_on + timedelta(days=2)).isoformat(),
                    status == "delivered",
                ),
            )


def add_line(database: sqlite3.Connection, order_id: int, line_no: int, sku: str, quantity: int) -> None:
    """Add a line at today's price, or replace the line with that number."""
    database.execute(
        "insert or replace into orderLines select ?, ?, sku, ?, price from products where sku = ?",
        (order_id, line_no, quantity, sku),
    )


def erase_order(database: sqlite3.Connection, order_id: int) -> None:
    """Delete an order with its lines and shipments."""
    database.execute("delete from orderLines where orderId = ?", (order_id,))
    database.execute("delete from shipments where orderId = ?", (order_id,))
    database.execute("delete from orders where orderId = ?", (order_id,))


def _invoice(database: sqlite3.Connection, order_id: int, customer_id: int, ordered_on: date) -> None:
    issued_on = ordered_on + timedelta(days=7)
    is_paid = order_id % 4 != 0
    database.execute(
        "insert into invoices select ?, ?, ?, ?, ?, total, ?, ? from pricedOrders where orderId = ?",
        (
            f"INV-{order_id:06d}",
            order_id,
            customer_id,
            issued_on.isoformat(),
            (issued_on + timedelta(days=30)).isoformat(),
            "paid" if is_paid else "due",
            (issued_on + timedelta(days=20)).isoformat() if is_paid else None,
            order_id,
        ),
    )
