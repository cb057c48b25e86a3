from typing import Any

import pytest

from plugin_gateway.config.auth import Auth, ClientToken, NoAuth, OAuthAuth, ServiceHttpAuth, UserHttpAuth
from plugin_gateway.config.illegible import ILLEGIBLE
from plugin_gateway.config.reader import MistakesError, read_as

FACADE = {"authorize": "https://p/a", "token": "https://p/t", "client_ids": ["c"], "chatgpt_ids": ["g-1"]}
TOKEN = {"name": "a", "value": "s"}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ({}, NoAuth),
        ({"type": "none"}, NoAuth),
        ({"type": "service_http", "tokens": [{"name": "a", "value": "s"}]}, ServiceHttpAuth),
        ({"type": "user_http", "passthrough": True}, UserHttpAuth),
        ({"type": "user_http", "verify": {"introspection": "https://h"}}, UserHttpAuth),
        (
            {"type": "oauth", "issuer": "https://h", "client_url": "https://h", "authorization_url": "https://h"},
            OAuthAuth,
        ),
        ({"type": "oauth", "verify": {"introspection": "https://h"}, "facade": FACADE}, OAuthAuth),
    ],
)
def test_the_type_says_which_other_keys_there_are(written: dict[str, Any], kind: type[Any]) -> None:
    assert type(read_as(Auth, written)) is kind


@pytest.mark.parametrize(
    "written",
    [
        "none",
        {"type": "oath"},
        {"type": ["none"]},
        {"type": "none", "tokens": []},
        {"type": "service_http"},
        {"type": "service_http", "tokens": []},
        {"type": "user_http"},
        {"type": "user_http", "passthrough": True, "verify": {"introspection": "https://h"}},
        {"type": "user_http", "passthrough": True, "documents": "authenticated"},
        {"type": "user_http", "verify": {"introspection": "https://h", "audience": ""}},
        {"type": "oauth", "facade": FACADE, "audience": "a", "verify": {"introspection": "https://h", "audience": "b"}},
        {"type": "service_http", "tokens": [TOKEN, TOKEN]},
        {"type": "user_http", "authorization_type": "basic", "verify": {"introspection": "https://h"}},
        {"type": "oauth", "facade": FACADE},
        {"type": "oauth", "issuer": "https://h"},
        {"type": "oauth", "issuer": "https://h", "client_url": "https://h"},
        {"type": "oauth", "issuer": "https://h", "facade": FACADE, "algorithms": ["none"]},
        {"type": "oauth", "issuer": "https://h", "facade": FACADE, "algorithms": ["HS256"]},
        {"type": "oauth", "issuer": "https://h", "facade": FACADE, "documents": "private"},
        {"type": "oauth", "issuer": "https://h", "facade": {**FACADE, "client_ids": []}},
        {"type": "oauth", "issuer": "https://h", "facade": {**FACADE, "chatgpt_ids": []}},
        {"type": "oauth", "issuer": "https://h", "facade": {**FACADE, "chatgpt_ids": ["g-"]}},
        {"type": "oauth", "issuer": "https://h", "facade": {**FACADE, "chatgpt_ids": ["g-1/../x"]}},
    ],
)
def test_a_setting_that_would_let_the_wrong_callers_in_is_a_mistake(written: dict[str, Any] | str) -> None:
    with pytest.raises(MistakesError):
        read_as(Auth, written)


@pytest.mark.parametrize("key", ["typ", "Type", "types"])
def test_a_misspelt_type_still_says_which_other_keys_there_are(key: str) -> None:
    with pytest.raises(MistakesError) as caught:
        read_as(Auth, {key: "service_http", "tokens": [{**TOKEN, "nam": 1}]})
    assert [pointer for pointer, _ in caught.value.found] == [(key,), ("tokens", 0, "nam")]


@pytest.mark.parametrize("kind", ["service-http", "Service_HTTP", "token"])
def test_the_other_keys_are_judged_although_the_type_is_not_valid(kind: str) -> None:
    with pytest.raises(MistakesError) as caught:
        read_as(Auth, {"type": kind, "tokens": [{**TOKEN, "nam": 1}]})
    assert [(*pointer, *mistake.at) for pointer, mistake in caught.value.found] == [("type",), ("tokens", 0, "nam")]


@pytest.mark.parametrize(("other", "found"), [({"tokens": 5}, [("type",), ("tokens",)]), ({}, [("type",)])])
def test_the_other_keys_are_judged_by_the_kind_that_has_them_if_the_type_is_illegible(
    other: dict[str, Any], found: list[tuple[str, ...]]
) -> None:
    with pytest.raises(MistakesError) as caught:
        read_as(Auth, {"type": ILLEGIBLE, **other})
    assert [(*pointer, *mistake.at) for pointer, mistake in caught.value.found] == found


def test_a_token_is_written_flat_or_with_its_source_below() -> None:
    assert ClientToken.parse({"name": "a", "value": "s"}) == ClientToken.parse({"name": "a", "token": {"value": "s"}})
