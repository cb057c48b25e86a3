from __future__ import annotations

import contextlib
from pathlib import Path

import h11
import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.errors import UpstreamError, WireError
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.wire import (
    MAX_FIELDS,
    REQUEST_LINE,
    FieldLine,
    RequestFields,
    asked_for,
    bad_request_line,
    frame_response,
    head_too_large,
    is_hopeless,
    options_of,
    origin_form,
    read_field,
    read_request_fields,
    read_status_line,
    without_empty_lines,
)
from tests.narrow import present

HOST = b"Host: gw.test\r\n"
# A compiled class has no `__slots__`.
ATTRIBUTES = {
    name for name in dir(RequestFields) if not name.startswith("_") and not callable(getattr(RequestFields, name))
}
# By code: what a client reads. Each of these answers closes the connection.
REFUSALS = {
    "bad-host": (400, "A request needs exactly one Host field, a name or address with an optional port."),
    "bad-content-length": (400, "A request may have one Content-Length, a plain decimal number."),
    "ambiguous-framing": (400, "Transfer-Encoding allows no Content-Length and needs HTTP/1.1."),
    "bad-transfer-encoding": (400, "The only supported transfer coding is a single `chunked`."),
    "unknown-expectation": (417, "The only supported expectation is `100-continue`."),
    "bad-field-line": (400, "A header line is not `Name: value` (RFC 9112, 5)."),
    "too-many-fields": (431, "A request may have at most 128 header fields."),
    "bad-request-line": (400, "The request line is not `METHOD target HTTP/1.1`."),
    "http-version-not-supported": (505, "This gateway speaks only HTTP/1.1 and HTTP/1.0."),
}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET / HTTP/1.1", (b"GET", b"/", 1)),
        (b"POST /a?b=c HTTP/1.0", (b"POST", b"/a?b=c", 0)),
        (b"M-SEARCH * HTTP/1.1", (b"M-SEARCH", b"*", 1)),
        (b"GET http://a/b HTTP/1.1", (b"GET", b"http://a/b", 1)),
    ],
)
def test_a_request_line_of_the_grammar_is_read(line: bytes, expected: tuple[bytes, bytes, int]) -> None:
    method, target, minor = present(REQUEST_LINE.fullmatch(line)).groups()
    assert (method, target, int(minor)) == expected


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"", 400),
        (b"GET /", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b" GET / HTTP/1.1", 400),
        (b"GET\t/\tHTTP/1.1", 400),
        (b"GET / HTTP/1.1x", 400),
        (b"GET / HTTP/01.1", 400),
        (b"GET / HTTP/1", 400),
        (b"GET / http/1.1", 400),
        (b"G(T / HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET /\x00 HTTP/1.1", 400),
        (b"GET /\xc3\xa9 HTTP/1.1", 400),
        (b"GET /\x7f HTTP/1.1", 400),
        (b"GET / HTTP/1.2", 505),
        (b"PRI * HTTP/2.0", 505),
    ],
)
def test_any_other_request_line_is_refused(line: bytes, status: int) -> None:
    assert REQUEST_LINE.fullmatch(line) is None
    error = bad_request_line(line)
    assert error.status == status
    assert REFUSALS[error.code] == (error.status, error.detail)


@pytest.mark.parametrize(
    ("target", "host", "expected"),
    [
        (b"http://gw.test/pets?limit=1", b"gw.test", b"/pets?limit=1"),
        (b"HTTP://GW.test:8080/pets", b"gw.TEST:8080", b"/pets"),
        (b"https://gw.test/pets", b"gw.test", b"/pets"),
        (b"http://gw.test//admin", b"gw.test", b"//admin"),
    ],
)
def test_absolute_form_for_the_named_host_is_read_as_origin_form(target: bytes, host: bytes, expected: bytes) -> None:
    assert origin_form(target, host) == expected


@pytest.mark.parametrize(
    "target",
    [
        b"http://evil.test/pets",
        b"http://gw.test:80/pets",
        b"http://u@gw.test/pets",
        b"http://gw.test",
        b"http://gw.test?/pets",
        b"http:///pets",
        b"http:/pets",
        b"ws://gw.test/pets",
        b"//gw.test/pets",
        b"*",
    ],
)
def test_any_other_target_that_is_no_path_is_left_for_the_gate_to_refuse(target: bytes) -> None:
    assert origin_form(target, b"gw.test") == target


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Name",
        b": v",
        b" Folded: v",
        b"\tFolded",
        b"Na me: v",
        b"Name : v",
        b"N\xc3\xa9: v",
        b"N: a\x00",
        b"N: a\rb",
        b"N: a\nb",
        b"N: \x7f",
    ],
)
def test_a_line_that_is_not_a_field_gives_none(line: bytes) -> None:
    assert read_field(line) is None


