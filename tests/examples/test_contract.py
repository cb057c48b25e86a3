"""The example judges calls by its document."""

from itertools import pairwise

import pytest

from examples.legacy_api.contract import Mismatch, read_document, read_operations

OPERATIONS = {operation.key: operation for operation in read_operations(read_document())}


def test_concrete_paths_come_before_templates() -> None:
    depths = [operation.path.count("{") for operation in OPERATIONS.values()]

    assert all(first <= second for first, second in pairwise(depths))
    assert list(OPERATIONS).index("GET /invoices/{number}.pdf") < list(OPERATIONS).index("GET /invoices/{number}")


def test_values_are_typed_and_defaults_filled_in() -> None:
    call = OPERATIONS["GET /orders"].judge({}, [("status", "open,picked"), ("page", "2")], "", b"")

    assert call.values == {
        "status": ["open", "picked"], "from": None, "to": None, "sort": "-orderedOn", "page": 2, "pageSize": 20
    }  # fmt: skip


def test_nullable_admits_null_and_nothing_else_new() -> None:
    patch = OPERATIONS["PATCH /orders/{orderId}"]

    assert patch.judge({"orderId": "1"}, [], "application/json", b'{"comment": null}').body == {"comment": None}
    with pytest.raises(Mismatch, match="body"):
        patch.judge({"orderId": "1"}, [], "application/json", b'{"comment": 1}')


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        ("application/x-www-form-urlencoded", b"text=caf%C3%A9&author=m", 0),
        ("application/x-www-form-urlencoded", b"author=m", 400),
        ("application/x-www-form-urlencoded", b"text=caf\xe9", 400),
        ("application/x-www-form-urlencoded", b"&".join([b"text=a"] * 101), 400),
        ("application/json", b'{"text": "a"}', 415),
    ],
)
def test_a_form_is_taken_only_if_it_is_urlencoded_and_valid(media_type: str, content: bytes, status: int) -> None:
    add_note = OPERATIONS["POST /customers/{customerId}/notes"]
    if status:
        with pytest.raises(Mismatch) as caught:
            add_note.judge({"customerId": "1"}, [], media_type, content)
        assert caught.value.status == status
    else:
        assert add_note.judge({"customerId": "1"}, [], media_type, content).values["text"] == "café"


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="caption"\r\n\r\na\r\n--x--'),
        (
            "multipart/form-data; boundary=x",
            (
                b'--x\r\nContent-Disposition: form-data; name="image"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n'
                b"--y\r\n\r\na\r\n--y--\r\n--x--"
            ),
        ),
    ],
)
def test_a_broken_multipart_form_is_refused(media_type: str, content: bytes) -> None:
    with pytest.raises(Mismatch) as caught:
        OPERATIONS["POST /products/{sku}/image"].judge({"sku": "PA-1000"}, [], media_type, content)

    assert caught.value.status == 400
