import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config import fields
from plugin_gateway.config.header_names import fold_header, is_cookie_name, is_framing, is_never_forwarded
from plugin_gateway.config.reader import MistakesError, read_as
from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.revision import UpstreamSettings

NEVER = [
    "Host", "Connection", "Transfer-Encoding", "TE", "Expect", "HTTP2-Settings", "Proxy-Connection", "Authorization",
    "Cookie", "Proxy-Authorization", "Proxy", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Tunneled-Method", "X-Original-URL",
    "X-Rewrite-URL", "Forwarded", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Anything", "Via", "X-Real-IP", "True-Client-IP",
    "CF-Connecting-IP", "X-Scheme", "X-Url-Scheme", "Front-End-Https", "X-Accel-Redirect", "X-Envoy-Original-Path",
]  # fmt: skip
MAYBE = ["X-Tenant", "Accept", "X-Request-Source", "X-Original-Filename", "Hosting", "Proximity", "X-Reality"]
TOKENS = st.text("abcxyzABC019-_.!~", min_size=1, max_size=12)


def may_be_configured(name: str) -> bool:
    try:
        read_as(fields.ForwardedHeader, name)
    except MistakesError:
        return False
    return True


def goes_up(name: str) -> bool:
    rule = OperationRule(method="GET", path_template="/p", operation_id="p")
    wanted = frozenset({name.lower().encode()})
    upstream = UpstreamSettings(host="up", port=80, authority=b"up.test", prefix=b"", forward_headers=wanted)
    request = read_request_fields(b"Host: gw.test\r\n" + name.encode() + b": mine\r\n", 1)
    return b"mine" in Uplink(rule, upstream, Injection()).after_target(request)


@pytest.mark.parametrize("name", NEVER)
def test_a_field_that_is_never_forwarded_is_recognised_in_any_spelling(name: str) -> None:
    for spelling in (name, name.lower(), name.upper(), name.replace("-", "_")):
        assert is_never_forwarded(spelling.encode())
        assert not may_be_configured(spelling)


@pytest.mark.parametrize("name", MAYBE)
def test_other_fields_go_up_where_the_config_names_them(name: str) -> None:
    assert not is_never_forwarded(name.encode())
    assert may_be_configured(name)
    assert goes_up(name)


@given(TOKENS | st.sampled_from([name for name in NEVER if not is_framing(name.encode())]))
def test_the_config_takes_just_the_names_that_the_proxy_forwards(name: str) -> None:
    assert may_be_configured(name) == goes_up(name)


def test_framing_is_of_one_message_and_never_configured() -> None:
    assert is_framing(b"Content_Length")
    assert not is_framing(b"X-Forwarded-For")


def test_spellings_that_some_origin_takes_for_one_name_are_one() -> None:
    assert fold_header(b"X_Api-KEY") == fold_header(b"x.api~key") == fold_header(b"XApiKey") == b"xapikey"


@pytest.mark.parametrize(
    ("name", "is_one"), [("sid", True), ("a$b", True), ("$Path", False), ("a b", False), ("", False)]
)
def test_a_cookie_that_some_parser_takes_for_an_attribute_has_no_legal_name(name: str, is_one: bool) -> None:
    assert is_cookie_name(name.encode()) is is_one
    try:
        read_as(fields.CookieName, name)
    except MistakesError:
        assert not is_one