def test_a_field_is_read_with_its_white_space_normalised() -> None:
    assert read_field(b"aCCept:\t a, b \t") == (b"accept", b"a, b", b"aCCept: a, b\r\n")
    assert read_field(b"X: X\xa0X") == (b"x", b"X\xa0X", b"X: X\xa0X\r\n")


@pytest.mark.parametrize("line", [b"aCCept:\t a, b \t", b"X-Long: " + b"y" * 4000, b"Expect: 100-continue"])
def test_a_line_that_repeats_is_read_as_it_was_the_first_time(line: bytes) -> None:
    known = Memo[FieldLine]()
    first, *others = [read_request_fields(HOST + line + b"\r\n", 1, known) for _ in range(4)]

    for other in others:
        assert (other.fields, other.expects_continue) == (first.fields, first.expects_continue)


def test_only_lines_that_came_twice_and_are_short_are_kept() -> None:
    known = Memo[FieldLine]()
    once, twice, long = b"X-Kept: once", b"X-Kept: twice", b"X-Kept: " + b"y" * 4000
    for line in (once, twice, twice, long, long):
        read_request_fields(line + b"\r\n", 0, known)

    assert known.entries.keys() == {twice}


def test_a_line_that_came_twice_is_not_read_again() -> None:
    known = Memo[FieldLine]()
    reads = [read_request_fields(b"X-Kept: yes\r\n", 0, known).fields[0] for _ in range(3)]

    assert reads[2] is reads[1]


def test_options_are_the_members_of_a_list_in_lower_case() -> None:
    assert options_of(b"Close,\t X-Hop ,, ,upGRADE") == [b"close", b"x-hop", b"upgrade"]


@pytest.mark.parametrize(
    ("block", "minor", "code"),
    [
        (b"", 1, "bad-host"),
        (HOST + HOST, 1, "bad-host"),
        (b"Host: \r\n", 1, "bad-host"),
        (b"Host: a, b\r\n", 1, "bad-host"),
        (b"Host: a/b\r\n", 1, "bad-host"),
        (b"Host: u@a\r\n", 1, "bad-host"),
        (b"Host: a#b\r\n", 1, "bad-host"),
        (b"Host: a:b\r\n", 1, "bad-host"),
        (b"Host: a\r\nHost: b\r\n", 0, "bad-host"),
        (HOST + b"Content-Length: -1\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: +1\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 01\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 0x1\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 1, 1\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 1_0\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: \xb2\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length:\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 1000000000000000000\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n", 1, "bad-content-length"),
        (HOST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 1, "ambiguous-framing"),
        (HOST + b"Transfer-Encoding: chunked\r\n", 0, "ambiguous-framing"),
        (HOST + b"Transfer-Encoding: gzip, chunked\r\n", 1, "bad-transfer-encoding"),
        (HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 1, "bad-transfer-encoding"),
        (HOST + b"Transfer-Encoding: identity\r\n", 1, "bad-transfer-encoding"),
        (HOST + b"Transfer-Encoding:\r\n", 1, "bad-transfer-encoding"),
        (HOST + b"Expect: y 100-continue\r\n", 1, "unknown-expectation"),
        (HOST + b"X: a\r\n folded\r\n", 1, "bad-field-line"),
        (HOST + b"X : a\r\n", 1, "bad-field-line"),
        (HOST + b"nocolon\r\n", 1, "bad-field-line"),
        (HOST + b"X: a\nY: b\r\n", 1, "bad-field-line"),
        (HOST + b"X: y\r\n" * MAX_FIELDS, 1, "too-many-fields"),
    ],
)
def test_fields_that_leave_a_doubt_are_refused(block: bytes, minor: int, code: str) -> None:
    with pytest.raises(WireError) as caught:
        read_request_fields(block, minor)
    error = caught.value
    assert (error.code, error.status, error.detail) == (code, *REFUSALS[code])


def test_as_many_fields_as_the_limit_are_read() -> None:
    assert len(read_request_fields(HOST + b"X: y\r\n" * (MAX_FIELDS - 1), 1).fields) == MAX_FIELDS


