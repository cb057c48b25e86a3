from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.secrecy import (
    masked_unparsed,
    may_be_secret,
    without_comment_secrets,
    without_url_secrets,
)


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
def test_the_keys_on_the_way_say_whether_a_secret_may_stand_here(pointer: tuple[Any, ...], secret: bool) -> None:
    assert may_be_secret(pointer) is secret


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://me:pw@host/x", "https://*****@host/x"),
        ("https://host/x?token=abc, y", "https://host/x?*********, y"),
        ("https://host/x", "https://host/x"),
    ],
)
def test_the_secret_parts_of_a_url_become_asterisks_of_the_same_length(text: str, masked: str) -> None:
    assert without_url_secrets(text) == masked
    assert len(text) == len(masked)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@h",
        "https://hunter2@h",
        "https://me:hun/ter2@h",
        "https://me:hun?ter2@h",
        "https://me:hun ter2@h",
        "https://me:12/ter2@h",
        "https://me:p@ter2@h/v1",
        "https://:ter2@h",
    ],
)
@pytest.mark.parametrize("line", ["url: {}", 'upstream: {{url: "{}", connections: 2}}', "{}"])
def test_a_password_of_any_characters_is_masked_in_a_url(line: str, url: str) -> None:
    shown = without_url_secrets(line.format(url))
    assert "ter2" not in shown
    assert "@h" in shown


@pytest.mark.parametrize(
    "line",
    [
        "allow: [GET /users/@me]",
        "url: https://api.test:8443/v1",
        "url: https://api.test/users/@me",
        "{url: https://api.test:8443, contact_email: me@api.test}",
        "cors: [https://a.test, https://b.test:8443]",
    ],
)
def test_text_in_a_url_that_is_not_a_password_is_shown(line: str) -> None:
    assert without_url_secrets(line) == line


def test_a_line_that_cannot_be_parsed_shows_nothing_after_a_secret_key() -> None:
    lines = [
        "upstream:",
        "  credential:",
        "    header: X",
        "    value:",
        '      value: "topsecret',
        "listen: :80",
        'api_key: "x',
    ]
    shown = masked_unparsed(lines)
    assert "topsecret" not in "".join(shown)
    assert shown[0] == "upstream:"
    assert shown[5] == "listen: :80"
    assert shown[6] == "api_key: **"


TEXTS = st.lists(
    st.tuples(
        st.sampled_from(["", "  ", "    ", "- ", "\t"]), st.sampled_from(["", "a", "b: 1", "token: t", "key:", "# x"])
    )
)


def is_below_a_secret(lines: list[str], index: int) -> bool:
    def indent(line: str) -> int:
        return len(line) - len(line.lstrip(" \t-"))

    above = [line for line in lines[:index] if line.strip() and indent(line) < indent(lines[index])]
    if not above:
        return False
    parent = max(number for number in range(index) if lines[number] is above[-1])
    return "token" in above[-1] or "key" in above[-1] or is_below_a_secret(lines, parent)


@given(TEXTS)
def test_every_line_below_a_secret_key_is_masked_whole(parts: list[tuple[str, str]]) -> None:
    lines = [indent + rest for indent, rest in parts]
    masked = masked_unparsed(lines)

    for index, line in enumerate(lines):
        if line.strip() and is_below_a_secret(lines, index):
            assert masked[index] == "".join(one if one.isspace() else "*" for one in line)
        else:
            assert [masked[index]] == masked_unparsed([line])


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("  # value: s3cret", "  # value: ******"),
        ("#bearer: {value: s3cret}", "#bearer: {value: *******"),
        ("## - token: 's3cret' # old", "## - token: ******** * ***"),
        ("# credential: {bearer: {env: API_KEY}}", "# credential: {bearer: {env: API_KEY}}"),
        ("# the token: ask Ann", "# the token: ask Ann"),
        ("# rate: 10/s", "# rate: 10/s"),
        ("value: s3cret # it is a value", "value: s3cret # it is a value"),
    ],
)
def test_a_secret_that_is_turned_off_by_a_comment_is_masked(line: str, masked: str) -> None:
    assert without_comment_secrets(line) == masked
