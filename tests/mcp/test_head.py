"""Heads: which hosts, origins, types and revisions the endpoint takes."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.mcp.head import Head, accepted
from plugin_gateway.proxy.in_process import field_block
from plugin_gateway.revision.mcp import McpSettings

SETTINGS = McpSettings(
    origins=frozenset({"https://app.example", "https://gw.example"}), hosts=frozenset({"gw.example", "inner:8080"})
)


def head_of(fields: Any = (), settings: McpSettings = SETTINGS) -> Head:
    given = {b"host": b"gw.example", b"content-type": b"application/json", b"accept": b"*/*", **dict(fields)}
    return Head(field_block([pair for pair in given.items() if pair[1] is not None]).request, settings)


def code(fields: Any, settings: McpSettings = SETTINGS) -> str:
    refusal = head_of(fields, settings).refusal
    return "" if refusal is None else refusal.code


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        (b"gw.example", True),
        (b"GW.example:443", True),
        (b"gw.example.", True),
        (b"inner:8080", True),
        (b"inner:9", False),
        (b"localhost", True),
        (b"localhost:9", True),
        (b"x.localhost", True),
        (b"127.0.0.1:80", True),
        (b"10.1.2.3", True),
        (b"[::1]:8080", True),
        (b"evil.example", False),
        (b"localhost.evil.example", False),
        (b"127.0.0.1.evil.example", False),
        (b"gw.example.evil", False),
    ],
)
def test_a_name_that_an_attacker_could_bind_is_refused(host: bytes, is_allowed: bool) -> None:
    assert code({b"host": host}) == ("" if is_allowed else "host-not-allowed")


@pytest.mark.parametrize(
    ("host", "origin", "is_allowed"),
    [
        (b"gw.example", b"https://app.example", True),
        (b"gw.example", b"https://gw.example", True),
        (b"gw.example", b"http://gw.example", False),
        (b"gw.example", b"https://gw.example:8443", False),
        (b"gw.example", b"https://app.example.evil", False),
        (b"gw.example", b"null", False),
        (b"gw.example", b"", True),
        (b"gw.example", b"http://localhost:3000", False),
        (b"localhost:8080", b"http://localhost:3000", True),
        (b"127.0.0.1:8080", b"http://[::1]:3000", True),
        (b"10.0.0.5:8080", b"http://localhost:3000", False),
        (b"localhost:8080", b"http://evil.example", False),
        (b"localhost:8080", b"file://localhost", False),
    ],
)
def test_a_foreign_origin_is_refused(host: bytes, origin: bytes, is_allowed: bool) -> None:
    fields = {b"host": host, b"origin": origin or None}

    assert code(fields) == ("" if is_allowed else "origin-not-allowed")


def test_a_star_allows_every_origin_but_null() -> None:
    settings = McpSettings(origins=frozenset({"*"}), hosts=frozenset({"gw.example"}))

    assert code({b"origin": b"https://any.example"}, settings) == ""
    assert code({b"origin": b"null"}, settings) == "origin-not-allowed"


@pytest.mark.parametrize(
    ("content_type", "is_allowed"),
    [
        (b"application/json", True),
        (b"Application/JSON; charset=utf-8", True),
        (b'application/json ;charset="UTF-8"', True),
        (b"application/json; charset=utf-16", False),
        (b"text/plain", False),
        (b"application/json, text/plain", False),
        (None, False),
    ],
)
def test_a_message_is_json(content_type: bytes | None, is_allowed: bool) -> None:
    assert code({b"content-type": content_type}) == ("" if is_allowed else "unsupported-media-type")


def test_a_coded_message_is_refused() -> None:
    assert code({b"content-encoding": b"gzip"}) == "unsupported-coding"
    assert code({b"content-encoding": b"identity"}) == ""


@pytest.mark.parametrize(
    ("values", "json", "events"),
    [
        ([], True, True),
        ([b"*/*"], True, True),
        ([b"application/json, text/event-stream"], True, True),
        ([b"application/json", b"text/event-stream"], True, True),
        ([b"text/event-stream"], False, True),
        ([b"text/*;q=0.5"], False, True),
        ([b"application/*"], True, False),
        ([b"application/json;q=0, */*"], False, True),
        ([b"application/json;q=0.001"], True, False),
        ([b"text/html"], False, False),
    ],
)
def test_accept_tells_which_answers_a_client_takes(values: list[bytes], json: bool, events: bool) -> None:
    assert accepted(values) == (json, events)


def test_a_client_that_takes_neither_answer_is_refused() -> None:
    assert code({b"accept": b"text/html"}) == "not-acceptable"


@pytest.mark.parametrize(
    ("version", "era"),
    [(None, "2025-03-26"), (b"2026-07-28", "2026-07-28"), (b"2025-06-18", "2025-06-18"), (b"1999-01-01", None)],
)
def test_the_version_field_decides_the_era(version: bytes | None, era: str | None) -> None:
    found = head_of({b"mcp-protocol-version": version}).era

    assert (found and found.version) == era