@pytest.mark.parametrize("host", [b"a", b"a.b-c_d:8080", b"127.0.0.1:1", b"[::1]", b"[2001:db8::1]:443"])
def test_a_host_may_be_a_name_or_an_address(host: bytes) -> None:
    assert read_request_fields(b"Host: " + host + b"\r\n", 1).fields[0].value == host


def test_the_framing_and_the_connection_options_are_read() -> None:
    request = read_request_fields(
        HOST + b"Connection: Close, X-Hop\r\nConnection: upgrade\r\nUpgrade: h2c, WebSocket\r\n"
        b"Expect: 100-Continue\r\nContent-Length: 7\r\nOrigin: https://a\r\nX-Request-Id: r1\r\n",
        1,
    )
    assert (request.content_length, request.is_chunked, request.has_body) == (7, False, True)
    assert (request.closes, request.expects_continue, request.wants_websocket) == (True, True, True)
    assert request.nominated == {b"close", b"x-hop", b"upgrade"}
    assert (request.origin, request.request_id) == (b"https://a", b"r1")
    assert (request.minor, request.host) == (1, b"gw.test")
    assert not request.is_plain


def test_a_request_with_a_host_only_is_plain_and_claims_nothing_else() -> None:
    request = read_request_fields(HOST, 1)
    claims = {name: getattr(request, name) for name in ATTRIBUTES - {"fields"}}
    assert claims == {
        "authorizations": (), "closes": False, "content_length": -1, "expects_continue": False, "has_body": False,
        "host": b"gw.test", "is_chunked": False, "is_plain": True, "minor": 1, "nominated": frozenset(), "origin": b"",
        "request_id": b"", "wants_websocket": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "has_body", "is_plain"),
    [
        (b"Content-Length: 0\r\n", False, True),
        (b"Content-Length: 1\r\n", True, False),
        (b"Transfer-Encoding: Chunked\r\n", True, False),
        (b"Connection: close\r\n", False, False),
        (b"Connection: keep-alive\r\n", False, True),
        (b"Connection: upgrade\r\nUpgrade: websocket\r\n", False, False),
    ],
)
def test_a_plain_request_has_no_body_and_keeps_its_connection_for_requests(
    fields: bytes, has_body: bool, is_plain: bool
) -> None:
    request = read_request_fields(HOST + fields, 1)
    assert (request.has_body, request.is_plain) == (has_body, is_plain)
    assert request.is_chunked is (b"Chunked" in fields)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (b"Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", True),
        (b"Connection: upgrade\r\nUpgrade: h2c\r\n", False),
        (b"Upgrade: websocket\r\n", False),
        (b"Connection: upgrade\r\n", False),
    ],
)
def test_a_websocket_is_wanted_where_both_fields_say_so(fields: bytes, wanted: bool) -> None:
    assert read_request_fields(HOST + fields, 1).wants_websocket is wanted


