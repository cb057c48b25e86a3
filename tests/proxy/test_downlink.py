from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.credentials.board import Board
from plugin_gateway.errors import UpstreamError
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.revision import UpstreamSettings

if TYPE_CHECKING:
    from plugin_gateway.proxy.answer_head import Answer


def downlink(**changes: bool) -> Downlink:
    options: dict[str, Any] = {"host": "up", "port": 80, "authority": b"up.test", "prefix": b"/v2"} | changes
    known = KnownSecrets("s3cret")
    return Downlink(
        UpstreamSettings(**options), "https://gw.test", known, varies_by_origin=False, query_names=[b"api_key"]
    )


def read(fields: bytes, *, status: bytes = b"HTTP/1.1 200 OK", **changes: bool) -> Answer:
    return downlink(**changes).read((status + b"\r\n" + fields).removesuffix(b"\r\n"))


@pytest.mark.parametrize(
    "name",
    [
        b"Connection", b"Keep-Alive", b"Proxy-Connection", b"Proxy-Authenticate", b"TE", b"Trailer", b"Upgrade",
        b"Server", b"X-Powered-By", b"X-AspNet-Version", b"Via", b"Alt-Svc", b"Strict-Transport-Security",
        b"X-Accel-Redirect", b"X-Accel-Anything", b"X-Sendfile", b"Access-Control-Allow-Origin", b"Set-Cookie",
        b"Alt-Used", b"Report-To", b"NEL", b"Reporting-Endpoints", b"Clear-Site-Data", b"Expect-CT",
    ],
)  # fmt: skip
def test_fields_that_clients_must_not_see_are_dropped(name: bytes) -> None:
    assert read(name + b": v\r\nContent-Length: 2\r\n").block == b"Content-Length: 2\r\n"


def test_everything_else_is_kept_in_order() -> None:
    fields = b"Date: d\r\nContent-Type: a/b\r\nX-Own: 1\r\nX-Own: 2\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n"
    assert read(fields).block == fields


@pytest.mark.parametrize(
    ("fields", "is_dated"),
    [(b"Date: d\r\n", True), (b"X-Date: d\r\n", False), (b"Connection: date\r\nDate: d\r\n", False)],
)
def test_an_answer_says_whether_it_has_a_date(fields: bytes, is_dated: bool) -> None:
    assert read(fields).is_dated is is_dated


def test_set_cookie_is_kept_when_asked_for_and_never_joined() -> None:
    fields = b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
    assert read(fields, keep_set_cookie=True).block == fields


def test_fields_that_connection_nominates_are_dropped() -> None:
    assert read(b"Connection: X-Hop, close\r\nX-Hop: 1\r\nX-Own: 2\r\n").block == b"X-Own: 2\r\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"location: http://up.test/v2/x?k=s3cret", b"location: https://gw.test/x?k=******"),
        (b"Link: </v2/x?api_key=1&a=2>; rel=next", b"Link: <https://gw.test/x?a=2>; rel=next"),
        (b"X-Backend: up.test", b"X-Backend: gw.test"),
        (b"X-Own:   as it is", b"X-Own: as it is"),
        (b"Location: http://up.test/admin", b""),
    ],
)
def test_references_to_the_upstream_lead_to_the_gateway_or_are_left_out(line: bytes, expected: bytes) -> None:
    assert read(line + b"\r\n").block == (expected + b"\r\n" if expected else b"")


@pytest.mark.parametrize("name", [b"WWW-Authenticate", b"Authentication-Info"])
@pytest.mark.parametrize("status", [b"HTTP/1.1 403 No", b"HTTP/1.1 200 OK"])
def test_a_challenge_to_the_gateways_credential_does_not_reach_the_caller(name: bytes, status: bytes) -> None:
    upstream = UpstreamSettings(host="up", port=80, authority=b"up.test")
    head = status + b"\r\n" + name + b": Bearer"
    for drops, kept in ((True, b""), (False, name + b": Bearer\r\n")):
        link = Downlink(upstream, "https://gw.test", KnownSecrets(), varies_by_origin=False, drops_challenges=drops)
        assert link.read(head).block == kept


def test_a_secret_in_any_field_is_covered() -> None:
    assert (
        read(b"X-Debug: key=s3cret!\r\nLink: <p?k=s3cret>\r\n").block
        == b"X-Debug: key=******!\r\nLink: <p?k=******>\r\n"
    )


