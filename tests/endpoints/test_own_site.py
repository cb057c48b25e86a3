import pytest
from starlette.datastructures import Headers

from plugin_gateway.endpoints.own_site import has_json, has_own_host, has_own_origin

HOST = ("host", "localhost:8081")


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:9000", "127.0.0.1:8081", "127.0.0.1", "10.1.2.3:80", "[::1]:8081", "[fe80::1]"]
)
def test_localhost_and_addresses_are_own_hosts_at_any_port(host: str) -> None:
    assert has_own_host(headers(("host", host)))


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
def test_a_name_that_a_page_can_rebind_is_not_an_own_host(host: str) -> None:
    assert not has_own_host(headers(("host", host)))
    assert not has_own_host(headers(("host", host)), "https://ok.example/x")


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("ok.example", True), ("OK.example:8443", True), ("not.ok.example", False), ("localhost", True)],
)
def test_the_name_that_the_operator_chose_is_a_host(host: str, is_own: bool) -> None:
    assert has_own_host(headers(("host", host)), "https://ok.example:8443/x") is is_own


@pytest.mark.parametrize(
    ("origin", "is_own"),
    [
        ("https://ok.example:8443", True),
        ("http://localhost:8081", True),
        ("https://ok.example", False),
        ("file://ok.example:8443", False),
        ("://", False),
        ("http://", False),
    ],
)
def test_a_page_under_the_name_that_the_operator_chose_may_ask(origin: str, is_own: bool) -> None:
    assert has_own_origin(headers(HOST, ("origin", origin)), "https://ok.example:8443/x", is_needed=True) is is_own
    assert not has_own_origin(headers(HOST, ("origin", "http://")))


@pytest.mark.parametrize("hosts", [[], ["localhost", "evil.example"], ["localhost", "localhost"]])
def test_a_request_needs_exactly_one_host(hosts: list[str]) -> None:
    assert not has_own_host(headers(*(("host", host) for host in hosts)))


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
def test_a_change_is_taken_only_from_own_pages(fields: list[tuple[str, str]], is_own: bool) -> None:
    assert has_own_origin(headers(HOST, *fields), is_needed=True) is is_own


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
    assert has_own_origin(headers(HOST, *fields)) is is_own


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
    assert has_json(headers(*(("content-type", one) for one in types))) is is_json
