from typing import Any

import pytest

from plugin_gateway.config import fields
from plugin_gateway.config.fields import OverrideText, is_url
from plugin_gateway.config.reader import MistakesError, read_as


def rule_of(kind: Any, value: Any) -> str:
    with pytest.raises(MistakesError) as caught:
        read_as(kind, value)
    [(_, mistake)] = caught.value.found
    return mistake.rule


@pytest.mark.parametrize(
    "name", ["Host", "Content-Length", "transfer-encoding", "Connection", "TE", "Cookie", "a b", "", "a:b", "ä", 3]
)
def test_a_key_never_goes_into_a_header_that_frames_or_routes(name: int | str) -> None:
    assert rule_of(fields.InjectedHeader, name) == "bad-header-name"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "COOKIE",
        "X-Forwarded-For",
        "X_Forwarded_For",
        "X-Original-URL",
        "X-HTTP-Method-Override",
        "Host",
        "Upgrade",
        "Forwarded",
    ],
)
def test_a_header_that_frames_routes_or_authenticates_is_never_forwarded(name: str) -> None:
    assert rule_of(fields.ForwardedHeader, name) == "bad-header-name"


@pytest.mark.parametrize("name", ["X-Request-Source", "x-tenant", "Accept"])
def test_other_headers_may_be_forwarded(name: str) -> None:
    assert read_as(fields.ForwardedHeader, name) == name


@pytest.mark.parametrize(
    ("kind", "value"),
    [("Count", True), ("Count", "5"), ("Count", 0), ("Flag", 1), ("Flag", "true")],
)
def test_a_value_of_another_type_is_not_converted(kind: str, value: int | str) -> None:
    rule_of(getattr(fields, kind), value)


@pytest.mark.parametrize("value", ["ten", "50", True, None, [1], float("nan"), float("inf")])
def test_a_value_that_is_not_a_number_is_one_mistake(value: object) -> None:
    assert rule_of(fields.Number, value) == "wrong-type"


@pytest.mark.parametrize("value", [0, -5, 2.5, 10**30])
def test_a_number_may_have_a_fraction(value: float) -> None:
    assert read_as(fields.Number, value) == value


def test_text_of_an_override_is_read_as_the_type_of_its_field() -> None:
    assert read_as(fields.Count, OverrideText("5")) == 5
    assert read_as(fields.Flag, OverrideText("TRUE")) is True
    rule_of(fields.Flag, OverrideText("maybe"))


def test_a_secret_is_never_plain_text() -> None:
    assert rule_of(fields.SecretValue, "plain") == "secret-source"


def test_the_name_of_a_header_has_no_wildcard() -> None:
    assert rule_of(fields.ForwardedHeader, "X-*") == "bad-header-name"


@pytest.mark.parametrize(
    ("source", "url"),
    [("https://h/x", True), ("http://h", True), ("./a.json", False), ("C:/x", False), ("/a://b", False)],
)
def test_a_url_is_distinguished_from_a_file(source: str, url: bool) -> None:
    assert is_url(source) is url
