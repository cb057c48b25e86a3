"""A request body goes up in the framing of its client, after the gateway has looked at it as the operation demands."""

import pytest

from plugin_gateway.gate.media_type import JSON, OPAQUE, ContentKind
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.proxy.received import FieldBlock, Permitted
from plugin_gateway.proxy.upload import Upload
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.mismatches import Mismatches
from plugin_gateway.telemetry.series import SeriesKey
from tests.narrow import stand_in
from tests.proxy.real import plan_of


def upload(
    shape: Shape | None = None, *, kind: ContentKind = OPAQUE, is_chunked: bool = False, looks: bool = True
) -> tuple[Upload, Mismatches]:
    rule = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, shape=shape)
    framing = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 2"
    block = FieldBlock(read_request_fields(b"Host: gw\r\nContent-Type: application/json\r\n" + framing + b"\r\n", 1))
    mismatches = Mismatches()
    budget = LookBudget(lambda: 1.0)
    while not looks and budget.take():
        pass
    plan = plan_of(rule, mismatches=mismatches, looks=budget)
    permitted = Permitted(
        plan, Access("tom", stand_in(None), {}), RequestHead(b"POST", b"/p", block), Permit(rule, b"/p", b""), kind
    )
    return Upload(permitted), mismatches


def shape(*, is_enforced: bool = True, needs_approval: bool = False) -> Shape:
    declared = (DeclaredType(b"application/json", JsonBody(Validator({"type": "object"}))),)
    return Shape(
        body=Bodies(declared, is_required=True, is_enforced=is_enforced),
        needs_approval=needs_approval,
    )


@pytest.mark.parametrize(
    ("is_chunked", "pieces"), [(False, [b"{", b"}"]), (True, [b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"])]
)
def test_a_body_without_a_shape_streams_in_the_framing_of_its_client(is_chunked: bool, pieces: list[bytes]) -> None:
    body, _ = upload(is_chunked=is_chunked)
    assert [body.feed(b"{", is_last=False), body.feed(b"}", is_last=True)] == pieces
    assert body.held is None


@pytest.mark.parametrize("of", [shape(), Shape(needs_approval=True), shape(is_enforced=False, needs_approval=True)])
def test_a_body_that_must_be_judged_or_approved_goes_up_after_its_last_piece(of: Shape) -> None:
    body, _ = upload(of)
    assert [body.feed(b"{", is_last=False), body.feed(b"}", is_last=True)] == [b"", b"{}"]
    assert body.held is not None
    assert body.held.body == b"{}"


def test_an_invalid_body_is_refused_if_the_shape_is_enforced() -> None:
    body, _ = upload(shape())
    assert isinstance(body.feed(b"[]", is_last=True), Refusal)


@pytest.mark.parametrize(("looks", "count"), [(True, 1), (False, 0)])
def test_an_invalid_body_that_is_only_reported_streams_and_is_reported_if_the_gateway_looks(
    looks: bool, count: int
) -> None:
    body, mismatches = upload(shape(is_enforced=False), looks=looks)
    assert [body.feed(b"[", is_last=False), body.feed(b"]", is_last=True)] == [b"[", b"]"]
    assert sum(mismatches.series().get(SeriesKey("mismatches", ("write", "request")), [0])) == count


@pytest.mark.parametrize("of", [None, shape(), shape(is_enforced=False), Shape(needs_approval=True)])
def test_an_override_of_the_method_is_refused_with_any_shape(of: Shape | None) -> None:
    body, _ = upload(of, kind=JSON)
    assert isinstance(body.feed(b'{"_method": "DELETE"}', is_last=True), Refusal)
