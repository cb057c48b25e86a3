"""A request body goes up in the framing of its client, after the gateway has looked at it as the operation demands."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from plugin_gateway.gate.media_type import JSON, OPAQUE, ContentKind
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.proxy.received import FieldBlock, Permitted
from plugin_gateway.proxy.upload import Upload
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds
from plugin_gateway.shape.request.bodies import Bodies, DeclaredType
from plugin_gateway.shape.request.json_body import JsonBody
from plugin_gateway.shape.request.json_edit import compile_edit
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.mismatches import Mismatches
from plugin_gateway.telemetry.series import Series, SeriesKey
from tests.bounds import until
from tests.narrow import as_a, present, stand_in
from tests.proxy.real import plan_of
from tests.proxy.running import WRITE, Gateway, Upstream, echo, post, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable


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


SHAPED = replace(
    WRITE,
    shape=Shape(
        body=Bodies(
            (
                DeclaredType(
                    b"application/json",
                    JsonBody(Validator({"type": "object"}), compile_edit(None, frozenset({("secret",)}), {})),
                ),
                DeclaredType(b"image/png"),
            ),
            is_required=True,
            is_enforced=True,
        )
    ),
)


@pytest.mark.parametrize("cut", [1, 3, 40, 1000])
def test_a_body_goes_up_whole_with_any_framing_and_in_any_pieces(run: Callable[..., Any], cut: int) -> None:
    body = b"0123456789" * 20
    chunked = (
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"%x;e=1\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
        + b"0\r\nX-Trailer: 1\r\n\r\n"
    )

    async def scene(gateway: Gateway) -> None:
        for request in (post(body), chunked):
            reader, writer = await gateway.open()
            for at in range(0, len(request), cut):
                writer.write(request[at : at + cut])
                await asyncio.sleep(0)
            status, _, answer, _ = await read_answer(reader)
            assert status == 200
            assert json.loads(answer)["body"] == body.decode()
            writer.close()
        assert gateway.records[-1].bytes_in == len(body)
        assert b"Trailer" not in gateway.upstream.heads[-1]

    run(echo, scene)


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(b"x" * 11),
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n",
    ],
)
def test_a_body_over_the_limit_is_413_and_never_whole_upstream(run: Callable[..., Any], request_bytes: bytes) -> None:
    whole = []

    async def play(upstream: Any, reader: Any, writer: Any) -> None:
        whole.append(await upstream.request(reader))

    async def scene(gateway: Gateway) -> None:
        status, head, _, _ = await gateway.ask(request_bytes)
        assert status == 413
        assert not whole
        assert b"connection: close" in head.lower()

    run(play, scene, limits=Bounds(request_body_bytes=10))


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


def test_a_body_that_overrides_the_method_is_refused_before_anything_goes_up(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        body = b"a=1&_method=DELETE"
        head = f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Content-Length: {len(body)}\r\n\r\n".encode()
        status, _, answer, _ = await gateway.ask(head + body)
        assert (status, json.loads(answer)["code"]) == (400, "method-override")
        assert not gateway.upstream.heads

    run(echo, scene)


def test_an_override_late_in_a_body_never_goes_up_and_the_upstream_sees_a_close(
    run: Callable[..., Any],
) -> None:
    seen = []

    async def play(upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upstream.head(reader)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                seen.append(data)

    async def scene(gateway: Gateway) -> None:
        reader, writer = await gateway.open()
        writer.write(f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n5\r\na=1&_\r\n".encode())
        await writer.drain()
        await until(lambda: seen)
        assert b"".join(seen) == b"4\r\na=1&\r\n"
        writer.write(b"d\r\nmethod=DELETE\r\n0\r\n\r\n")
        status, _, answer, _ = await read_answer(reader)
        assert (status, json.loads(answer)["code"]) == (400, "method-override")
        await gateway.upstream.closed.wait()
        assert b"".join(seen) == b"4\r\na=1&\r\n"

    run(play, scene)


def test_a_body_that_was_inspected_goes_up_byte_for_byte(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        for body in (b"a=1&_methods=2&_m", b"", b"_=&&;%5f=1"):
            framed = b"".join(b"1\r\n%c\r\n" % octet for octet in body) + b"0\r\n\r\n"
            head = f"POST /p HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n".encode()
            _, _, answer, _ = await gateway.ask(head + framed)
            assert json.loads(answer)["body"].encode() == body

    run(echo, scene)


class ShapedGate:
    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(SHAPED, b"/p", b"")


JSON_FIELD = "Content-Type: application/json\r\n"


@pytest.mark.parametrize("fields", [JSON_FIELD, f"{JSON_FIELD}Expect: 100-continue\r\n"])
def test_a_shaped_body_goes_up_changed_with_its_true_length(run: Callable[..., Any], fields: str) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(post(b'{"a": 1.10, "secret": 2}', fields))
        assert (status, json.loads(body)["body"]) == (200, '{"a": 1.10}')
        assert b"Content-Length: 11\r\n" in gateway.upstream.heads[0]

    run(echo, scene, gate=ShapedGate())


def test_a_shaped_body_may_come_in_chunks_that_cut_a_name(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        head = f"POST /p HTTP/1.1\r\nHost: gw.test\r\n{JSON_FIELD}Transfer-Encoding: chunked\r\n\r\n".encode()
        status, _, body, _ = await gateway.ask(head + b'7\r\n{"secr\\\r\nb\r\nu0065t": 2}\r\n0\r\n\r\n')
        assert (status, json.loads(body)["body"]) == (200, "{}")

    run(echo, scene, gate=ShapedGate())


@pytest.mark.parametrize(
    "request_",
    [
        post(b"[]", JSON_FIELD),
        post(b'{"secret":1,"secret":2}', JSON_FIELD),
        post(b"", JSON_FIELD),
        b"POST /p HTTP/1.1\r\nHost: gw.test\r\n\r\n",
    ],
)
def test_an_invalid_body_is_refused_and_nothing_goes_up(run: Callable[..., Any], request_: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, body, _ = await gateway.ask(request_)
        assert (status, json.loads(body)["code"]) == (400, "invalid-request")
        assert not gateway.upstream.heads

    run(echo, scene, gate=ShapedGate())


def test_a_body_without_a_schema_streams_past_the_shape(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        head = "POST /p HTTP/1.1\r\nHost: gw.test\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n"
        connection[1].write(head.encode() + b"ab")
        await until(lambda: gateway.upstream.heads)
        status, _, body, _ = await gateway.ask(b"cd", connection=connection)
        assert (status, json.loads(body)["body"]) == (200, "abcd")

    run(echo, scene, gate=ShapedGate())


class ReportingGate:
    rule = replace(
        SHAPED,
        shape=Shape(
            body=Bodies(
                (DeclaredType(b"application/json", JsonBody(Validator({"type": "object"}))),),
                is_required=True,
                is_enforced=False,
            )
        ),
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


@pytest.mark.parametrize("body", [b'{"a": 1}', b" [1.10] ", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b"not JSON"])
def test_a_body_that_is_only_reported_goes_up_as_it_came_and_is_not_held(run: Callable[..., Any], body: bytes) -> None:
    async def scene(gateway: Gateway) -> None:
        connection = await gateway.open()
        connection[1].write(post(body, JSON_FIELD)[:-1])
        await until(lambda: gateway.upstream.heads)
        status, _, answer, _ = await gateway.ask(body[-1:], connection=connection)
        assert (status, json.loads(answer)["body"].encode()) == (200, body)
        mismatches = gateway.holder.serving.plan(ReportingGate.rule).mismatches
        assert mismatches.series() == (
            {} if body == b'{"a": 1}' else {SeriesKey("mismatches", ("write", "request")): [1]}
        )

    run(echo, scene, gate=ReportingGate())


class NarrowedReportingGate:
    rule = replace(
        SHAPED, shape=Shape(body=as_a(Bodies, present(ReportingGate.rule.shape).body)._replace(is_narrowed=True))
    )

    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        return Permit(self.rule, b"/p", b"")


@pytest.mark.parametrize(
    ("body", "counted"), [(b'{"a": 1}', {}), (b"[]", {SeriesKey("mismatches", ("write", "request")): [1]})]
)
def test_an_invalid_body_is_counted_where_the_gateway_changes_bodies_and_only_reports(
    run: Callable[..., Any], body: bytes, counted: Series
) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, answer, _ = await gateway.ask(post(body, JSON_FIELD))
        assert (status, json.loads(answer)["body"].encode()) == (200, body)
        assert gateway.holder.serving.plan(NarrowedReportingGate.rule).mismatches.series() == counted

    run(echo, scene, gate=NarrowedReportingGate())


def test_a_missing_body_that_is_only_reported_goes_up(run: Callable[..., Any]) -> None:
    async def scene(gateway: Gateway) -> None:
        status, _, _, _ = await gateway.ask(b"POST /p HTTP/1.1\r\nHost: gw.test\r\n\r\n")
        assert status == 200
        assert gateway.holder.serving.plan(ReportingGate.rule).mismatches.series() == {
            SeriesKey("mismatches", ("write", "request")): [1]
        }

    run(echo, scene, gate=ReportingGate())
