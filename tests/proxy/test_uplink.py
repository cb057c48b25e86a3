from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule, Permit
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.forward import RequestHead
from plugin_gateway.proxy.received import FieldBlock, Permitted
from plugin_gateway.proxy.uplink import Uplink, uplink_kind_of
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.revision.upstream import Forwarded, forwarded
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.shape import Shape
from tests.narrow import stand_in
from tests.proxy.real import plan_of

KEY = Injection(
    headers=((b"X-Api-Key", b"s3cret-key"),),
    query=b"api_key=s3cret-qry",
    cookies=b"sid=s3cret-sid",
    secrets=("s3cret-key",),
)
NO_KEY = Injection()
ID = b"X-Request-Id: id-1\r\n"
"""Return the field lines that a call adds to the shared ones."""


def sent(uplink: Uplink, permit: Permit, block: FieldBlock, method: bytes = b"GET") -> bytes:
    """The head of a call with the id `id-1`, without that id."""
    permitted = Permitted(
        plan_of(permit.rule, uplink), Access("", stand_in(None), {}), RequestHead(method, permit.path, block), permit
    )
    assert permitted.head == permitted.head_for(uplink)
    head = permitted.head + b"id-1" + uplink.end
    assert head.count(ID) == 1
    return head.replace(ID, b"")


def head(
    fields: bytes,
    *,
    injection: Injection = KEY,
    method: bytes = b"GET",
    query: bytes = b"",
    names: frozenset[bytes] = frozenset(),
    cookies: frozenset[bytes] = frozenset(),
    forward: frozenset[bytes] = frozenset(),
    told: Forwarded = Forwarded(),  # noqa: B008  # a tuple of bytes
    is_searched: bool = True,
) -> bytes:
    rule = OperationRule(
        method=method.decode(), path_template="/p", operation_id="p", header_names=names, cookie_names=cookies
    )
    upstream = UpstreamSettings(
        host="up",
        port=80,
        authority=b"up.test",
        prefix=b"/v2",
        forward_headers=forward,
        forwarded=told.lines,
        host_field=told.host,
    )
    request = read_request_fields(b"Host: gw.test\r\n" + fields, 1)
    return sent(
        Uplink(rule, upstream, injection, is_searched=is_searched),
        Permit(rule, b"/p", query),
        FieldBlock(request),
        method,
    )


@pytest.mark.parametrize("names", [frozenset(), frozenset({b"x-request-id"})])
def test_the_id_of_a_call_goes_up_once_with_any_fields_of_the_caller(names: frozenset[bytes]) -> None:
    assert head(b"X-Request-Id: theirs\r\n", names=names, forward=names) == head(b"")


def test_the_head_is_ours_with_the_injected_fields_last() -> None:
    assert head(b"Accept: a\r\nX-Other: b\r\n", query=b"q=1") == (
        b"GET /v2/p?q=1&api_key=s3cret-qry HTTP/1.1\r\nHost: up.test\r\nAccept-Encoding: identity\r\n"
        b"Accept: a\r\nCookie: sid=s3cret-sid\r\nX-Api-Key: s3cret-key\r\n\r\n"
    )


SAID = (
    b"X-Forwarded-Host", b"x_forwarded_proto", b"X-Forwarded-Port", b"X-Forwarded-Prefix", b"X-Forwarded-For", b"X-Forwarded",
    b"Forwarded", b"X-Original-Host", b"X-Scheme", b"X-Url-Scheme", b"Front-End-Https", b"X-Real-IP",
)  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "host", "lines"),
    [
        ("none", b"up.test", b""),
        ("host", b"gw.test", b""),
        ("rfc7239", b"up.test", b'Forwarded: host="gw.test";proto=https'),
        ("x-forwarded", b"up.test", b"X-Forwarded-Host: gw.test\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https"),
    ],
)
def test_the_public_origin_in_a_call_comes_from_the_gateway_and_never_from_a_caller(
    mode: Any, host: bytes, lines: bytes
) -> None:
    names = frozenset(name.lower() for name in SAID)
    fields = b"".join(name + b": evil.test\r\n" for name in SAID)
    sent = head(
        fields, injection=NO_KEY, names=names, forward=names, told=forwarded(mode, "https://gw.test"), is_searched=False
    )
    assert sent == b"GET /v2/p HTTP/1.1\r\nHost: " + host + b"\r\n" + (lines + b"\r\n" if lines else b"") + b"\r\n"


