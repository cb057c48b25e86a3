import pytest

from plugin_gateway.config.secrecy import masked_unparsed, may_be_secret, without_url_secrets


@pytest.mark.parametrize(
    ("pointer", "secret"),
    [
        (("upstream", "credential", "value", "value"), True),
        (("upstream", "credential", "value"), True),
        (("upstream", "credential", "headr"), True),
        (("upstream", "credential", "header"), False),
        (("upstream", "credential", 0, "value", "env"), False),
        (("upstream", "api_key"), True),
        (("upstram", "bearer"), True),
        (("openapi", "headers", "X-Docs"), True),
        (("upstream", "tls", "key"), False),
        (("upstream", "url"), False),
        (("allow", 0), False),
        ((), False),
        (("manifest", "name_for_human"), False),
        (("limits", "redis", "value"), True),
        (("auth", "tokens", 0, "value"), True),
        (("auth", "type"), False),
    ],
)
def test_the_keys_on_the_way_say_whether_a_secret_may_stand_here(pointer, secret):
    assert may_be_secret(pointer) is secret


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://me:pw@host/x", "https://*****@host/x"),
        ("https://host/x?token=abc, y", "https://host/x?*********, y"),
        ("https://host/x", "https://host/x"),
    ],
)
def test_the_secret_parts_of_a_url_become_asterisks_of_the_same_length(text, masked):
    assert without_url_secrets(text) == masked
    assert len(text) == len(masked)


def test_a_line_that_cannot_be_parsed_shows_nothing_after_a_secret_key():
    lines = [
        "upstream:",
        "  credential:",
        "    header: X",
        "    value:",
        '      value: "topsecret',
        "listen: :80",
        'api_key: "x',
    ]
    shown = [masked_unparsed(lines, index) for index in range(len(lines))]
    assert "topsecret" not in "".join(shown)
    assert shown[0] == "upstream:"
    assert shown[5] == "listen: :80"
    assert shown[6] == "api_key: **"
