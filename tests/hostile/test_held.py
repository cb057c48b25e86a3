from plugin_gateway.approvals.held_call import HeldCall
from plugin_gateway.hostile.held import Desks, claiming_calls, essence, other_calls, plain_call
from plugin_gateway.hostile.shaped import ShapedOperation
from plugin_gateway.hostile.terrain import AttackedOperation

SHAPED = ShapedOperation(
    AttackedOperation("PUT", "/orders/{id}"), is_held=True, takes_json=True, tool="setOrder", in_path=("id",)
)
HELD = HeldCall(
    fingerprint="f", caller="", operation="setOrder", method="PUT", path="/orders/7", query="", fields=(), media_type="",
    body_sha256="", body="", body_bytes=0, body_left_out=0,
)  # fmt: skip


def test_a_call_is_approved_once() -> None:
    desks, kinds = Desks(), []
    assert not desks.approve()
    desks.ask(HELD, lambda verdict: kinds.append(verdict.kind))
    assert desks.last_id
    assert desks.approve()
    for _ in range(2):
        desks.ask(HELD, lambda verdict: kinds.append(verdict.kind))
    assert kinds == ["pending", "run", "pending"]


def test_an_approval_that_was_not_used_comes_back() -> None:
    desks, kinds = Desks(), []
    desks.ask(HELD, lambda verdict: kinds.append(verdict.kind))
    desks.approve()
    for _ in range(2):
        desks.ask(HELD, lambda verdict: kinds.append(verdict.kind))
        desks.give_back(desks.last_id)
    assert kinds == ["pending", "run", "run"]


def test_the_calls_that_claim_an_approval_name_its_id() -> None:
    found = list(claiming_calls(SHAPED, "/mcp", "id-of-one"))
    assert sum(b"id-of-one" in case.octets for case in found) > 8
    assert any(case.octets.startswith(b"POST /mcp ") for case in found)
    assert not any(case.octets.startswith(b"POST /mcp ") for case in claiming_calls(SHAPED, "", "id"))


def test_a_held_call_is_sent_in_other_spellings_of_its_path() -> None:
    held = SHAPED._replace(place=AttackedOperation("PUT", "/orders/purge"))
    lines = {case.octets.partition(b" HTTP/1.1")[0] for case in claiming_calls(held, "", "id")}
    assert lines >= {b"PUT /ORDERS/PURGE", b"PUT /orders/%70%75%72%67%65", b"PUT /orders/purge.json"}


def test_each_other_call_differs_from_the_approved_call() -> None:
    plain = plain_call(SHAPED).octets
    others = {case.octets for case in other_calls(SHAPED)}
    assert len(others) > 3
    assert plain not in others


def test_the_ids_of_a_call_do_not_change_what_it_does() -> None:
    one = b"PUT /orders/7 HTTP/1.1\r\nHost: a\r\nX-Request-Id: 1\r\nIdempotency-Key: 2\r\n\r\n{}"
    assert essence(one) == essence(one.replace(b"Id: 1", b"Id: 3").replace(b"Key: 2", b"Key: 4"))
    assert (
        len({essence(one.replace(*pair)) for pair in ((b"7", b"8"), (b"a\r", b"b\r"), (b"{}", b"[]"), (b"", b""))}) == 4
    )


def test_the_call_of_an_operation_without_a_json_body_is_empty() -> None:
    assert plain_call(SHAPED._replace(takes_json=False)).octets.endswith(b"Content-Length: 0\r\n\r\n")
