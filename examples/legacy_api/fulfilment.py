"""Fulfilment: invoices, products and shipments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replies import (
    ORDER,
    PRODUCT,
    Fault,
    Reply,
    enveloped,
    handles,
    paged,
    record,
    select,
    select_one,
)
from .store import TODAY

if TYPE_CHECKING:
    import sqlite3

    from .contract import Call
    from .replies import Row

_INVOICE = "select * from invoices where number = :number"
_SHIPMENT = "select * from shipments where shipmentId = :shipmentId"
_MAX_IMAGE_BYTES = 1_000_000


@handles("GET /invoices")
def list_invoices(database: sqlite3.Connection, call: Call) -> Reply:
    sql = """select * from invoices where (:customerId is null or customerId = :customerId)
             and (not :unpaidOnly or status = 'due') order by number"""
    return paged(select(database, sql, call.values), call)


@handles("GET /invoices/{number}")
def get_invoice(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, _INVOICE, call.values))


@handles("GET /invoices/{number}.pdf")
def print_invoice(database: sqlite3.Connection, call: Call) -> Reply:
    invoice = select_one(database, _INVOICE, call.values)
    text = f"Invoice {invoice['number']} of {invoice['issuedOn']}: EUR {invoice['amount']:.2f}"
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    page = "/Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<<{page}>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = "".join(f"{number} 0 obj{content}endobj\n" for number, content in enumerate(objects, start=1))
    content = f"%PDF-1.4\n{body}trailer<</Root 1 0 R/Size 6>>\n%%EOF\n".encode("ascii")
    return Reply(content=content, media_type="application/pdf")


@handles("POST /invoices/{number}/pay")
def pay_invoice(database: sqlite3.Connection, call: Call) -> Reply:
    if select_one(database, _INVOICE, call.values)["status"] != "due":
        raise Fault(409, "the invoice is not due")
    paid_on = call.body.get("paidOn", TODAY)
    database.execute(
        "update invoices set status = 'paid', paidOn = :paidOn where number = :number",
        {**call.values, "paidOn": paid_on},
    )
    record(database, "booked a payment")
    return enveloped(select_one(database, _INVOICE, call.values))


@handles("POST /invoices/{number}/void")
def void_invoice(database: sqlite3.Connection, call: Call) -> Reply:
    if select_one(database, _INVOICE, call.values)["status"] != "due":
        raise Fault(409, "the invoice is not due")
    database.execute("update invoices set status = 'void' where number = :number", call.values)
    return enveloped(select_one(database, _INVOICE, call.values))


@handles("GET /products")
def list_products(database: sqlite3.Connection, call: Call) -> Reply:
    wanted, in_stock = call.values["category"], call.values["inStock"]
    rows = [
        row
        for row in select(database, "select * from products order by sku")
        if (wanted is None or row["category"] in wanted) and (in_stock is None or in_stock == (row["stock"] > 0))
    ]
    return paged(rows, call)


@handles("GET /products/{sku}")
def get_product(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, PRODUCT, call.values))


@handles("PUT /products/{sku}")
def upsert_product(database: sqlite3.Connection, call: Call) -> Reply:
    database.execute(
        """insert into products values (:sku, :name, :category, :price, :stock, null) on conflict (sku) do update
           set name = excluded.name, category = excluded.category, price = excluded.price, stock = excluded.stock""",
        {"stock": 0, **call.body, "sku": call.values["sku"]},
    )
    return enveloped(select_one(database, PRODUCT, call.values))


@handles("GET /products/{sku}/stock")
def get_stock(database: sqlite3.Connection, call: Call) -> Reply:
    product = select_one(database, PRODUCT, call.values)
    return enveloped({"sku": product["sku"], "stock": product["stock"]})


@handles("POST /products/{sku}/image")
def upload_image(database: sqlite3.Connection, call: Call) -> Reply:
    select_one(database, PRODUCT, call.values)
    size = len(call.values["image"])
    if size > _MAX_IMAGE_BYTES:
        raise Fault(413, f"a picture has at most {_MAX_IMAGE_BYTES} bytes")
    database.execute(
        "update products set imageBytes = :size where sku = :sku", {"sku": call.values["sku"], "size": size}
    )
    return enveloped({"sku": call.values["sku"], "imageBytes": size, "caption": call.values["caption"]}, 201)


@handles("GET /shipments")
def list_shipments(database: sqlite3.Connection, call: Call) -> Reply:
    sql = "select * from shipments where :carrier is null or carrier = :carrier order by shipmentId"
    return paged(select(database, sql, call.values), call)


@handles("POST /shipments")
def create_shipment(database: sqlite3.Connection, call: Call) -> Reply:
    if select_one(database, ORDER, call.body)["status"] != "picked":
        raise Fault(409, "the order is not picked")
    cursor = database.execute(
        "insert into shipments values (null, :orderId, :carrier, null, :today, 0)", {**call.body, "today": TODAY}
    )
    database.execute("update orders set status = 'shipped' where orderId = :orderId", call.body)
    shipment = select_one(database, _SHIPMENT, {"shipmentId": cursor.lastrowid})
    return enveloped(shipment, 201, f"{call.location_base}/shipments/{cursor.lastrowid}")


@handles("GET /shipments/{shipmentId}")
def get_shipment(database: sqlite3.Connection, call: Call) -> Reply:
    return enveloped(select_one(database, _SHIPMENT, call.values))


@handles("GET /shipments/{shipmentId}/tracking")
def track_shipment(database: sqlite3.Connection, call: Call) -> Reply:
    shipment = select_one(database, _SHIPMENT, call.values)
    shipped_on = shipment["shippedOn"]
    events: list[Row] = [
        {"kind": "Handover", "happenedOn": shipped_on, "carrier": shipment["carrier"]},
        {"kind": "Transit", "happenedOn": shipped_on, "place": "Venlo"},
    ]
    if shipment["delivered"]:
        events.append({"kind": "Delivery", "happenedOn": shipped_on, "signedBy": None})
    return enveloped(events)