def test_every_authorization_is_kept_so_that_the_door_can_refuse_two() -> None:
    request = read_request_fields(HOST + b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n", 1)
    assert request.authorizations == (b"Bearer a", b"Bearer b")


def test_values_of_a_name_are_all_read_unless_connection_declares_it_hop_by_hop() -> None:
    request = read_request_fields(HOST + b"A: 1\r\nB: 2\r\na: 3\r\nConnection: b\r\n", 1)
    assert request.values(b"a") == [b"1", b"3"]
    assert request.values(b"b") == []
    assert request.values(b"c") == []


def test_fields_that_some_server_takes_for_a_name_are_read_with_their_names() -> None:
    request = read_request_fields(HOST + b"A-B: 1\r\nC: 2\r\na_b: 3\r\na.b: 4\r\nConnection: a.b\r\n", 1)
    assert request.spelled_like(b"a-b") == [(b"a-b", b"1"), (b"a_b", b"3")]
    assert request.spelled_like(b"d") == []


def test_a_request_whose_fields_were_not_read_has_none_and_closes_its_connection() -> None:
    request = RequestFields(0)
    assert {name: getattr(request, name) for name in ATTRIBUTES} == {
        "authorizations": (), "closes": True, "content_length": -1, "expects_continue": False, "fields": (), "has_body": False,
        "host": b"", "is_chunked": False, "is_plain": False, "minor": 0, "nominated": frozenset(), "origin": b"",
        "request_id": b"", "wants_websocket": False,
    }  # fmt: skip


def test_fields_for_a_chunked_body_are_the_same_but_for_the_framing() -> None:
    request = read_request_fields(
        HOST + b"Authorization: Bearer a\r\nOrigin: https://a\r\nX-Request-Id: r1\r\nExpect: 100-continue\r\n"
        b"Content-Length: 7\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n",
        1,
    )
    chunked = request.as_chunked()
    assert (chunked.has_body, chunked.is_chunked, chunked.content_length, chunked.is_plain) == (True, True, -1, False)
    framing = {"has_body", "is_chunked", "content_length", "is_plain"}
    for name in ATTRIBUTES - framing:
        assert getattr(chunked, name) == getattr(request, name), name


def test_http_1_0_needs_no_host_and_always_closes() -> None:
    request = read_request_fields(b"", 0)
    assert (request.closes, request.has_body, request.is_plain, request.minor) == (True, False, False, 0)
    assert request.host == b""
    assert not read_request_fields(HOST + b"Expect: 100-continue\r\n", 0).expects_continue


@pytest.mark.parametrize("ids", [(b"r1", b"r2"), (b"a b", b"r1", b"r1"), (b"a" * 129, b"", b"r1")])
def test_the_first_valid_request_id_of_several_is_the_only_one(ids: tuple[bytes, ...]) -> None:
    request = read_request_fields(HOST + b"".join(b"x-request-ID: %b\r\n" % one for one in ids) + b"Accept: */*\r\n", 1)

    assert request.request_id == b"r1"
    assert [field.value for field in request.fields if field.name == b"x-request-id"] == [b"r1"]
    assert request.fields[-1].name == b"accept"


def test_an_invalid_request_id_is_ignored() -> None:
    assert read_request_fields(HOST + b"X-Request-Id: " + b"a" * 129 + b"\r\n", 1).request_id == b""
    assert read_request_fields(HOST + b"X-Request-Id: a b\r\n", 1).request_id == b""


@pytest.mark.parametrize(
    ("line", "expected"),
    [(b"HTTP/1.1 200 OK", (1, 200)), (b"HTTP/1.0 404", (0, 404)), (b"HTTP/1.1 599 \xff", (1, 599))],
)
def test_a_status_line_is_read(line: bytes, expected: tuple[int, int]) -> None:
    assert read_status_line(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/2.0 200 OK",
        b"HTTP/1.1 1000 Big",
        b"HTTP/1.1 abc",
        b"HTTP/1.1 20",
        b"HTTP/1.1  200",
        b"hello",
        b"HTTP/1.1 200 a\x00",
    ],
)
def test_any_other_status_line_is_the_upstreams_fault(line: bytes) -> None:
    with pytest.raises(
        UpstreamError,
        match=r"^502 bad-upstream-answer: The upstream's answer is not a well-formed HTTP/1\.1 message\.$",
    ) as caught:
        read_status_line(line)
    assert caught.value.cause == "the first line is no status line of HTTP/1.x"


@pytest.mark.parametrize(
    ("minor", "lengths", "codings", "connection", "expected"),
    [
        (1, [b"5"], [], [], (5, False, True)),
        (1, [], [b"Chunked"], [], (-1, True, True)),
        (1, [], [], [], (-1, False, True)),
        (1, [b"0"], [], [b"close"], (0, False, False)),
        (0, [b"5"], [], [b"keep-alive"], (5, False, False)),
    ],
)
def test_a_response_is_framed_in_one_way(
    minor: int, lengths: list[bytes], codings: list[bytes], connection: list[bytes], expected: tuple[int, bool, bool]
) -> None:
    assert frame_response(minor, lengths, codings, connection) == expected


@pytest.mark.parametrize(
    ("minor", "lengths", "codings", "cause"),
    [
        (1, [b"5"], [b"chunked"], "Transfer-Encoding stands beside Content-Length, or in HTTP/1.0"),
        (1, [b"5", b"5"], [], "Content-Length is not one decimal number"),
        (1, [b"-5"], [], "Content-Length is not one decimal number"),
        (1, [], [b"gzip, chunked"], "Transfer-Encoding is not a single `chunked`"),
        (1, [], [b"chunked", b"chunked"], "Transfer-Encoding is not a single `chunked`"),
        (0, [], [b"chunked"], "Transfer-Encoding stands beside Content-Length, or in HTTP/1.0"),
    ],
)
def test_a_response_framed_in_two_ways_is_the_upstreams_fault(
    minor: int, lengths: list[bytes], codings: list[bytes], cause: str
) -> None:
    with pytest.raises(UpstreamError) as caught:
        frame_response(minor, lengths, codings, [])
    assert caught.value.cause == cause


