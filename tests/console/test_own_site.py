import pytest
from starlette.datastructures import Headers

from plugin_gateway.console.own_site import judge_host, judge_media_type, judge_origin


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:9000", "127.0.0.1:8081", "127.0.0.1", "10.1.2.3:80", "[::1]:8081", "[fe80::1]"]
)
def test_localhost_and_addresses_are_hosts_of_the_console_at_any_port(host: str) -> None:
    assert judge_host(headers(("host", host))) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8081",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost.",
        "sub.localhost",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.0.0.1:8081@evil.example",
        "localhost:8081/",
        "localhost:port",
        "localhost:808181",
        "::1",
        "[::1",
        "[127.0.0.1.evil]",
        "[::1%25lo]",
        "localhost, evil.example",
        "loc\xe4lhost",
    ],
)
def test_a_name_that_a_page_can_rebind_is_not_a_host_of_the_console(host: str) -> None:
    refusal = judge_host(headers(("host", host)))
    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "host-not-allowed")


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["localhost", "localhost"]])
def test_a_request_needs_exactly_one_host(hosts: list[str]) -> None:
    assert judge_host(headers(*(("host", host) for host in hosts))) is not None


HOST = ("host", "localhost:8081")


@pytest.mark.parametrize(
    ("fields", "is_own"),
    [
        ([("origin", "http://localhost:8081")], True),
        ([("origin", "https://localhost:8081")], True),
        ([("origin", "HTTP://LOCALHOST:8081")], True),
        ([("sec-fetch-site", "same-origin")], True),
        ([("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8081")], True),
        ([], False),
        ([("sec-fetch-site", "none")], False),
        ([("origin", "null")], False),
        ([("origin", "")], False),
        ([("origin", "http://localhost")], False),
        ([("origin", "http://localhost:3000")], False),
        ([("origin", "http://127.0.0.1:8081")], False),
        ([("origin", "http://localhost:8081.evil.example")], False),
        ([("origin", "http://localhost:8081@evil.example")], False),
        ([("origin", "http://[")], False),
        ([("origin", "file://localhost:8081")], False),
        ([("origin", "http://localhost:8081"), ("origin", "http://evil.example")], False),
        ([("sec-fetch-site", "same-site")], False),
        ([("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8081")], False),
        ([("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")], False),
        ([("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], False),
    ],
)
def test_a_change_is_taken_only_from_the_pages_of_the_console(fields: list[tuple[str, str]], is_own: bool) -> None:
    refusal = judge_origin(headers(HOST, *fields), is_needed=True)
    assert (refusal is None) is is_own
    assert refusal is None or (refusal.status, refusal.code) == (403, "origin-not-allowed")


@pytest.mark.parametrize(
    ("fields", "is_own"),
    [
        ([], True),
        ([("sec-fetch-site", "none")], True),
        ([("sec-fetch-site", "cross-site")], False),
        ([("origin", "http://evil.example")], False),
    ],
)
def test_a_read_may_come_from_the_address_bar_and_from_no_other_page(
    fields: list[tuple[str, str]], is_own: bool
) -> None:
    assert (judge_origin(headers(HOST, *fields), is_needed=False) is None) is is_own


@pytest.mark.parametrize(
    ("types", "is_json"),
    [
        (["application/json"], True),
        (["Application/JSON; charset=utf-8"], True),
        ([], False),
        (["text/plain"], False),
        (["application/x-www-form-urlencoded"], False),
        (["multipart/form-data; boundary=x"], False),
        (["text/plain; application/json"], False),
        (["application/jsonp"], False),
        (["application/json", "text/plain"], False),
    ],
)
def test_a_body_that_a_page_can_send_without_a_preflight_is_refused(types: list[str], is_json: bool) -> None:
    assert (judge_media_type(headers(*(("content-type", one) for one in types))) is None) is is_json
