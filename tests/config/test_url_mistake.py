import pytest

from plugin_gateway.config.url_mistake import find_host_mistake, find_url_mistake

HTTP = ("http", "https")
PORT = "is not between 1 and 65535"


@pytest.mark.parametrize(
    "text",
    [
        "https://api.test",
        "HTTPS://API.test/v1",
        "http://api:8080/",
        "http://[::1]:8080",
        "http://[::1]",
        "https://api.test/users/@me",
        "https://api.test:443/users/@me",
        "https://api.test/v1?next=http://b.test",
    ],
)
def test_a_url_has_no_mistake(text: str) -> None:
    assert find_url_mistake(text, schemes=HTTP) is None


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("https://api.test ", "white space around the URL", "write https://api.test"),
        ("https://api.test\n", "white space around the URL", "write https://api.test"),
        ("https:/api.test/v1", "`://` after the scheme", "write https://api.test/v1"),
        ("https:api.test", "`://` after the scheme", "write https://api.test"),
        ("http//api.test", "`://` after the scheme", "write http://api.test"),
        ("htps://api.test", "scheme `htps` is not supported", "did you mean `https`?"),
        ("ws://api.test", "scheme `ws` is not supported", "write https://… or http://…"),
        ("api.test", "not a URL with a scheme", "did you mean `https://api.test`?"),
        ("//api.test/v1", "not a URL with a scheme", "did you mean `https://api.test/v1`?"),
        ("localhost:8080", "not a URL with a scheme", "did you mean `http://localhost:8080`?"),
        ("api:8080/v1", "not a URL with a scheme", "did you mean `http://api:8080/v1`?"),
        ("127.0.0.1", "not a URL with a scheme", "did you mean `http://127.0.0.1`?"),
        ("/v1", "not a URL with a scheme", "write https://… or http://…"),
        ("https://https://api.test", "two schemes", "write https://api.test"),
        ("https://", "the host is missing", ""),
        ("https:///v1", "the host is missing", ""),
        ("https://::1", "needs brackets", "write https://[::1]"),
        ("http://::1:8080/v1", "needs brackets", "write http://[::1]:8080"),
        ("http://fe80::2", "needs brackets", "write http://[fe80::2]"),
        ("https://api.test:99999", f"the port 99999 {PORT}", ""),
        ("https://[::1]:99999", f"the port 99999 {PORT}", ""),
        ("https://api.test:-1", f"the port -1 {PORT}", ""),
        ("https://api.test:0", f"the port 0 {PORT}", ""),
        ("https://api.test:80a/v1", f"the port 80a {PORT}", ""),
        ("https://api.test:", "the port is missing", ""),
        ("https://a.test,https://b.test", "only one address", ""),
        ("https://${HOST}/v1", "variables are not expanded", "PLUGIN_GATEWAY__UPSTREAM__URL"),
        ("$UPSTREAM", "variables are not expanded", "PLUGIN_GATEWAY__UPSTREAM__URL"),
        ("https://{tenant}.corp.test", "`{tenant}` is a placeholder", "replace it with its value"),
        ("https://api.test/<version>", "`<version>` is a placeholder", "replace it with its value"),
        ("https://api test", "a space, quote, backslash", ""),
        ("https://api.test\\v1", "a space, quote, backslash", ""),
        ("'https://api.test'", "a space, quote, backslash", ""),
        ("https://a\u200bpi.test", "invisible", ""),
        ("", "not a URL", "write https://… or http://…"),
        (None, "not a URL", "write https://… or http://…"),
    ],
)
def test_a_bad_url_is_reported_with_a_reason_and_a_hint(text: str | None, message: str, hint: str) -> None:
    found = find_url_mistake(text, schemes=HTTP)
    assert found is not None
    assert found.rule == "bad-url"
    assert message in found.message
    assert found.hint.startswith(hint) or hint in found.hint


@pytest.mark.parametrize(
    "text",
    [
        "https://me:hunter2@api.test",
        "https://hunter2@api.test",
        "https://me:p@hunter2@api.test",
        "https://me:hun/ter2@api.test",
        "https://me:hun?ter2@api.test",
        "https://me:#hunter2@api.test",
        "https://me:hun ter2@api.test",
        " https://me:hunter2@api.test",
    ],
)
def test_a_password_is_not_repeated_in_any_mistake(text: str) -> None:
    found = find_url_mistake(text, schemes=HTTP)
    assert found is not None
    assert found.rule == "secret-in-url"
    assert "ter2" not in f"{found.message}{found.hint}{found.got}"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("api.test", ""),
        ("api.test.", ""),
        ("api", ""),
        ("10.0.0.1", ""),
        ("api..test", "is empty"),
        ("256.1.1.1", "IPv4"),
        ("1.2.3", "IPv4"),
        ("0x7f.1", "IPv4"),
        ("127.1", "IPv4"),
        ("api.1", "IPv4"),
        ("1a.test", ""),
    ],
)
def test_a_host_is_a_name_or_a_whole_address(host: str, why: str) -> None:
    assert (why in find_host_mistake(host)) if why else not find_host_mistake(host)