@pytest.mark.parametrize(
    ("status", "fields", "has_body"),
    [
        (b"HTTP/1.1 200 OK", b"Content-Length: 5\r\n", True),
        (b"HTTP/1.1 200 OK", b"Content-Length: 0\r\n", False),
        (b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked\r\n", True),
        (b"HTTP/1.1 200 OK", b"", True),
        (b"HTTP/1.1 204 No Content", b"Content-Length: 5\r\n", False),
        (b"HTTP/1.1 304 Not Modified", b"Content-Length: 5\r\n", False),
    ],
)
def test_whether_content_follows_is_decided_as_rfc_9112_says(status: bytes, fields: bytes, has_body: bool) -> None:
    answer = read(fields, status=status)
    assert answer.has_body is has_body
    assert (b"Content-Length" in answer.block) is (b"Length" in fields and answer.status == 200)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -5\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"X: a\r\n folded\r\n",
        b"Bad Header: 1\r\n",
        b"X-A : 1\r\n",
        b"nocolon\r\n",
        b"X: a\x00\r\n",
        b"X: a\nb\r\n",
        b"X: y\r\n" * 300,
    ],
)
def test_a_head_that_is_not_strict_is_never_passed_on(fields: bytes) -> None:
    with pytest.raises(UpstreamError) as caught:
        read(fields)
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("fields", "codings", "is_readable"),
    [
        (b"", (), True),
        (b"Content-Encoding: GZIP\r\n", (b"gzip",), True),
        (b"Content-Encoding: identity\r\nContent-Encoding: identity\r\n", (), True),
        (b"Content-Encoding: gzip\r\nContent-Encoding: br\r\n", (b"gzip", b"br"), True),
        (b"Content-Encoding: none\r\n", (), False),
        (b"Content-Range: bytes 0-1/2\r\n", (), False),
        (b"Content-Type: text/plain; charset=utf-7\r\n", (), False),
        (b"Content-Type: text/plain; charset=utf-16\r\n", (), True),
        (b"Content-Encoding: gzip\r\nContent-Type: a/b; charset=ibm037\r\n", (b"gzip",), False),
    ],
)
def test_an_answer_names_the_codings_to_undo_before_the_search(
    fields: bytes, codings: tuple[bytes, ...], is_readable: bool
) -> None:
    answer = read(fields)
    assert (answer.codings, answer.unreadable == "") == (codings, is_readable)
    assert answer.is_special is bool(codings or not is_readable)


@pytest.mark.parametrize("fields", [b"Content-Encoding: none\r\n", b"Content-Type: text/plain; charset=utf-7\r\n"])
def test_an_answer_that_cannot_be_searched_passes_if_the_config_permits(fields: bytes) -> None:
    assert not read(fields, passes_unreadable=True).unreadable


@pytest.mark.parametrize("name", [b"X-S3cret-Key", b"x-s3cret-key", b"S3CRET"])
def test_a_field_with_a_secret_in_its_name_is_dropped_in_any_case(name: bytes) -> None:
    assert read(b"X-Own: 1\r\n" + name + b": 2\r\n").block == b"X-Own: 1\r\n"


def test_a_head_that_was_read_before_there_was_a_secret_is_read_again() -> None:
    known = KnownSecrets()
    link = Downlink(
        UpstreamSettings(host="up", port=80, authority=b"up"), "https://gw.test", known, varies_by_origin=False
    )
    head = b"HTTP/1.1 200 OK\r\nX-Last: new-s3cret"
    for _ in range(3):
        assert b"new-s3cret" in link.read(head).block
    known.adopt(("new-s3cret",))
    assert b"X-Last: **********\r\n" in link.read(head).block


def test_a_head_that_was_read_before_another_worker_wrote_a_token_is_read_again() -> None:
    board = Board()
    link = Downlink(
        UpstreamSettings(host="up", port=80, authority=b"up"),
        "https://gw.test",
        KnownSecrets("s3cret", board=board),
        varies_by_origin=False,
    )
    head = b"HTTP/1.1 200 OK\r\nX-Last: token-of-a-call"
    for _ in range(3):
        assert b"token-of-a-call" in link.read(head).block
    board.write("token-of-a-call", monotonic() + 60)
    assert b"X-Last: ***************\r\n" in link.read(head).block


def test_a_head_that_comes_again_is_read_to_the_same_and_a_long_one_anew() -> None:
    link = downlink()
    for number in range(1500):
        assert b"X: %d\r\n" % number in link.read(b"HTTP/1.1 200 OK\r\nX: %d" % number).block
    same = b"HTTP/1.1 200 OK\r\nX: 1"
    link.read(same)
    link.read(same)
    assert link.read(same) is link.read(same)
    long = same + b"a" * 5000
    assert link.read(long) is not link.read(long)


def test_answers_vary_by_origin_where_origins_are_configured() -> None:
    upstream = UpstreamSettings(host="up", port=80, authority=b"up.test")
    link = Downlink(upstream, "https://gw.test", KnownSecrets(), varies_by_origin=True)
    assert link.read(b"HTTP/1.1 200 OK").block == b"Vary: Origin\r\n"


def test_a_length_that_looks_like_a_secret_stays_true() -> None:
    upstream = UpstreamSettings(host="up", port=80, authority=b"up.test")
    answer = Downlink(upstream, "https://gw.test", KnownSecrets("123456"), varies_by_origin=False).read(
        b"HTTP/1.1 200 OK\r\nX-Key: 123456\r\nContent-Length: 123456"
    )
    assert answer.block == b"X-Key: ******\r\nContent-Length: 123456\r\n"
