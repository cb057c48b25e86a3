"""The server info of a gateway."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.model import Config
from plugin_gateway.export.server_info import gather_server_info, is_semantic, reversed_host, semantic, slug
from plugin_gateway.openapi.document import Json

MANIFEST = {
    "name_for_model": "orders_api",
    "name_for_human": "Orders",
    "description_for_human": "Look up orders.",
    "logo_url": "https://gw.example.com/logo.png",
}


def config(**more: Any) -> Config:
    minimal = {"openapi": "x", "upstream": {"url": "https://h"}, "allow": ["a"]}
    return Config.parse(minimal | {"public": {"url": "https://gw.example.com"}} | more)


def test_the_identity_comes_from_the_manifest_unless_the_plugin_says_otherwise() -> None:
    plain = gather_server_info(config(), MANIFEST, {"version": "2.1", "contact": {"url": "https://example.com"}})
    assert (plain.name, plain.title, plain.version, plain.summary) == (
        "orders-api",
        "Orders",
        "2.1.0",
        "Look up orders.",
    )
    assert (plain.registry_name, plain.mcp_url) == ("com.example.gw/orders-api", "https://gw.example.com/mcp")
    assert plain.website == "https://example.com"
    said = {"name": "shop", "display_name": "Shop", "version": "3.0.0-rc.1", "website": "https://shop.example.com"}
    told = gather_server_info(config(plugin={**said, "registry_name": "io.github.me/shop"}, mcp=False), MANIFEST, {})
    assert (told.name, told.title, told.version, told.website) == tuple(said.values())
    assert (told.registry_name, told.mcp_url) == ("io.github.me/shop", "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("orders_api", "orders-api"),
        ("Orders MCP", "orders"),
        ("orders-plugin", "orders"),
        ("__", ""),
        ("a" * 40, "a" * 31),
        ("été", "t"),
    ],
)
def test_a_slug_is_a_name_that_directories_accept(text: str, name: str) -> None:
    assert slug(text) == name


@given(st.text())
def test_no_text_makes_a_slug_that_the_schema_refuses(text: str) -> None:
    assert re.fullmatch(r"(?!.*--)([a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?)?", slug(text))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("1.2.3", "1.2.3"),
        ("1.2.3-rc.1+5", "1.2.3-rc.1+5"),
        ("v2", "2.0.0"),
        ("2.1", "2.1.0"),
        ("2024-11-01", "2024.0.0"),
        ("01.2", "1.2.0"),
        ("beta", "0.1.0"),
        (None, "0.1.0"),
        (1.0, "0.1.0"),
    ],
)
def test_a_version_of_a_document_becomes_a_semantic_version(said: Json, meant: str) -> None:
    assert semantic(said) == meant


@given(st.text(alphabet="v0123456789.-+ab"))
def test_every_version_is_semantic(text: str) -> None:
    assert is_semantic(semantic(text))


@pytest.mark.parametrize(
    ("url", "namespace"),
    [
        ("https://gw.example.com", "com.example.gw"),
        ("https://gw.example.com.:8443", "com.example.gw"),
        ("http://localhost:8080", "localhost"),
        ("http://127.0.0.1:8080", "localhost"),
        ("http://[::1]:8080", "localhost"),
    ],
)
def test_the_namespace_is_the_host_from_right_to_left(url: str, namespace: str) -> None:
    assert reversed_host(url) == namespace
