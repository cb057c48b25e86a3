"""Where URI references to the upstream lead for clients."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.relocation import OwnNames, Relocation
from plugin_gateway.revision import UpstreamSettings


def relocation(
    public_url: str = "https://gw.test", query_names: tuple[bytes, ...] = (b"api_key",), **changes: Any
) -> Relocation:
    options: dict[str, Any] = {"host": "up", "port": 80, "authority": b"up.test", "prefix": b"/v2"} | changes
    return Relocation(UpstreamSettings(**options), public_url, query_names)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (b"http://up.test/v2/pets/1?a=b#c", b"https://gw.test/pets/1?a=b#c"),
        (b"HTTP://UP.TEST/v2/pets", b"https://gw.test/pets"),
        (b"http://up.test:80/v2", b"https://gw.test"),
        (b"http://up.test:/v2?x", b"https://gw.test?x"),
        (b"http://up.test./v2/x", b"https://gw.test/x"),
        (b"//up.test/v2/x", b"https://gw.test/x"),
        (b"http://me:secret@up.test/v2/x", b"https://gw.test/x"),
        # An origin behind a proxy that ends TLS does not know its own scheme.
        (b"https://up.test/v2/x", b"https://gw.test/x"),
        (b"wss://up.test/v2/x", b"wss://gw.test/x"),
        (b"/v2/pets", b"https://gw.test/pets"),
        (b"/v2", b"https://gw.test"),
        (b"pets/1", b"pets/1"),
        (b"?page=2", b"?page=2"),
        (b"", b""),
        (b"mailto:up@up.test", b"mailto:up@up.test"),
        # Not below the base path.
        (b"http://up.test", None),
        (b"http://up.test/", None),
        (b"http://up.test/admin", None),
        (b"http://up.test/v22/x", None),
        (b"http://up.test/v2/../admin", None),
        (b"http://up.test/v2/a/%2E%2e/.%2e/admin", None),
        (b"http://up.test/v2/a/../b", b"https://gw.test/a/../b"),
        (b"http://up.test/v2/./b?../..", b"https://gw.test/./b?../.."),
        (b"/other", None),
        (b"/v22/x", None),
        # Other hosts.
        (b"http://up.test.evil/v2/x", b"http://up.test.evil/v2/x"),
        (b"http://up.test@evil/v2/x", b"http://up.test@evil/v2/x"),
        (b"http://up.test:8080/v2/x", b"http://up.test:8080/v2/x"),
        (b"http://up.test:8/v2/x", b"http://up.test:8/v2/x"),
        (b"http://my.up.test/v2/x", b"http://my.up.test/v2/x"),
        (b"https://elsewhere/v2/x?api_key=theirs", b"https://elsewhere/v2/x?api_key=theirs"),
        (b"//elsewhere/v2/x", b"//elsewhere/v2/x"),
        # The injected pair goes, name and value.
        (b"http://up.test/v2/x?page=2&api_key=s3cret", b"https://gw.test/x?page=2"),
        (b"http://up.test/v2/x?api_key=s3cret&page=2#f", b"https://gw.test/x?page=2#f"),
        (b"http://up.test/v2/x?api_key=s3cret", b"https://gw.test/x"),
        (b"http://up.test/v2/x?api_key=1&api_key=2&a=1;api_key=3&b", b"https://gw.test/x?a=1&b"),
        (b"http://up.test/v2/x?API%5fKey=s3cret&a", b"https://gw.test/x?a"),
        (b"http://up.test/v2/x?a=1&amp;api_key=s3cret&amp;b=2", b"https://gw.test/x?a=1&amp;b=2"),
        (b"http://up.test/v2/x?my_api_key=1", b"https://gw.test/x?my_api_key=1"),
        (b"?page=2&api_key=s3cret", b"?page=2"),
        (b"items?api_key=s3cret#f", b"items#f"),
    ],
)  # fmt: skip
def test_a_reference_to_the_upstream_leads_to_the_gateway_or_nowhere(reference: bytes, expected: bytes | None) -> None:
    assert relocation().point(reference) == expected


@pytest.mark.parametrize(
    ("authority", "reference"),
    [
        (b"up.test:443", b"https://up.test/x"),
        (b"up.test", b"https://up.test:443/x"),
        (b"[::1]:8443", b"https://[::1]:8443/x"),
        (b"localhost", b"http://localhost/x"),
    ],
)
def test_a_default_port_may_be_written_or_not(authority: bytes, reference: bytes) -> None:
    assert relocation(authority=authority, tls=True, prefix=b"").point(reference) == b"https://gw.test/x"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [(b"/x?a=1", b"/x?a=1"), (b"/x?api_key=1", b"/x"), (b"http://up.test", b"https://gw.test"), (b"/../x", b"/../x")],
)
def test_without_a_base_path_an_absolute_path_is_the_same_for_clients(reference: bytes, expected: bytes) -> None:
    assert relocation(prefix=b"").point(reference) == expected


@pytest.mark.parametrize(
    ("prefix", "reference", "expected"),
    [
        (b"/v2", b"https://gw.test/v2/x?api_key=1", b"https://gw.test/x"),
        (b"/v2", b"http://gw.test/v2/x", b"https://gw.test/x"),
        (b"/v2", b"https://gw.test/x", b"https://gw.test/x"),
        (b"", b"http://gw.test/x", b"https://gw.test/x"),
    ],
)
def test_an_upstream_that_knows_its_public_origin_still_writes_its_own_path(
    prefix: bytes, reference: bytes, expected: bytes
) -> None:
    assert relocation(prefix=prefix, host_field=b"gw.test").point(reference) == expected
    # One that is not told writes the public URL from its own settings, so it leads to the gateway as it is.
    assert relocation(prefix=prefix).point(reference) == reference.partition(b"?api_key")[0]


MOUNTED = "https://gw.test/plugin"
TOLD = {"forwarded": b"X-Forwarded-Host: gw.test\r\nX-Forwarded-Prefix: /plugin\r\n"}


@pytest.mark.parametrize(
    ("options", "reference", "expected"),
    [
        ({}, b"http://up.test/v2/pets", b"https://gw.test/plugin/pets"),
        ({}, b"/v2/pets?api_key=1", b"https://gw.test/plugin/pets"),
        ({}, b"/other", None),
        ({}, b"/plugin/pets", None),
        # Without a base path too, the root of the upstream is not that of the public host.
        ({"prefix": b""}, b"/pets", b"https://gw.test/plugin/pets"),
        ({"prefix": b""}, b"/plugin/pets", b"https://gw.test/plugin/plugin/pets"),
        ({"prefix": b""}, b"pets/1", b"pets/1"),
        # An upstream that knows the path of the gateway writes it, before its own base path or instead of it.
        (TOLD, b"https://gw.test/plugin/v2/pets", b"https://gw.test/plugin/pets"),
        (TOLD, b"https://gw.test/plugin/pets?api_key=1", b"https://gw.test/plugin/pets"),
        (TOLD, b"https://gw.test/v2/pets", b"https://gw.test/plugin/pets"),
        (TOLD, b"https://gw.test/docs", b"https://gw.test/docs"),
        (TOLD, b"https://gw.test/plugin/../v2/pets", b"https://gw.test/plugin/../v2/pets"),
        (TOLD, b"/plugin/v2/pets", b"https://gw.test/plugin/pets"),
        (TOLD, b"/plugin/pets", b"/plugin/pets"),
        (TOLD, b"/docs", None),
        (TOLD | {"prefix": b""}, b"/plugin/pets", b"https://gw.test/plugin/pets"),
    ],
)
def test_the_path_of_the_gateway_comes_before_the_rest(
    options: dict[str, Any], reference: bytes, expected: bytes | None
) -> None:
    assert relocation(MOUNTED, **options).point(reference) == expected


SHARED: dict[str, Any] = {"authority": b"gw.test", "tls": True}


@pytest.mark.parametrize(
    ("public_url", "prefix", "reference", "expected"),
    [
        (MOUNTED, b"/v2", b"https://gw.test/v2/pets", b"https://gw.test/plugin/pets"),
        (MOUNTED, b"", b"https://gw.test/pets?api_key=1", b"https://gw.test/plugin/pets"),
        ("https://gw.test/v2/plugin", b"/v2", b"https://gw.test/v2/pets", b"https://gw.test/v2/plugin/pets"),
        (MOUNTED, b"/v2", b"https://gw.test/docs", None),
        # These lead to the gateway already.
        (MOUNTED, b"", b"http://me:secret@gw.test/plugin/pets?api_key=1", b"https://gw.test/plugin/pets"),
        ("https://gw.test", b"/v2", b"https://gw.test/pets", b"https://gw.test/pets"),
        ("https://gw.test", b"/v2", b"https://gw.test/v2/pets", b"https://gw.test/pets"),
    ],
)
def test_on_the_host_of_the_api_a_reference_moves_once(
    public_url: str, prefix: bytes, reference: bytes, expected: bytes | None
) -> None:
    moved = relocation(public_url, prefix=prefix, **SHARED)

    assert moved.point(reference) == expected
    if expected is not None:
        assert moved.point(expected) == moved.text(expected) == expected
        assert moved.text(b"see " + reference + b" and gw.test") == b"see " + expected + b" and gw.test"


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ({}, b"/v2/a", b"/plugin/a"),
        ({}, b"/v2", b"/plugin/"),
        ({}, b"/", b"/plugin/"),
        ({"prefix": b""}, b"/", b"/plugin/"),
        ({"prefix": b""}, b"/a", b"/plugin/a"),
        (TOLD, b"/plugin/v2", b"/plugin/v2"),
    ],
)
def test_a_cookie_of_a_gateway_below_a_path_goes_to_no_other_path_of_the_host(
    options: dict[str, Any], path: bytes, expected: bytes
) -> None:
    assert relocation(MOUNTED, **options).path(path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"see http://up.test/v2/x, and (http://up.test/v2).", b"see https://gw.test/x, and (https://gw.test)."),
        (b"http://up.test/v2/a,http://up.test/v2/b?api_key=1", b"https://gw.test/a,https://gw.test/b"),
        (b'{"next":"http:\\/\\/up.test\\/v2\\/x?api_key=1"}', b'{"next":"https:\\/\\/gw.test\\/x"}'),
        (
            b"https://idp/?to=http%3A%2F%2Fup.test%2Fv2%2Fx%3Fapi_key%3D1%26a%3D2&z=http%3a%2f%2fup.test%3a80%2Fv2",
            b"https://idp/?to=https%3A%2F%2Fgw.test%2Fx%3Fa%3D2&z=https%3A%2F%2Fgw.test",
        ),
        (b"default-src 'self' http://up.test; report-uri http://up.test/v2/r", b"default-src 'self' https://gw.test; report-uri https://gw.test/r"),
        (b"up.test", b"gw.test"),
        (b"UP.TEST:80, hit from up.test.", b"gw.test, hit from gw.test"),
        (b"1.up.test up.test.evil ops@up.test up.test:8080", b"1.up.test up.test.evil ops@up.test up.test:8080"),
        (b"http://up.test/v2 then http://up.test/admin", None),
        (b"https://idp/?to=http%3A%2F%2Fup.test%2Fadmin", None),
        (b"nothing of it", b"nothing of it"),
    ],
)  # fmt: skip
def test_text_names_the_gateway_where_it_named_the_upstream(text: bytes, expected: bytes | None) -> None:
    assert relocation().text(text) == expected


def test_a_word_that_equals_the_hosts_name_is_not_an_address() -> None:
    assert relocation(authority=b"api", prefix=b"").text(b"the api at http://api/x") == b"the api at https://gw.test/x"


@given(
    st.lists(
        st.sampled_from([
            b"http://up.test:8080", b"//up.test:8080", b"/v2", b"/x", b"?", b"&", b"api_key=1", b" ", b",", b'"', b"<", b">", b";",
            b"http:\\/\\/up.test:8080\\/v2", b"http%3A%2F%2Fup.test%3A8080", b"%2Fv2", b"up.test:8080", b"UP.Test:8080", b"'", b"#", b"..", b"a", b"@",
        ]),
        max_size=12,
    ).map(b"".join)
)  # fmt: skip
def test_no_text_names_the_upstream_afterwards(text: bytes) -> None:
    moved = relocation(authority=b"up.test:8080").text(text)
    if moved is not None:
        for spelling in (b"//up.test:8080/", b"//up.test:8080 ", b"\\/up.test:8080\\/", b"%2fup.test%3a8080%2f"):
            assert spelling not in moved.lower()


@given(st.binary(max_size=80))
def test_text_without_the_upstream_stays_byte_for_byte(text: bytes) -> None:
    assert relocation(query_names=()).text(text) == text


def test_the_path_and_the_host_of_a_cookie_are_relocated() -> None:
    moved = relocation()
    assert [moved.path(path) for path in (b"/v2/a", b"/v2", b"/", b"/other")] == [b"/a", b"/", b"/", b"/other"]
    assert [moved.is_host(name) for name in (b"Up.test", b"test", b"gw.test")] == [True, False, False]


OWN = OwnNames("/orders/{id}", ((b"pageToken", b"page_token"),))


@pytest.mark.parametrize(
    ("reference", "pointed"),
    [
        (b"https://api.test/v1/orders/7?pageToken=a&x=1", b"https://gw.test/orders/7?page_token=a&x=1"),
        (b"/v1/orders/7/?page%54oken=a", b"https://gw.test/orders/7/?page_token=a"),
        (b"?pageToken=a&account=4711", b"?page_token=a"),
        (b"7?pageToken=a", b"7?page_token=a"),
        (b"orders/7?pageToken=a", b"orders/7?page_token=a"),
        (b"other/7?pageToken=a", b"other/7?pageToken=a"),
        (b"7/lines?pageToken=a", b"7/lines?pageToken=a"),
        (b"https://api.test/v1/other?pageToken=a", b"https://gw.test/other?pageToken=a"),
        (b"https://api.test/v1/other?account=4711&Account=2", b"https://gw.test/other"),
        (b"https://elsewhere.test/orders/7?pageToken=a", b"https://elsewhere.test/orders/7?pageToken=a"),
    ],
)
def test_a_reference_to_the_operation_has_the_names_that_its_clients_use(reference: bytes, pointed: bytes) -> None:
    upstream = UpstreamSettings(host="api.test", port=443, authority=b"api.test", prefix=b"/v1")
    relocation = Relocation(upstream, "https://gw.test", [b"account"], OWN)
    assert relocation.point(reference) == pointed
