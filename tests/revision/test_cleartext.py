from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.revision.cleartext import find_secrets_in_clear
from tests.narrow import present

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = {"env": "KEY"}
BEARER = {"bearer": KEY}
CLEAR, SAFE = "http://idp.example/t", "https://idp.example/t"


def oauth2(url: str) -> dict[str, dict[str, Any]]:
    return {"oauth2": {"token_url": url, "client_id": "me", "client_secret": KEY}}


def found(
    upstream: dict[str, Any], *, redis: str = "", allow: Sequence[Any] = ("listPets",), **more: dict[str, Any]
) -> list[Any]:
    config = {"openapi": "x", "upstream": upstream, "allow": list(allow)} | more
    environ = {"KEY": "sekret-7f3a9c", "REDIS": redis}
    loaded = load_text(json.dumps(config), path=None, environ=environ)
    findings = list(find_secrets_in_clear(loaded.config))
    assert all((one.rule, one.severity) == ("secret-in-clear", "warning") for one in findings)
    assert "sekret" not in str(findings)
    assert all(loaded.locate(present(one.pointer)).line for one in findings)
    return [one.pointer for one in findings]


URL = ("upstream", "url")


@pytest.mark.parametrize(
    ("upstream", "pointers"),
    [
        ({"url": "http://api.example", "credential": BEARER}, [URL]),
        ({"url": "http://10.0.0.1", "credential": BEARER}, [URL]),
        ({"url": "http://api.example", "credential": {"passthrough": True}}, [URL]),
        ({"url": "http://api.example", "write_credential": BEARER}, [URL]),
        ({"url": "http://api.example"}, []),
        ({"url": "https://api.example", "credential": BEARER}, []),
        ({"url": "http://127.0.0.1:9100", "credential": BEARER}, []),
        ({"url": "http://[::1]:9100", "credential": BEARER}, []),
        ({"url": "http://api.localhost", "credential": BEARER}, []),
        ({"url": "unix:/run/api.sock", "credential": BEARER}, []),
        ({"url": "https://h", "credential": oauth2(CLEAR)}, [("upstream", "credential", 0, "oauth2", "token_url")]),
        ({"url": "https://h", "credential": oauth2(SAFE)}, []),
        (
            {"url": "https://h", "credential": {"token_exchange": {"token_url": CLEAR}}},
            [("upstream", "credential", 0, "token_exchange", "token_url")],
        ),
    ],
)
def test_a_secret_that_leaves_this_machine_unencrypted_is_a_warning(
    upstream: dict[str, Any], pointers: list[Any]
) -> None:
    assert found(upstream) == pointers


def test_an_entrys_credential_counts_too() -> None:
    entry = {"operation": "listPets", "credential": oauth2(CLEAR)}
    pointers = found({"url": "http://api.example"}, allow=[entry])
    assert pointers == [URL, ("allow", 0, "credential", 0, "oauth2", "token_url")]


@pytest.mark.parametrize(("source", "pointers"), [(CLEAR, [("openapi", "source")]), (SAFE, []), ("x.yaml", [])])
def test_keys_for_the_document_count_too(source: str, pointers: list[tuple[str, str]]) -> None:
    assert found({"url": "https://h"}, openapi={"source": source, "headers": {"X-Key": KEY}}) == pointers


@pytest.mark.parametrize(("url", "is_clear"), [(CLEAR, True), (SAFE, False), ("http://localhost/t", False)])
def test_secrets_for_introspection_count_too(url: str, is_clear: bool) -> None:
    auth = {"type": "user_http", "verify": {"introspection": url, "audience": "a"}}
    assert found({"url": "https://h"}, auth=auth) == ([("auth", "verify", "introspection")] if is_clear else [])


@pytest.mark.parametrize(("url", "is_clear"), [(CLEAR, True), (SAFE, False)])
def test_tokens_that_the_facade_relays_count_too(url: str, is_clear: bool) -> None:
    facade = {"authorize": SAFE, "token": url, "client_ids": ["a"], "chatgpt_ids": ["*"]}
    auth = {"type": "oauth", "issuer": "https://idp.example", "facade": facade}
    assert found({"url": "https://h"}, auth=auth) == ([("auth", "facade", "token")] if is_clear else [])


@pytest.mark.parametrize(
    ("url", "is_clear"),
    [
        ("redis://:hunter2@cache.example:6379/0", True),
        ("rediss://:hunter2@cache.example:6379/0", False),
        ("redis://cache.example:6379/0", False),
        ("redis://:hunter2@127.0.0.1:6379/0", False),
        ("not a URL", False),
        ("redis://[", False),
    ],
)
def test_the_password_of_a_redis_counts_too(url: str, is_clear: bool) -> None:
    limits = {"rate": "1/s", "redis": {"env": "REDIS"}}
    assert found({"url": "https://h"}, redis=url, limits=limits) == ([("limits", "redis")] if is_clear else [])


@pytest.mark.parametrize(
    ("url", "consequential", "is_clear"),
    [
        ("redis://cache.example:6379/0", "confirm", True),
        ("redis://cache.example:6379/0", True, False),
        ("redis://:hunter2@cache.example:6379/0", "confirm", True),
        ("rediss://cache.example:6379/0", "confirm", False),
        ("redis://localhost:6379/0", "confirm", False),
        ("redis://[", "confirm", False),
    ],
)
def test_approvals_in_redis_are_warned_of_without_a_password_too(
    url: str, consequential: object, is_clear: bool
) -> None:
    allow = ["listPets", {"operation": "createPet", "consequential": consequential}]
    pointers = found({"url": "https://h"}, redis=url, allow=allow, limits={"redis": {"env": "REDIS"}})
    assert pointers == ([("limits", "redis")] if is_clear else [])