def test_an_answer_with_links_is_asked_for_whole_and_not_compressed() -> None:
    rule = OperationRule(method="GET", path_template="/p", operation_id="p", links=(("next",),))
    fields = b"Range: bytes=0-1\r\nIf-Range: x\r\nAccept-Encoding: gzip\r\nAccept: a\r\n"
    request = read_request_fields(b"Host: gw.test\r\n" + fields, 1)
    uplink = Uplink(rule, UpstreamSettings(host="up", port=80, authority=b"up.test"), NO_KEY)
    assert sent(uplink, Permit(rule, b"/p", b""), FieldBlock(request)) == (
        b"GET /p HTTP/1.1\r\nHost: up.test\r\nAccept-Encoding: identity\r\nAccept: a\r\n\r\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        b"Accept: a/b",
        b"Accept-Language: de",
        b"Content-Type: a/b",
        b"Content-Encoding: gzip",
        b"If-None-Match: x",
        b"User-Agent: u",
        b"Prefer: p",
        b"IDEMPOTENCY-KEY: i",
        b"traceparent: t",
    ],
)
def test_listed_fields_go_up(line: bytes) -> None:
    assert line + b"\r\n" in head(line + b"\r\n")


@pytest.mark.parametrize("line", [b"Range: bytes=0-1", b"If-Range: x", b"Accept-Encoding: br"])
@pytest.mark.parametrize("is_searched", [True, False])
def test_fields_that_make_answers_unsearchable_go_up_only_if_answers_are_not_searched(
    line: bytes, is_searched: bool
) -> None:
    lines = line + b"\r\n"
    assert (lines in head(lines, is_searched=is_searched)) is not is_searched


@pytest.mark.parametrize(
    "line",
    [
        b"X-Api-Key: mine",
        b"x-aPI-key: mine",
        b"X_Api_Key: mine",
        b"X-Api_Key: mine",
        b"Authorization: Bearer mine",
        b"Cookie: sid=mine",
        b"Proxy-Authorization: mine",
        b"Proxy: mine",
        b"Keep-Alive: mine",
        b"TE: mine",
        b"Trailer: mine",
        b"Upgrade: mine",
        b"HTTP2-Settings: mine",
        b"X-Forwarded-For: mine",
        b"X-Forwarded-Anything: mine",
        b"Forwarded: mine",
        b"X-Original-URL: mine",
        b"X-HTTP-Method-Override: mine",
        b"Content_Length: 5mine",
        b"Accept-Encoding: mine",
        b"X-Unknown: mine",
        b"Origin: mine",
        b"Referer: mine",
    ],
)
def test_no_other_field_goes_up(line: bytes) -> None:
    assert b"mine" not in head(line + b"\r\n")


def test_fields_that_the_operation_or_the_config_names_go_up() -> None:
    assert b"X-Tenant: t\r\n" in head(b"X-Tenant: t\r\n", names=frozenset({b"x-tenant"}))
    assert b"X-Tenant: t\r\n" in head(b"X-Tenant: t\r\n", forward=frozenset({b"x-tenant"}))


@pytest.mark.parametrize(
    "name", [b"x-api-key", b"x_api_key", b"host", b"transfer-encoding", b"x-forwarded-host", b"connection"]
)
def test_no_declaration_lets_an_injected_or_hop_by_hop_field_up(name: bytes) -> None:
    sent = head(name + b": mine\r\n" if name not in {b"host", b"transfer-encoding"} else b"", names=frozenset({name}))
    assert b"mine" not in sent
    assert b"gw.test" not in sent


