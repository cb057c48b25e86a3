from typing import Any

import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.revision import UpstreamSettings
from plugin_gateway.revision.tls_files import NO_TLS_FILES
from plugin_gateway.revision.upstream import Forwarded, compile_upstream, forwarded

PLUGIN = "https://plugin.example.com"
LOCAL = "http://[::1]:8080"


@pytest.mark.parametrize(
    ("mode", "public_url", "lines", "host"),
    [
        ("none", PLUGIN, b"", b""),
        ("host", PLUGIN, b"", b"plugin.example.com"),
        ("host", LOCAL, b"", b"[::1]:8080"),
        ("rfc7239", PLUGIN, b'Forwarded: host="plugin.example.com";proto=https\r\n', b""),
        ("rfc7239", LOCAL, b'Forwarded: host="[::1]:8080";proto=http\r\n', b""),
        (
            "x-forwarded",
            PLUGIN,
            b"X-Forwarded-Host: plugin.example.com\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n",
            b"",
        ),
        (
            "x-forwarded",
            LOCAL,
            b"X-Forwarded-Host: [::1]:8080\r\nX-Forwarded-Port: 8080\r\nX-Forwarded-Proto: http\r\n",
            b"",
        ),
        (
            "x-forwarded",
            PLUGIN + "/api/",
            forwarded("x-forwarded", PLUGIN).lines + b"X-Forwarded-Prefix: /api\r\n",
            b"",
        ),
    ],
)
def test_forwarded_fields_carry_the_public_origin(mode: Any, public_url: str, lines: bytes, host: bytes) -> None:
    assert forwarded(mode, public_url) == Forwarded(lines, host)


def test_the_upstream_settings_have_the_defaults_of_gateway_yaml() -> None:
    loaded = load_text("openapi: x\nupstream: {url: 'https://h/v1'}\nallow: []\n", path=None, environ={})
    upstream = compile_upstream(loaded.config, NO_TLS_FILES)

    assert upstream == UpstreamSettings(host="h", port=443, authority=b"h", tls=True, prefix=b"/v1")
