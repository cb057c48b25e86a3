"""The fields of an answer that hold references, and their syntax: Link, Refresh, cookies, and unlisted fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.references import relocated
from plugin_gateway.proxy.relocation import Relocation
from plugin_gateway.revision import UpstreamSettings

MOVE = Relocation(
    UpstreamSettings(host="up", port=80, authority=b"up.test", prefix=b"/v2"), "https://gw.test", [b"api_key"]
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b'<http://up.test/v2/i?page=2>; rel="next"', b'<https://gw.test/i?page=2>; rel="next"'),
        (
            b'<http://up.test/v2/i?page=2&api_key=s>;rel=next;title="a, <b>; \\"c\\"",  </v2/i?page=9> ; rel=last ;x',
            b'<https://gw.test/i?page=2>;rel=next;title="a, <b>; \\"c\\"", <https://gw.test/i?page=9> ; rel=last ;x',
        ),
        (b"<?page=2&api_key=s>; rel=next", b"<?page=2>; rel=next"),
        (b"< /v2/i >;rel=next", b"<https://gw.test/i>;rel=next"),
        (b'</v2/i>; rel=x; anchor="http://up.test/v2/a"', b'<https://gw.test/i>; rel=x; anchor="https://gw.test/a"'),
        (b"</v2/i>; ANCHOR=/v2/a ;rel=x", b"<https://gw.test/i>; ANCHOR=https://gw.test/a ;rel=x"),
        (b'</v2/i>; title="; anchor=/v2/a"', b'<https://gw.test/i>; title="; anchor=/v2/a"'),
        # The parameters of a link stay as they are, even if they contain a URL of the upstream.
        (b'</v2/i>; title="http://up.test/v2"', b'<https://gw.test/i>; title="http://up.test/v2"'),
        (b"</v2/i>; title*=UTF-8''%e2%82%ac; rel=sunset", b"<https://gw.test/i>; title*=UTF-8''%e2%82%ac; rel=sunset"),
        (b'<https://elsewhere/x>;  rel="license" ,<y>', b'<https://elsewhere/x>;  rel="license" ,<y>'),
        # Links that clients cannot follow are omitted, one by one.
        (b"</v2/i>; rel=next, <http://up.test/admin>; rel=admin, <z>", b"<https://gw.test/i>; rel=next, <z>"),
        (b"<a>; anchor=http://up.test/admin, <b>", b"<b>"),
        (b"<http://up.test/admin>; rel=admin", None),
        (b"</other>; rel=admin", None),
        (b"<https://idp/?to=http%3A%2F%2Fup.test%2Fv2%2Fx>", b"<https://idp/?to=https%3A%2F%2Fgw.test%2Fx>"),
        # Not links by the grammar, but some clients read them.
        (b'http://up.test/v2/i; rel="next"', b'https://gw.test/i; rel="next"'),
        (b'<http://up.test/v2/i; rel="next"', b'<https://gw.test/i; rel="next"'),
        (b"<http://up.test/v2/i> rel=next <http://up.test/admin>", None),
        (b"", b""),
    ],
)  # fmt: skip
def test_link_targets_and_anchors_lead_to_the_gateway(value: bytes, expected: bytes | None) -> None:
    assert relocated(b"link", value, MOVE) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"5; url=http://up.test/v2/x", b"5; url=https://gw.test/x"),
        (b"5;URL='/v2/x?api_key=s'", b"5;URL='https://gw.test/x'"),
        (b'0 , Url = "http://up.test/v2/x" ; more', b'0 , Url = "https://gw.test/x" ; more'),
        (b"0.5 http://up.test/v2/x", b"0.5 https://gw.test/x"),
        (b"1,/v2/x", b"1,https://gw.test/x"),
        (b"url=http://up.test/v2/x", b"url=https://gw.test/x"),
        (b"5; url=x/y", b"5; url=x/y"),
        (b"5", b"5"),
        (b"5; url=http://up.test/admin", None),
        (b"5; url=/other", None),
    ],
)
def test_refresh_leads_to_the_gateway_however_it_is_written(value: bytes, expected: bytes | None) -> None:
    assert relocated(b"refresh", value, MOVE) == expected


@pytest.mark.parametrize(
    "name",
    [
        b"location", b"content-location", b"operation-location", b"azure-asyncoperation", b"sourcemap", b"x-sourcemap",
        b"x-next-url", b"x-self-href", b"x-resource-uri",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"http://up.test/v2/x?api_key=s", b"https://gw.test/x"),
        (b"/v2/x", b"https://gw.test/x"),
        (b"x?api_key=s", b"x"),
        (b"/other", None),
        (b"http://up.test", None),
    ],
)
def test_a_field_that_is_a_reference_leads_to_the_gateway_or_is_left_out(
    name: bytes, value: bytes, expected: bytes | None
) -> None:
    assert relocated(name, value, MOVE) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"http://up.test/v2/x", b"https://gw.test/x"),
        (b"/v2/x?page=2&api_key=s", b"https://gw.test/x?page=2"),
        (b"/other", b"/other"),
        (b"/v2/x and more", b"/v2/x and more"),
        (b"up.test", b"gw.test"),
        (b"text/html; charset=utf-8", b"text/html; charset=utf-8"),
        (b'W/"x//y"', b'W/"x//y"'),
        (b"http://up.test/admin", None),
    ],
)
def test_any_other_field_names_the_gateway_where_it_named_the_upstream(value: bytes, expected: bytes | None) -> None:
    assert relocated(b"x-anything", value, MOVE) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a=/v2/x; Path=/v2/; Domain=.up.test; Secure", b"a=/v2/x; Path=/; Secure"),
        (b"a=1; path=/v2/Pets;domain=example.com", b"a=1; path=/Pets;domain=example.com"),
        (b"a=1; Path=/; HttpOnly", b"a=1; Path=/; HttpOnly"),
    ],
)
def test_a_cookie_is_for_the_public_host_and_path(value: bytes, expected: bytes) -> None:
    assert relocated(b"set-cookie", value, MOVE) == expected


@given(
    st.sampled_from([b"link", b"refresh", b"location", b"set-cookie", b"x-any"]),
    st.lists(st.sampled_from([b"<", b">", b'"', b"\\", b";", b",", b"=", b" ", b"anchor", b"rel", b"a", b"'", b"?", b"/v2"])).map(
        b"".join
    ),
)  # fmt: skip
def test_no_value_is_too_odd(name: bytes, value: bytes) -> None:
    relocated(name, value, MOVE)