def test_fields_that_connection_nominates_are_dropped_but_never_injected_fields() -> None:
    sent = head(b"Connection: X-Tenant, X-Api-Key\r\nX-Tenant: mine\r\n", names=frozenset({b"x-tenant"}))
    assert b"mine" not in sent
    assert b"X-Api-Key: s3cret-key\r\n" in sent


def test_only_declared_cookies_go_up_and_none_that_is_injected() -> None:
    sent = head(b"Cookie: a=1; sid=mine; b=2\r\nCookie: c=3\r\n", cookies=frozenset({b"a", b"c", b"sid"}))
    assert b"Cookie: a=1; c=3; sid=s3cret-sid\r\n" in sent
    assert sent.lower().count(b"cookie:") == 1


@pytest.mark.parametrize(
    "pair",
    [
        b"lang=a, sid=evil", b"lang=a,sid=evil", b'lang="a, sid=evil"', b'lang="a; sid=evil"', b"lang=a sid=evil", b"lang=a\tsid=evil",
        b'lang="a', b'lang=a"', b'lang="a" sid=evil', b'lang=""a""', b'lang="a\\"; sid=evil; b="c"', b"lang=\xe4",
        b"lang", b"=lang", b"lang =a", b"lang= a", b'"lang"=a', b"LANG=a", b"%6cang=a", b"lang[]=a", b"lang.=a", b"sid=evil", b"SID=evil",
        b"$Version=1; $Path=/; sid=evil", b"$lang=a",
    ],
)  # fmt: skip
def test_a_cookie_that_some_parser_reads_as_another_does_not_go_up(pair: bytes) -> None:
    sent = head(b"Cookie: " + pair + b"\r\n", cookies=frozenset({b"lang", b"$Version", b"$lang", b"SID"}))
    cookie = sent[sent.index(b"Cookie: ") + 8 :].partition(b"\r\n")[0]
    assert cookie == b"sid=s3cret-sid"


@pytest.mark.parametrize(
    "value", [b"de", b'"de"', b"", b'""', b"a=b", b"a%2C%20b", b"{a:b}", b"a&b=c", b"!#$'()*+-./:<=>?@[]^_`{|}~"]
)
def test_a_declared_cookie_with_a_value_that_cookies_have_goes_up_as_it_is(value: bytes) -> None:
    assert b"Cookie: lang=" + value + b"; sid=s3cret-sid\r\n" in head(
        b"Cookie: lang=" + value + b"\r\n", cookies=frozenset({b"lang"})
    )


def test_cookies_that_connection_nominates_do_not_go_up() -> None:
    sent = head(b"Cookie: a=1\r\nConnection: cookie\r\n", cookies=frozenset({b"a"}))
    assert b"Cookie: sid=s3cret-sid\r\n" in sent


def comma_or_semicolon(value: str) -> list[tuple[str, str]]:
    """RFC 2109, 4.3.4: servers treat a comma as a semicolon; many ignore quotes."""
    return [pair.strip(" \t").partition("=")[::2] for pair in re.split("[;,]", value)]


def blanks_too(value: str) -> list[tuple[str, str]]:
    return [pair.partition("=")[::2] for pair in re.split(r"[;,\s]+", value)]


def quotes_first(value: str) -> list[tuple[str, str]]:
    """A quoted string with escapes is one piece, even with separators in it."""
    return [(name, text) for name, text in re.findall(r'([^=;,\s]+)=("(?:\\.|[^"\\])*"|[^;,\s]*)', value)]


def by_the_standard_library(value: str) -> list[tuple[str, str]]:
    return [(name, morsel.coded_value) for name, morsel in SimpleCookie(value).items()]


