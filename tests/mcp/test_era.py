"""The eras: which revisions there are, which one a message speaks, and what a legacy client gets that asks for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.mcp.era import (
    ASSUMED,
    ERAS,
    LATEST_LEGACY,
    MODERN,
    VERSION_FIELD,
    VERSION_KEY,
    check_modern,
    era_of_post,
    era_of_stream,
    negotiated,
)
from plugin_gateway.mcp.head import Head
from plugin_gateway.mcp.message import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Fault, Message
from plugin_gateway.mcp.mirror import Mirror
from plugin_gateway.proxy.in_process import field_block
from plugin_gateway.revision.mcp import McpSettings
from tests.mcp.world import MODERN_META
from tests.narrow import present

if TYPE_CHECKING:
    from plugin_gateway.mcp.era import Era


def test_the_newest_revision_comes_first_and_only_it_is_modern() -> None:
    assert [*ERAS] == sorted(ERAS, reverse=True)
    assert [era for era in ERAS.values() if era.is_modern] == [MODERN]


def test_only_the_revision_of_a_request_that_names_none_has_batches() -> None:
    assert [era for era in ERAS.values() if era.has_batches] == [ASSUMED]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2025-03-26", "2025-03-26"),
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2999-01-01", "2025-11-25"),
        ("", "2025-11-25"),
    ],
)
def test_initialize_agrees_on_a_legacy_revision(asked: str, given: str) -> None:
    assert negotiated(asked).version == given
    assert LATEST_LEGACY.version == "2025-11-25"


@pytest.mark.parametrize("key", [*MODERN_META, "_meta"])
def test_a_modern_request_must_say_what_it_is(key: str) -> None:
    meta = {name: value for name, value in MODERN_META.items() if name != key}
    params = {} if key == "_meta" else {"_meta": meta}

    assert check_modern(Message(b"1", "m", {"_meta": MODERN_META}), "2026-07-28") is None
    assert present(check_modern(Message(b"1", "m", params), "2026-07-28")).code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({}, LATEST_LEGACY),
        (MODERN_META, MODERN),
        (MODERN_META | {"io.modelcontextprotocol/protocolVersion": "1999-01-01"}, UNSUPPORTED_VERSION),
        (MODERN_META | {"io.modelcontextprotocol/protocolVersion": 7}, INVALID_PARAMS),
        ({"io.modelcontextprotocol/protocolVersion": "2026-07-28"}, INVALID_PARAMS),
    ],
)
def test_a_message_on_a_stream_tells_its_era_itself(meta: Any, expected: Era | int) -> None:
    found = era_of_stream(Message(b"1", "m", {"_meta": meta}), None)

    assert (found.code if isinstance(found, Fault) else found) == expected


@pytest.mark.parametrize(
    ("version", "meta", "expected"),
    [
        ("", {}, ASSUMED),
        ("2025-11-25", {}, LATEST_LEGACY),
        ("2026-07-28", MODERN_META, MODERN),
        ("2026-07-28", {}, INVALID_PARAMS),
        ("2026-07-28", MODERN_META | {VERSION_KEY: "2025-11-25"}, HEADER_MISMATCH),
        ("2025-11-25", MODERN_META, HEADER_MISMATCH),
        ("1999-01-01", {}, UNSUPPORTED_VERSION),
    ],
)
def test_a_header_field_names_the_era_of_a_post_and_the_message_must_agree(
    version: str, meta: Any, expected: Era | int
) -> None:
    fields = [(b"host", b"gw.example"), (b"mcp-method", b"m")]
    if version:
        fields.append((VERSION_FIELD, version.encode()))
    request = field_block(fields).request
    mirror = Mirror(request, Head(request, McpSettings()))
    found = era_of_post(Message(b"1", "m", {"_meta": meta} if meta else {}), mirror, {})

    assert (found.code if isinstance(found, Fault) else found) == expected
