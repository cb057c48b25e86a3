from typing import Any

import pytest

from plugin_gateway.config.misplaced import moved


@pytest.mark.parametrize(
    ("written", "meant", "at", "home"),
    [
        ({"url": "u"}, {"upstream": {"url": "u"}}, ("url",), ("upstream", "url")),
        ({"upstream": None, "url": "u"}, {"upstream": {"url": "u"}}, ("url",), ("upstream", "url")),
        ({"upstream": {"allow": []}}, {"upstream": {}, "allow": []}, ("upstream", "allow"), ("allow",)),
        ({"rate": "1/s"}, {"limits": {"rate": "1/s"}}, ("rate",), ("limits", "rate")),
        ({"rate_limit": "1/s"}, {"limits": {"rate": "1/s"}}, ("rate_limit",), ("limits", "rate")),
        ({"log_level": "info"}, {"log": {"level": "info"}}, ("log_level",), ("log", "level")),
        ({"public.url": "u"}, {"public": {"url": "u"}}, ("public.url",), ("public", "url")),
        ({"operations": {"allow": []}}, {"allow": []}, ("operations", "allow"), ("allow",)),
        ({"server": {"listen": ":1"}, "allow": []}, {"allow": [], "listen": ":1"}, ("server", "listen"), ("listen",)),
        ({"upstream": None, "\xa0\xa0url": "u"}, {"upstream": {"url": "u"}}, ("\xa0\xa0url",), ("upstream", "url")),
        ({"limits": {"tls": {}}}, {"limits": {}, "upstream": {"tls": {}}}, ("limits", "tls"), ("upstream", "tls")),
    ],
)
def test_a_key_in_the_wrong_mapping_is_moved_to_where_it_belongs(
    written: dict[str, Any], meant: dict[str, Any], at: tuple[str, ...], home: tuple[str, ...]
) -> None:
    found = moved(written)
    assert found.value == meant
    assert found.written_at == {home: at}
    assert [(pointer, mistake.rule) for pointer, mistake in found.mistakes] == [(at, "unknown-key")]


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (
            {"operations": {"allow": []}},
            "`allow` does not belong under `operations`",
            "remove `operations:`, and begin the line with `allow`, without indentation",
        ),
        (
            {"upstream": {"allow": []}},
            "`allow` does not belong under `upstream`",
            "begin the line with `allow`, without indentation",
        ),
        (
            {"\xa0url": "u"},
            "`url` is indented with U+00A0, which YAML does not read as a space",
            "indent it below `upstream:` with spaces",
        ),
    ],
)
def test_the_hint_says_how_to_move_the_key(written: dict[str, Any], message: str, hint: str) -> None:
    ((_, mistake),) = moved(written).mistakes
    assert (mistake.message, mistake.hint) == (message, hint)


@pytest.mark.parametrize(
    "written",
    [
        {"upstream": {"url": "u"}, "url": "v"},
        {"operations": {"allow": [], "surprise": 1}},
        {"operations": {}},
        {"allow": [], "upstream": {"allow": []}},
        {"upstream": [], "url": "u"},
        {"upstraem": {"url": "u"}},
        {"surprise": 1},
        {"openapi": "x", "upstream": {"url": "u", "credental": {}}},
    ],
)
def test_nothing_is_moved_where_the_place_is_taken_or_the_key_is_only_misspelt(written: dict[str, Any]) -> None:
    assert moved(written).value == written


@pytest.mark.parametrize("written", [None, 5, "x", [], [{"url": "u"}]])
def test_a_value_that_is_not_a_mapping_stays_unchanged(written: Any) -> None:
    assert moved(written).value == written