PARSERS = [comma_or_semicolon, blanks_too, quotes_first, by_the_standard_library]
PIECES = st.sampled_from(
    ["lang", "sid", "SID", "b", "=", "==", ";", "; ", ",", ", ", '"', "\\", '\\"', " ", "\t", "$Version", "$Path", "1", "/", "%3B", "%2C", "é", "'", "[", "a"]
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=12).map("".join), min_size=1, max_size=3))
def test_no_parser_sees_another_cookie_than_the_declared_and_ours_once_and_last(values: list[str]) -> None:
    fields = b"".join(b"Cookie: " + value.strip().encode("latin-1") + b"\r\n" for value in values)
    sent = head(fields, cookies=frozenset({b"lang", b"b"}))
    assert sent.count(b"Cookie: ") == 1
    cookie = sent[sent.index(b"Cookie: ") + 8 :].partition(b"\r\n")[0].decode("latin-1")
    for parse in PARSERS:
        pairs = parse(cookie)
        assert {name for name, _ in pairs} <= {"lang", "b", "sid"}
        assert [value for name, value in pairs if name == "sid"] == ["s3cret-sid"]
        assert pairs[-1][0] == "sid"


def test_without_a_secret_there_is_nothing_to_find_so_answers_may_be_compressed() -> None:
    assert b"Accept-Encoding: gzip\r\n" in head(b"Accept-Encoding: gzip\r\n", injection=NO_KEY, is_searched=False)


@pytest.mark.parametrize(
    ("fields", "method", "framing"),
    [
        (b"Content-Length: 3\r\n", b"POST", b"Content-Length: 3\r\n"),
        (b"Content-Length: 0\r\n", b"GET", b"Content-Length: 0\r\n"),
        (b"Transfer-Encoding: CHUNKED\r\n", b"POST", b"Transfer-Encoding: chunked\r\n"),
        (b"", b"POST", b"Content-Length: 0\r\n"),
        (b"", b"GET", b""),
    ],
)
def test_the_framing_is_written_anew_and_once(fields: bytes, method: bytes, framing: bytes) -> None:
    sent = head(fields, method=method)
    lines = [line for line in sent.lower().split(b"\r\n") if line.startswith((b"content-length", b"transfer-encoding"))]
    assert b"".join(line + b"\r\n" for line in lines) == framing.lower()


def test_the_shape_writes_the_cookies_and_the_fields_that_clients_may_not() -> None:
    parts = (Part("cookie", "session", wire_name=b"sid"), Part("cookie", "", added=b"a=1", is_fixed=True))
    shape = Shape(parameters=Parameters(parts))
    rule = OperationRule(
        method="GET", path_template="/p", operation_id="p", shape=shape,
        cookie_names=frozenset({b"session"}), withheld_headers=frozenset({b"acceptlanguage"}),
    )  # fmt: skip
    uplink = Uplink(rule, UpstreamSettings(host="api", port=443, authority=b"api"), NO_KEY)
    fields = b"Host: a\r\nCookie: session=s; b=2\r\nAccept-Language: de\r\n"
    lines = uplink.after_target(read_request_fields(fields, 1))
    assert b"Cookie: sid=s; a=1\r\n" in lines
    assert b"Accept-Language" not in lines


READS_COOKIES = Shape(parameters=Parameters((Part("cookie", "session", wire_name=b"sid"),)))
READS_QUERIES = Shape(parameters=Parameters((Part("query", "q", wire_name=b"search"),)))


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({"path_template": "/other", "operation_id": "other"}, True),
        ({"method": "DELETE"}, True),
        ({"query_names": frozenset({b"q"}), "shape": READS_QUERIES}, True),
        ({"method": "POST"}, False),
        ({"header_names": frozenset({b"x-a"})}, False),
        ({"cookie_names": frozenset({b"session"})}, False),
        ({"withheld_headers": frozenset({b"acceptlanguage"})}, False),
        ({"links": (("next",),)}, False),
        ({"shape": READS_COOKIES}, False),
    ],
)
def test_operations_are_of_one_kind_if_their_heads_have_the_same_lines(other: dict[str, Any], is_same: bool) -> None:
    rule = OperationRule(method="GET", path_template="/p", operation_id="p")

    assert (uplink_kind_of(rule) == uplink_kind_of(replace(rule, **other))) is is_same
