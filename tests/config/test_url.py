import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.url import parse_absolute_url, parse_host, parse_origin, parse_public_url, parse_upstream_url


def test_an_upstream_url_is_split_into_its_parts() -> None:
    url = parse_upstream_url("https://API.example.com:8443/v2/")
    assert (url.scheme, url.host, url.port, url.prefix, url.tls) == ("https", "api.example.com", 8443, "/v2", True)
    assert (url.authority, str(url)) == ("api.example.com:8443", "https://api.example.com:8443/v2")


def test_the_default_port_is_left_out_of_the_host_field() -> None:
    assert parse_upstream_url("http://[::1]:80").authority == "[::1]"


def test_an_upstream_may_be_a_unix_socket() -> None:
    assert parse_upstream_url("unix:/run/api.sock").socket == "/run/api.sock"
    assert parse_upstream_url("unix:///run/api.sock").socket == "/run/api.sock"
    assert str(parse_upstream_url("unix:/run/api.sock")) == "unix:/run/api.sock"


@pytest.mark.parametrize(
    "path", ["/../a", "/a/%2e%2E", "/a//b", "/a;b", "/a%2fb", "/a%5Cb", "/%00", "/a\\b", "/ä", "/%zz", "/."]
)
def test_an_upstream_prefix_has_one_reading(path: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_upstream_url(f"http://h{path}")
    assert caught.value.rule == "bad-url"


@pytest.mark.parametrize(
    "text",
    [
        "ftp://h",
        "h",
        "http://",
        "http://h?x=1",
        "http://h#f",
        "http://h:0",
        "http://h:",
        "http://h:99999",
        "http://a b",
        "http://h\n",
        "http://[zz]",
        "http://[::1",
        "http://[fe80::1%25eth0]",
        "http://256.1.1.1",
        "http://a..b",
        "https:/h",
        " http://h",
        "unix://run/api.sock",
        "unix:/run/api.sock:/v2",
        "unix:/run/",
        "unix:/run/a\npi.sock",
        "http://ä",
        3,
        None,
    ],
)
def test_a_text_that_is_not_an_upstream_url_is_a_mistake(text: int | str | None) -> None:
    with pytest.raises(Mistake):
        parse_upstream_url(text)


@pytest.mark.parametrize("text", ["https://me:hunter2@h", "https://me:hunter2/x@h", "https://hunter2@h:99999"])
def test_a_password_in_a_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_upstream_url(text)
    assert caught.value.rule == "secret-in-url"
    assert "hunter2" not in f"{caught.value.message}{caught.value.hint}{caught.value.got}"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://P.example.com/", "https://p.example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:1", "http://[::1]:1"),
        ("http://127.0.0.2:1", "http://127.0.0.2:1"),
        ("http://app.localhost:1", "http://app.localhost:1"),
        ("https://a:443", "https://a"),
        ("https://A/Plugin/", "https://a/Plugin"),
        ("https://a/x/~y-1_2.3", "https://a/x/~y-1_2.3"),
        ("http://localhost:80/plugin", "http://localhost/plugin"),
    ],
)
def test_a_public_url_is_kept_in_its_normal_form(text: str, url: str) -> None:
    assert parse_public_url(text) == url


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("http://example.com", "public-url-https"),
        ("http://127.0.0.1.evil.com", "public-url-https"),
        ("http://example.com/plugin", "public-url-https"),
        ("https://h//", "public-url"),
        ("https://h//plugin", "public-url"),
        ("https://h/plugin//", "public-url"),
        ("https://h/a//b", "public-url"),
        ("https://h/../plugin", "public-url"),
        ("https://h/plugin/.", "public-url"),
        ("https://h/.well-known/plugin", "public-url"),
        ("https://h/%70lugin", "public-url"),
        ("https://h/plugin;a", "public-url"),
        ("https://h/pl\u00fcgin", "public-url"),
        ("https://h/plugin/openapi.json", "public-url"),
        ("https://h?q", "bad-url"),
        ("https://u@h", "secret-in-url"),
    ],
)
def test_a_public_url_is_https_and_its_path_has_one_spelling(text: str, rule: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_public_url(text)
    assert caught.value.rule == rule


@pytest.mark.parametrize(("text", "origin"), [("*", "*"), ("https://chatgpt.com", "https://chatgpt.com")])
def test_an_origin_in_the_form_of_a_browser_is_accepted(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize("text", ["https://chatgpt.com/", "null", "chatgpt.com", "https://*.com", 1])
def test_a_text_that_no_browser_sends_is_not_an_origin(text: int | str) -> None:
    with pytest.raises(Mistake):
        parse_origin(text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Gateway.internal", "gateway.internal"),
        ("gateway:8080", "gateway:8080"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("[::1]:8080", "[::1]:8080"),
        ("[0:0::1]", "[::1]"),
    ],
)
def test_a_value_of_host_is_a_host_with_or_without_a_port(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("https://gateway.internal/mcp", "write gateway.internal"),
        ("gateway:x", "write HOST"),
        ("gateway:65536", "write HOST"),
        ("*.internal", "letters"),
        ("a b", "write HOST"),
        ("", "write HOST"),
        ("user@gateway", "write HOST"),
        (8080, "write HOST"),
    ],
)
def test_other_texts_are_no_host(text: int | str, hint: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_host(text)
    assert hint in caught.value.hint


def test_an_absolute_url_may_have_a_query() -> None:
    assert parse_absolute_url("https://h/x?y=1#z") == "https://h/x?y=1#z"


@given(st.text())
def test_no_text_raises_anything_but_a_mistake(text: str) -> None:
    for parse in (parse_upstream_url, parse_public_url, parse_origin, parse_absolute_url):
        for candidate in (text, f"http://{text}", f"unix:{text}"):
            try:
                parse(candidate)
            except Mistake:
                continue
