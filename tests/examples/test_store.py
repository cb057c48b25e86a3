"""The example's store is the same at every start."""

from examples.legacy_api.store import add_line, connect, erase_order


def test_two_new_stores_have_the_same_content() -> None:
    first, second = connect(), connect()
    first.row_factory = second.row_factory = None  # what iterdump needs

    assert list(first.iterdump()) == list(second.iterdump())


def test_stores_share_nothing() -> None:
    first, second = connect(), connect()

    first.execute("delete from customers")

    assert second.execute("select count(*) as n from customers").fetchone() == {"n": 24}


def test_booleans_come_back_as_booleans() -> None:
    values = {row["active"] for row in connect().execute("select active from customers")}

    assert values == {True, False}
    assert all(isinstance(value, bool) for value in values)


def test_a_line_takes_the_price_of_the_day() -> None:
    database = connect()

    add_line(database, 1, 9, "IN-1001", 3)

    assert database.execute("select unitPrice from orderLines where orderId = 1 and lineNo = 9").fetchone() == {
        "unitPrice": 21.75
    }


def test_erasing_an_order_takes_its_lines_and_shipments_along() -> None:
    database = connect()

    erase_order(database, 6)

    for table in ("orders", "orderLines", "shipments"):
        assert database.execute(f"select * from {table} where orderId = 6").fetchall() == []
