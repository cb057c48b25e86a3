"""The connection front apart from forwarding: strictness, limits, times, order, and clean ends.

Time and sockets are simulated: the transport keeps the written bytes, and the test makes the ticks.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from uvicorn.server import ServerState

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.endpoint import Endpoint
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.fronts.client_connection import BUSY
from plugin_gateway.proxy.fronts.connection import connection_front
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.publish.face import build_face
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.request.reader import Reader
from plugin_gateway.shape.shape import Shape
from plugin_gateway.shape.values.kind import kind_of
from plugin_gateway.shape.values.reading import Style
from plugin_gateway.shape.values.validator import Validator
from plugin_gateway.telemetry.series import SeriesKey
from tests.bounds import BOUND_S
from tests.narrow import present, stand_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.gate.mount import Mount
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.proxy.call import Call

FACE = build_face("application/json", b"{}")
READ = OperationRule(method="GET", path_template="/p/{id}", operation_id="read")
WRITE = OperationRule(method="POST", path_template="/p", operation_id="write", has_request_body=True, is_safe=False)
NOT_FOUND = Refusal(status=404, code="operation-not-found", detail="No such operation.")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET /p/1 HTTP/1.1\r\nHost: a\r\n\r\n"
DENIED = b"GET /denied HTTP/1.1\r\nHost: a\r\n\r\n"
NEVER = 1e12


class PathGate:
    def judge(self, method: bytes, target: bytes, fields: object) -> Any:
        path, _, query = target.partition(b"?")
        return Permit(WRITE if method == b"POST" else READ, path, query) if path.startswith(b"/p") else NOT_FOUND


class Transport:
    def __init__(self) -> None:
        self.written = b""
        self.is_reading, self.has_eof, self.is_closed, self.is_aborted = True, False, False, False
        self.on_write: Callable[[], object] | None = None

    def write(self, data: bytes) -> None:
        self.written += data
        if self.on_write:
            self.on_write()

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        return ("127.0.0.1", 5) if name == "peername" else None

    def is_closing(self) -> bool:
        return self.is_closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_eof = True

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True


class Scene:
    """One client connection, and upstream connections whose answers the test gives."""

    def __init__(
        self,
        app: Callable[..., Any] | None = None,
        upstreams: int = 1,
        state: Any = None,
        on_begin: Callable[..., Any] | None = None,
        mount: Mount | None = None,
        forwards: bool = True,
        **limits: Any,
    ) -> None:
        revision = Revision(
            number=1, public_url="http://gw", mount=mount, gate=stand_in(PathGate()), rules=(READ, WRITE), faces={"/openapi.json": FACE},
            upstream=UpstreamSettings(host="up", port=1, authority=b"up", connections=upstreams), operations_total=2,
            read_injection=Injection(), write_injection=Injection(), limits=Bounds(**limits), cors_origins=(),
        )  # fmt: skip
        self.records: list[Any] = []
        self.holder = Holder(revision, endpoints=lambda _: {b"/mcp": Endpoint(100)})
        self.state = state or ServerState()
        make = connection_front(self.holder, self.records.append, on_begin=on_begin, forwards=forwards)
        self.front = make(SimpleNamespace(root_path="", loaded_app=app), self.state, {})
        self.client = Transport()
        self.upstreams: list[Any] = []
        pool = self.holder.serving.pool
        for _ in range(upstreams):
            upstream = pool.new_connection()
            upstream.connection_made(stand_in(Transport()))
            pool._open.add(upstream)
            pool.release(upstream)
            self.upstreams.append(upstream)
        self.front.connection_made(stand_in(self.client))

    @property
    def sent_up(self) -> Any:
        return self.upstreams[0].transport.written

    def send(self, data: bytes) -> None:
        self.front.data_received(data)
        self.end_turn()

    def answer(self, data: bytes = OK) -> None:
        self.upstreams[0].data_received(data)
        self.end_turn()

    def end_turn(self) -> None:
        """Do what the loop does at the end of a turn."""
        self.holder.serving.pool.settle()

    def statuses(self) -> list[int]:
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.client.written)]

    def end(self) -> None:
        self.front.connection_lost(None)


def without_ids(sent: bytes) -> bytes:
    """The bytes that went up, without the ids, which differ from call to call."""
    return re.sub(rb"X-Request-Id: [!-~]+\r\n", b"", sent)


def play(scene: Callable[..., Any], **options: Any) -> None:
    async def whole() -> None:
        it = Scene(**options)
        try:
            async with asyncio.timeout(BOUND_S):
                result = scene(it)
                if asyncio.iscoroutine(result):
                    await result
        finally:
            it.end()

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\n\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET / HTTP/3.0\r\n\r\n", 505),
        (b"GET /p HTTP/1.1\r\n\r\n", 400),
        (b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n", 413),
        (b"GET /" + b"a" * 600, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 600, 431),
        (b"GET /p HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 600 + b"\r\n\r\n", 431),
        (b"GET /p HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
    ],
)
def test_bytes_that_are_not_a_strict_request_are_refused_and_the_connection_closes(data: bytes, status: int) -> None:
    def scene(it: Scene) -> None:
        it.send(data)
        it.send(GET)
        assert it.statuses() == [status]
        assert b"Connection: close\r\n" in it.client.written
        assert it.client.has_eof
        assert it.sent_up == b""
        assert it.records[0].status == status

    play(scene, request_head_bytes=500, request_body_bytes=50)


@pytest.mark.parametrize(
    ("pieces", "received"),
    [
        ([b"GET /p?x=1 HTTP/1.1\r\n\r\n"], (b"GET", b"/p?x=1")),
        ([b"GET /p HTTP/1.1\r\nX", b": \x00"], (b"GET", b"/p")),
        ([GET, b"GET /p HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 600], (b"GET", b"/p")),
        ([b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n"], (b"POST", b"/p")),
        ([b"GET /" + b"a" * 600], (b"GET", b"/" + b"a" * 600)),
        ([b"\x16\x03\x01\x02\x00"], (b"", b"")),
        ([b"GET \r\n\r\n"], (b"", b"")),
    ],
)
def test_the_record_of_a_head_that_cannot_be_read_says_what_it_asked_for(
    pieces: list[bytes], received: tuple[bytes, bytes]
) -> None:
    def scene(it: Scene) -> None:
        for piece in pieces:
            it.send(piece)
            it.answer()
        assert (it.records[-1].method, it.records[-1].target) == received
        assert b"x-request-id: %b\r\n" % it.records[-1].request_id in it.client.written

    play(scene, request_head_bytes=500, request_body_bytes=50)


def test_a_forwarded_answer_has_the_id_of_its_record_and_not_the_upstreams() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.answer(OK.replace(b"\r\n\r\n", b"\r\nX-Request-Id: theirs\r\n\r\n", 1))
        assert it.client.written.lower().count(b"x-request-id:") == 1
        assert b"X-Request-Id: %b\r\n" % it.records[0].request_id in it.client.written
        assert b"theirs" not in it.client.written

    play(scene)


def test_records_come_in_the_order_of_the_answers() -> None:
    def scene(it: Scene) -> None:
        it.send(GET + DENIED)
        it.answer(b"no answer\r\n\r\n")
        assert it.statuses() == [record.status for record in it.records] == [502, 404]

    play(scene)


def test_a_lingering_connection_is_read_to_its_end_but_not_for_ever() -> None:
    def scene(it: Scene) -> None:
        it.send(b"bad\r\n\r\n")
        it.send(b"x" * 100_000)
        assert not it.client.is_closed
        it.front.on_tick(NEVER)
        assert it.client.is_aborted

    play(scene)


def test_one_empty_line_before_a_request_is_forgiven() -> None:
    def scene(it: Scene) -> None:
        it.send(b"\r\n" + GET)
        it.answer()
        assert it.statuses() == [200]

    play(scene)


@pytest.mark.parametrize("data", [b"", b"GET /p"])
def test_a_connection_without_a_request_is_closed_in_time_and_without_an_answer(data: bytes) -> None:
    def scene(it: Scene) -> None:
        it.send(data)
        it.front.on_tick(0)
        assert not it.client.is_closed
        it.front.on_tick(NEVER)
        assert it.client.is_closed
        assert it.client.written == b""

    play(scene)


def test_a_body_that_stalls_is_408_and_the_upstream_sees_a_close() -> None:
    def scene(it: Scene) -> None:
        it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        assert it.sent_up.endswith(b"\r\n\r\nabc")
        it.front.on_tick(present(it.front._body).due_at + 1)
        assert it.statuses() == [408]
        assert it.upstreams[0].transport.is_aborted
        assert it.records[0].reason == "body-timeout"

    play(scene)


def test_a_bad_chunk_ends_the_call_and_never_completes_it_upstream() -> None:
    def scene(it: Scene) -> None:
        it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        it.send(b"zz\r\n")
        assert it.statuses() == [400]
        assert b"\r\n0\r\n\r\n" not in it.sent_up
        assert it.upstreams[0].transport.is_aborted

    play(scene)


def test_a_bad_body_after_the_answer_began_cuts_it() -> None:
    def scene(it: Scene) -> None:
        it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        it.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
        assert b"Connection: close" in it.client.written
        it.send(b"zz\r\n")
        assert it.statuses() == [200]
        assert it.client.is_closed

    play(scene)


def test_connections_beyond_the_limit_get_503_at_once() -> None:
    state = ServerState()

    def scene(it: Scene) -> None:
        other = Scene(state=state, connections=1)
        assert other.statuses() == [503]
        assert b"Retry-After: 1\r\n" in other.client.written
        assert other.client.has_eof
        other.end()
        it.send(DENIED)
        assert it.statuses() == [404]

    play(scene, state=state, connections=1)


def test_a_client_that_sends_far_ahead_is_not_read_until_its_turn() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.send(DENIED * 2000)
        assert not it.client.is_reading
        assert it.statuses() == []
        it.answer()
        assert it.client.is_reading
        assert it.statuses() == [200] + [404] * 2000

    play(scene)


def test_answers_do_not_pile_up_behind_a_client_that_does_not_take_them() -> None:
    def scene(it: Scene) -> None:
        it.client.on_write = it.front.pause_writing
        it.send(DENIED * 5 + GET)
        assert it.statuses() == [404]
        it.client.on_write = None
        it.front.resume_writing()
        it.end_turn()
        it.answer()
        assert it.statuses() == [404] * 5 + [200]

    play(scene)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(None, "client-gone"), (ConnectionResetError(), "client-gone"), (ValueError(), "internal-error")],
)
def test_a_lost_connection_is_recorded_with_the_side_that_ended_it(error: Exception | None, reason: str) -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.front.connection_lost(error)
        assert [record.reason for record in it.records] == [reason]

    play(scene)


def test_no_answer_is_taken_from_the_upstream_for_a_client_that_is_full() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.front.pause_writing()
        assert not it.upstreams[0].transport.is_reading
        it.front.resume_writing()
        assert it.upstreams[0].transport.is_reading

    play(scene)

    async def not_connected_yet(it: Scene) -> None:
        pool = it.holder.serving.pool
        upstream = it.upstreams[0]
        pool._idle.remove(upstream)
        it.send(GET)
        it.front.pause_writing()
        pool.release(upstream)
        assert not upstream.transport.is_reading

    play(not_connected_yet)


def test_a_client_that_turns_out_full_between_requests_is_not_read_on() -> None:
    def scene(it: Scene) -> None:
        it.send(DENIED)
        it.front.pause_writing()
        it.send(DENIED)
        assert it.statuses() == [404]
        it.front.resume_writing()
        assert it.statuses() == [404, 404]

    play(scene)


def test_a_client_that_takes_nothing_is_cut_in_time() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.front.pause_writing()
        it.front.on_tick(NEVER)
        assert it.client.is_aborted

    play(scene)


def test_a_refused_request_with_its_body_here_leaves_the_connection_usable() -> None:
    def scene(it: Scene) -> None:
        it.send(b"POST /denied HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + DENIED)
        assert it.statuses() == [404, 404]
        it.send(b"POST /denied HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")
        it.send(b"c" + GET)
        assert it.statuses() == [404, 404, 404]
        assert it.client.has_eof
        assert it.sent_up == b""

    play(scene)


@pytest.mark.parametrize("closing", [b"Connection: close\r\n", b"Connection: foo, CLOSE\r\n"])
def test_close_is_honoured(closing: bytes) -> None:
    def scene(it: Scene) -> None:
        it.send(b"GET /p HTTP/1.1\r\nHost: a\r\n" + closing + b"\r\n")
        it.answer()
        assert b"Connection: close\r\n\r\nok" in it.client.written
        assert it.client.is_closed

    play(scene)


def test_at_shutdown_calls_in_flight_finish_and_idle_connections_close() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.front.shutdown()
        assert not it.client.is_closed
        it.answer()
        assert it.statuses() == [200]
        assert it.client.is_closed

    play(scene)

    def idle(it: Scene) -> None:
        it.front.shutdown()
        assert it.client.is_closed

    play(idle)


def test_the_connection_maintains_the_state_that_uvicorn_reads() -> None:
    def scene(it: Scene) -> None:
        assert it.front in it.state.connections
        it.send(DENIED)
        it.end()
        assert it.front not in it.state.connections

    play(scene)


def test_the_same_bytes_are_judged_once_and_any_others_anew() -> None:
    judged = []

    def scene(it: Scene) -> None:
        access = it.holder.serving.anybody
        judge = access.judge

        def noted(method: bytes, target: bytes, fields: Fields) -> Permit | Refusal:
            judged.append(target)
            return judge(method, target, fields)

        access.judge = noted
        for _ in range(6):
            it.send(GET)
            it.answer()
        assert judged == [b"/p/1"] * 2
        it.send(GET.replace(b"Host: a", b"Host: a, b"))
        assert it.statuses() == [200] * 6 + [400]

    play(scene)


@pytest.mark.parametrize("cut", range(1, len(GET)))
def test_a_request_that_was_asked_before_is_known_however_it_arrives(cut: int) -> None:
    """A request alone, cut in two, or followed by the next one: the same bytes go up."""

    def scene(it: Scene) -> None:
        for _ in range(4):
            it.send(GET)
            it.answer()
        known = it.sent_up
        for pieces in ([GET[:cut], GET[cut:]], [GET + GET[:cut], GET[cut:]]):
            for piece in pieces:
                it.send(piece)
                if it.front.phase == BUSY:
                    it.answer()
            if it.front.phase == BUSY:
                it.answer()
        assert set(it.statuses()) == {200}
        assert len(it.statuses()) == 7
        assert without_ids(it.sent_up) == without_ids(known)[: len(without_ids(known)) // 4] * 7

    play(scene)


@pytest.mark.parametrize(("length", "closes"), [(2, False), (9, True)])
def test_a_refusal_takes_the_body_that_is_here_and_ends_the_connection_where_some_is_missing(
    length: int, closes: bool
) -> None:
    def scene(it: Scene) -> None:
        it.send(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: id\r\nContent-Length: %d\r\n\r\nxy" % length)
        it.send(GET)
        if not closes:
            it.answer()
        assert it.statuses() == ([404] if closes else [404, 200])
        assert (b"\r\nConnection: close\r\n" in it.client.written) is closes
        assert it.records[0].request_id == b"id"

    play(scene)


def test_a_head_that_was_asked_before_goes_up_with_the_body_it_came_with() -> None:
    def scene(it: Scene) -> None:
        for number in range(8):
            it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d" % number)
            it.answer()
        assert len(it.holder.serving.remembered.entries) == 1
        assert [part[:2] for part in it.sent_up.split(b"\r\n\r\n")[1:]] == [b"%02d" % number for number in range(8)]

    play(scene)


def test_a_head_that_was_asked_before_waits_for_its_body_when_it_comes_alone() -> None:
    def scene(it: Scene) -> None:
        for number in range(6):
            it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            it.send(b"%02d" % number)
            it.answer()
        assert len(it.holder.serving.remembered.entries) == 1
        assert it.statuses() == [200] * 6
        assert [part[:2] for part in it.sent_up.split(b"\r\n\r\n")[1:]] == [b"%02d" % number for number in range(6)]

    play(scene)


def test_a_remembered_head_that_a_report_skipped_is_judged_when_there_is_a_look_to_spare() -> None:
    kind = kind_of({}, Document(root={}, name="d"))
    limit = Reader(
        *("query", "limit", Style("form", True, "limit"), kind), Validator({"type": "integer"}), is_enforced=False
    )
    rule = replace(READ, shape=Shape(parameters=Parameters((Part("query", "limit", limit),))))
    invalid = GET.replace(b"/p/1", b"/p/1?limit=x")

    def scene(it: Scene) -> None:
        serving = it.holder.serving
        serving.anybody.judge = lambda _method, _target, _fields: Permit(rule, b"/p/1", b"limit=x")
        plan = serving.plan(rule)
        plan.looks = LookBudget(lambda: 0.0)
        while plan.looks.take():
            pass
        for looks, noted in (
            (plan.looks, {}),
            (LookBudget(lambda: 0.0), {SeriesKey("mismatches", ("read", "request")): [1]}),
        ):
            plan.looks = looks
            for _ in range(4):
                it.send(invalid)
                it.answer()
            assert present(plan.mismatches).series() == noted
        assert len(serving.remembered.entries) == 1
        assert it.statuses() == [200] * 8

    play(scene)


def test_field_lines_of_http_1_1_are_read_again_for_http_1_0() -> None:
    """RFC 9112, 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing."""
    chunked = b"POST /p/%d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"

    def scene(it: Scene) -> None:
        for number in range(4):
            it.send(chunked % number)
            it.answer()
        it.send((chunked % 4).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert it.statuses() == [200] * 4 + [400]
        assert it.records[-1].reason == "ambiguous-framing"

    play(scene)


def test_absolute_form_is_forwarded_as_a_path_only_while_the_host_agrees() -> None:
    """RFC 9112, 3.2.2: absolute-form must be accepted. A remembered line must not outlive its Host field."""
    absolute = GET.replace(b"/p/1", b"http://a/p/1")

    def scene(it: Scene) -> None:
        it.send(absolute)
        it.answer()
        it.send(absolute.replace(b"Host: a", b"Host: b"))
        assert it.statuses() == [200, 404]
        assert it.sent_up.startswith(b"GET /p/1 HTTP/1.1\r\nHost: up\r\n")
        assert it.sent_up.count(b"\r\n\r\n") == 1

    play(scene)


def test_a_date_is_added_to_an_answer_that_has_none() -> None:
    def scene(it: Scene) -> None:
        it.state.default_headers = [(b"date", b"now")]
        it.send(GET)
        it.answer()
        it.send(GET)
        it.answer(b"HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 2\r\n\r\nok")
        assert re.findall(rb"(?i)\ndate: (\w+)", it.client.written) == [b"now", b"then"]

    play(scene)


def test_a_connection_that_says_nothing_has_the_time_of_a_head_and_one_that_idles_has_more() -> None:
    def scene(it: Scene) -> None:
        fresh = it.front.deadline
        it.send(GET)
        it.answer()
        assert it.front.deadline - fresh > 50
        it.front.on_tick(fresh + 1)
        assert not it.client.is_closed

    play(scene, head_timeout_s=10, idle_timeout_s=75)


@pytest.mark.parametrize(
    ("sent", "received"), [(b"", None), (b"GET /slow HTTP/1.1\r\nHost: a\r\n", (b"GET", b"/slow")), (b"GE", (b"", b""))]
)
def test_a_head_that_does_not_come_in_time_is_recorded_and_not_answered(
    sent: bytes, received: tuple[bytes, bytes] | None
) -> None:
    def scene(it: Scene) -> None:
        if sent:
            it.send(sent)
        it.front.on_tick(it.front.deadline + 1)
        assert it.client.is_closed
        assert it.client.written == b""
        assert [(one.method, one.target) for one in it.records] == ([received] if received else [])
        assert all((one.status, one.reason) == (0, "head-timeout") for one in it.records)

    play(scene, head_timeout_s=10, idle_timeout_s=75)


def test_a_new_revision_forgets_what_the_old_one_permitted() -> None:
    def scene(it: Scene) -> None:
        it.send(GET)
        it.answer()
        closed = SimpleNamespace(judge=lambda method, target, fields: NOT_FOUND)
        it.holder.swap(replace(it.holder.revision, gate=closed))
        it.send(GET)
        assert it.statuses() == [200, 404]

    play(scene)


async def echo_app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    text = json.dumps(
        {**{name: scope[name] for name in ("method", "path", "http_version")}, "body": body.decode()}
    ).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


async def settle(it: Scene) -> None:
    while it.state.tasks:  # noqa: ASYNC110  # the tasks belong to the front
        await asyncio.sleep(0)


def test_the_gateways_own_paths_are_answered_by_the_app_with_our_framing() -> None:
    async def scene(it: Scene) -> None:
        it.send(b"POST /openapi.json?x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        it.send(b"0\r\n\r\n" + DENIED)
        await settle(it)
        assert it.statuses() == [200, 404]
        _head, _, body = it.client.written.partition(b"\r\n\r\n")
        assert json.loads(body.split(b"HTTP/1.1")[0]) == {
            "method": "POST", "path": "/openapi.json", "http_version": "1.1", "body": "ab",
        }  # fmt: skip
        assert it.sent_up == b""

    play(scene, app=echo_app)


def test_a_preflight_for_an_endpoint_is_answered_by_the_app() -> None:
    async def scene(it: Scene) -> None:
        it.send(b"OPTIONS /mcp HTTP/1.1\r\nHost: a\r\nOrigin: https://a\r\n\r\n")
        await settle(it)
        assert b'"method": "OPTIONS", "path": "/mcp"' in it.client.written

    play(scene, app=echo_app)


@pytest.mark.parametrize(("path", "status"), [(b"/plugin/mcp", 200), (b"/plugin/p", 413)])
def test_a_front_that_forwards_nothing_knows_the_body_limit_of_an_endpoint_below_a_mount(
    path: bytes, status: int
) -> None:
    async def scene(it: Scene) -> None:
        it.send(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n" % path + b"x" * 12)
        await settle(it)
        assert it.statuses() == [status]

    play(scene, app=echo_app, forwards=False, mount=mount_at("/plugin", set()), request_body_bytes=10)


_pieces = st.sampled_from(
    [
        GET,
        DENIED,
        b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"\r\n",
        b"GET /p HTTP/1.0\r\n\r\n",
        b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        b"x",
        b"\x00",
        b"GET /p HTTP/1.1\r\n",
    ]
)


def outcome(pieces: list[bytes]) -> dict[str, Any]:
    """Return the bytes that client and upstream got after the pieces; the upstream answers each whole request."""
    seen: dict[str, Any] = {}

    def scene(it: Scene) -> None:
        for piece in pieces:
            if not it.client.has_eof and not it.client.is_closed:
                it.send(piece)
            while isinstance(it.front.call, Exchange) and it.front.call.is_sent:
                it.answer()
        seen["client"] = (it.statuses(), it.client.has_eof or it.client.is_closed)
        seen["upstream"] = without_ids(it.sent_up)

    play(scene)
    return seen


@given(st.lists(st.one_of(_pieces, st.binary(max_size=8)), max_size=4), st.lists(st.integers(0, 300), max_size=6))
def test_bytes_split_anywhere_are_decided_like_the_whole(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)
    bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    split = [data[start:end] for start, end in itertools.pairwise(bounds)]
    whole, parted = outcome([data]), outcome(split)
    statuses, of_whole = parted["client"][0], whole["client"][0]
    assert statuses == of_whole[: len(statuses)]
    if statuses != of_whole:
        # A request was refused before its body came, so the connection closed, and the next request was not read.
        assert statuses[-1] >= 400
    assert parted["upstream"].startswith(whole["upstream"]) or whole["upstream"].startswith(parted["upstream"])


def test_on_begin_is_called_for_a_call_and_its_record_has_the_same_id() -> None:
    begun: list[Call] = []

    def scene(it: Scene) -> None:
        for count in (1, 2):  # the second time the same bytes are not judged again
            it.send(GET)
            assert (len(begun), len(it.records)) == (count, count - 1)
            it.answer()
        it.send(b"GET /nowhere HTTP/1.1\r\nHost: gw\r\n\r\n")
        it.send(b"nonsense\r\n\r\n")
        assert [call.request_id for call in begun] == [record.request_id for record in it.records]
        assert [call.received.target for call in begun] == [record.target for record in it.records]
        assert it.statuses() == [200, 200, 404, 400]

    play(scene, on_begin=begun.append)


def test_on_begin_is_called_for_a_request_of_the_app() -> None:
    begun: list[Call] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def scene(it: Scene) -> None:
        it.send(b"GET /openapi.json HTTP/1.1\r\nHost: gw\r\n\r\n")
        assert (len(begun), it.records) == (1, [])
        while not it.records:  # noqa: ASYNC110  # the app runs in a task
            await asyncio.sleep(0)
        assert it.records[0].target == b"/openapi.json"

    play(scene, app=app, on_begin=begun.append)


def sent_up_by(mount: Mount | None, target: bytes) -> bytes:
    sent: list[bytes] = []

    def scene(it: Scene) -> None:
        it.send(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        sent.append(without_ids(it.sent_up))

    play(scene, mount=mount)
    return sent[0]


_paths = st.lists(st.text("pqP01-_~", min_size=1, max_size=3), min_size=1, max_size=2).map(
    lambda segments: "/" + "/".join(segments)
)


@given(_paths, st.text("/pqP01-_~.%?;=", max_size=12).map(str.encode))
def test_a_gateway_below_a_path_sends_up_what_a_gateway_without_a_path_sends_up(path: str, target: bytes) -> None:
    mount = mount_at(path, set())

    assert sent_up_by(mount, path.encode() + b"/" + target) == sent_up_by(None, b"/" + target)
    beside = b"/" + target
    if not beside.startswith(path.encode() + b"/"):
        assert sent_up_by(mount, beside) == b""


def test_a_target_beside_the_mount_is_refused_and_the_connection_goes_on() -> None:
    begun: list[Call] = []

    def scene(it: Scene) -> None:
        it.send(b"POST /p HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nContent-Length: 2\r\n\r\n{}")
        it.send(b"OPTIONS /p HTTP/1.1\r\nHost: a\r\n\r\n")
        it.send(b"HEAD /p HTTP/1.1\r\nHost: a\r\n\r\n")
        assert it.client.written.endswith(b"\r\n\r\n"), "an answer to HEAD has no body"
        assert it.sent_up == b""
        it.send(GET.replace(b"/p/1", b"/plugin/p/1"))
        it.answer()
        assert it.statuses() == [404, 404, 404, 200]
        assert it.sent_up.startswith(b"GET /p/1 ")
        assert [call.received.target for call in begun] == [b"/p", b"/p", b"/p", b"/p/1"]
        first = it.records[0]
        assert (first.target, first.reason, first.request_id) == (b"/p", "operation-not-found", b"mine")

    play(scene, mount=mount_at("/plugin", set()), on_begin=begun.append)


def test_a_proxy_that_seems_to_remove_the_path_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def scene(it: Scene) -> None:
        it.send(DENIED)
        assert caplog.text == ""
        for _ in range(2):
            it.send(GET)
        assert it.statuses() == [404, 404, 404]
        assert caplog.text.count("write `path_stripped: true`") == 1
        assert vars(caplog.records[0])["event"] == "path-missing"

    play(scene, mount=mount_at("/plugin", set()))


def test_a_refused_call_is_recorded_with_the_path_of_the_mount() -> None:
    def scene(it: Scene) -> None:
        it.send(b"GET /plugin/denied?a=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert [record.target for record in it.records] == [b"/plugin/denied?a=1"]

    play(scene, mount=mount_at("/plugin", set()))
