"""Challenges: a refused caller learns where the metadata of this endpoint is."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.mcp.challenge import challenged, readable
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.mcp import McpSettings

ROOT = b"https://gw.example/.well-known/oauth-protected-resource"
SETTINGS = McpSettings(metadata_url=ROOT.decode() + "/mcp", scope="a b")
CORS = b"Access-Control-Allow-Origin: https://app.example\r\nVary: Origin\r\n"


def refusal(value: Any, status: int = 401) -> Refusal:
    return Refusal(status=status, code="c", detail="d", headers=((b"WWW-Authenticate", value), (b"X", b"y")))


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        (b'Bearer resource_metadata="%b"' % ROOT, 401, b'Bearer resource_metadata="%b/mcp", scope="a b"' % ROOT),
        (b'Bearer error="insufficient_scope", scope="c"', 403, b'Bearer error="insufficient_scope", scope="c"'),
        (b"Bearer realm=x", 400, b"Bearer realm=x"),
        (b'Bearer scope="c"', 401, b'Bearer scope="c"'),
    ],
)
def test_a_challenge_names_the_metadata_and_the_scope_of_the_endpoint(value: Any, status: int, expected: bytes) -> None:
    assert challenged(refusal(value, status), SETTINGS, b"").headers == ((b"WWW-Authenticate", expected), (b"X", b"y"))


def test_without_metadata_a_challenge_stays_as_it_is() -> None:
    given = refusal(b"Bearer")

    assert challenged(given, McpSettings(), b"") is given


def test_a_page_of_an_allowed_origin_can_read_a_refusal() -> None:
    assert readable(refusal(b"Bearer"), CORS).headers[2:] == (
        (b"Access-Control-Allow-Origin", b"https://app.example"),
        (b"Vary", b"Origin"),
    )