@pytest.mark.parametrize(
    ("data", "left"),
    [(b"\r\n\r\nGET", b"GET"), (b"\r\n", b""), (b"GET", b"GET"), (b"\nGET", b"\nGET"), (b"\r\n\rG", b"\rG")],
)
def test_empty_lines_before_a_request_are_dropped_in_pairs(data: bytes, left: bytes) -> None:
    assert without_empty_lines(data) == left


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET /pets?a=b HTTP/9.9\r\nHost: a\r\n", (b"GET", b"/pets?a=b")),
        (b"GET /pets", (b"GET", b"/pets")),
        (b"G(T / HTTP/1.1\r\n", (b"", b"")),
        (b"", (b"", b"")),
        (b"GET /" + b"a" * 9000, (b"GET", b"/" + b"a" * 4091)),
    ],
)
def test_the_log_of_a_refused_head_names_its_method_and_target(head: bytes, expected: tuple[bytes, bytes]) -> None:
    assert asked_for(head) == expected


def test_a_head_over_the_limit_is_refused_with_the_limit() -> None:
    error = head_too_large(123)
    assert (error.status, error.code) == (431, "head-too-large")
    assert error.detail == "A request head may have at most 123 bytes."


@pytest.mark.parametrize("data", [b"GET /\n", b"GET / HTTP/1.1\r\nA: b\n", b"\x16\x03\x01", b"GET /\rX", b"\x7f"])
def test_garbage_is_hopeless_before_a_head_is_whole(data: bytes) -> None:
    assert is_hopeless(data, 0)


@pytest.mark.parametrize("data", [b"", b"GET / HT", b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\r\nA:\t\xffb\r\n\r"])
def test_an_unfinished_head_is_not_hopeless(data: bytes) -> None:
    assert not is_hopeless(data, 0)


def test_bytes_that_were_checked_before_are_not_checked_again() -> None:
    assert not is_hopeless(b"\x00GET", 1)
    assert is_hopeless(b"GET\x00", 1)


_lines = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"Host: a",
                b"Host: a:1",
                b"Content-Length: 3",
                b"Content-Length: 03",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: Chunked ",
                b"Transfer-Encoding: x",
                b"Connection: close",
                b"Connection: keep-alive, upgrade",
                b"Expect: 100-continue",
                b"Content_Length: 3",
                b"X : y",
                b" x",
                b"X: \ty\t",
            ]
        ),
        st.binary(max_size=12),
    ),
    max_size=5,
)


class _Listener:
    def __init__(self) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.is_complete = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


@given(_lines)
@example([b"Host: a", b"Content-Length: 3"])
@example([b"Host: a", b"Transfer-Encoding: chunked"])
def test_what_we_accept_h11_and_httptools_accept_with_the_same_meaning(lines: list[bytes]) -> None:
    block = b"".join(line + b"\r\n" for line in lines)
    try:
        ours = read_request_fields(block, 1)
    except WireError:
        return
    expected = [(field.name, field.value) for field in ours.fields]
    head = b"POST / HTTP/1.1\r\n" + block + b"\r\n"

    connection = h11.Connection(h11.SERVER)
    connection.receive_data(head)
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    theirs = dict(expected)
    if ours.is_chunked:
        assert dict(event.headers)[b"transfer-encoding"] == b"chunked"
    assert [name for name, _ in event.headers] == [name for name, _ in expected]
    assert dict(event.headers).get(b"content-length") == theirs.get(b"content-length")

    listener = _Listener()
    parser = httptools.HttpRequestParser(listener)
    body = b"3\r\nabc\r\n0\r\n\r\n" if ours.is_chunked else b"abc"[: max(0, ours.content_length)]
    with contextlib.suppress(httptools.HttpParserUpgrade):
        parser.feed_data(head + body)
    assert [(name, value.strip(b" \t")) for name, value in listener.fields] == expected
    assert listener.is_complete
    assert listener.body == (b"abc" if ours.is_chunked else body)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_wire_error(data: bytes) -> None:
    assert REQUEST_LINE.fullmatch(data) or isinstance(bad_request_line(data), WireError)
    with contextlib.suppress(WireError):
        read_request_fields(data + b"\r\n", 1)


def test_nothing_here_depends_on_a_parser_library() -> None:
    source = Path(__file__).parents[2] / "plugin_gateway" / "proxy" / "wire.py"
    assert "httptools" not in source.read_text()
