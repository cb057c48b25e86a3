from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from plugin_gateway.cli.upstream_url import PLACEHOLDER_URL, is_elsewhere, upstream_url
from plugin_gateway.config.selector import AllowEntry
from plugin_gateway.config.url import parse_upstream_url
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.contradictions import find_contradictions

FETCHED = "https://api.test/docs/openapi.json"


def server(*urls: str, **variables: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"servers": [{"url": url, "variables": variables} for url in urls]}


def document(root: Mapping[str, Any] = MappingProxyType({}), address: str = "", **paths: Any) -> Document:
    paths = paths or {"pets": {}}
    items = {"/" + path: {"get": {"responses": {}, **own}} for path, own in paths.items()}
    words = {} if "swagger" in root else {"openapi": "3.0.3"}
    return Document(root={**words, "paths": items, **root}, name="x", address=address)


def swagger(**words: Any) -> dict[str, Any]:
    return {"swagger": "2.0", **words}


@pytest.mark.parametrize(
    ("root", "address", "url"),
    [
        (server("https://{region}.shop.test/v2/", region={"default": "eu"}), "", "https://eu.shop.test/v2"),
        (server("https://{region}.shop.test", region={"enum": ["us", "eu"]}), "", "https://us.shop.test"),
        (server("https://{tenant}.test", "https://b.test"), "", "https://b.test"),
        (server("wss://a.test", "https://b.test"), "", "https://b.test"),
        (server("https://me:pw@api.test"), "", "https://api.test"),
        (server("http://localhost:8080/myapp"), "", "http://localhost:8080/myapp"),
        (server("/v1"), FETCHED, "https://api.test/v1"),
        (server("v1"), FETCHED, "https://api.test/docs/v1"),
        ({}, FETCHED, "https://api.test"),
        (swagger(host="api.test", basePath="/v2", schemes=["http"]), "", "http://api.test/v2"),
        (swagger(host="api.test", schemes=["http", "https"]), "", "https://api.test"),
        (swagger(host="api.test"), "http://docs.test/o", "http://api.test"),
        (swagger(basePath="/v2"), "https://api.test/o", "https://api.test/v2"),
    ],
)
def test_the_upstream_is_where_the_document_says(root: dict[str, Any], address: str, url: str) -> None:
    found = upstream_url(document(root, address))
    assert (found.url, found.is_stated) == (url, True)


@pytest.mark.parametrize(
    ("root", "url"),
    [
        ({}, PLACEHOLDER_URL),
        (server("/v1"), f"{PLACEHOLDER_URL}/v1"),
        (server("v1"), PLACEHOLDER_URL),
        (server("https://{tenant}.test"), PLACEHOLDER_URL),
        (server("https://{host}/v1"), f"{PLACEHOLDER_URL}/v1"),
        ({"servers": ["nonsense"]}, PLACEHOLDER_URL),
        (server("https://a.test/a;b"), PLACEHOLDER_URL),
        (swagger(), PLACEHOLDER_URL),
        (swagger(basePath="/v1", schemes=["http"]), f"{PLACEHOLDER_URL}/v1"),
    ],
)
def test_a_document_without_a_usable_host_gets_a_placeholder_url(root: dict[str, Any], url: str) -> None:
    found = upstream_url(document(root))
    assert (found.url, found.is_stated) == (url, False)


UPLOAD = server("https://upload.test/2.0")


@pytest.mark.parametrize(
    ("root", "paths", "url", "others"),
    [
        (server("https://a.test"), {"x": {}, "y": {}, "z": UPLOAD}, "https://a.test", ("https://upload.test/2.0",)),
        (server("https://a.test"), {"x": UPLOAD, "y": {}}, "https://a.test", ("https://upload.test/2.0",)),
        ({}, {"x": UPLOAD, "y": UPLOAD}, "https://upload.test/2.0", ()),
        (server("https://a.test"), {"x": UPLOAD}, "https://upload.test/2.0", ("https://a.test",)),
        (server("https://a.test", "https://b.test"), {"x": {}}, "https://a.test", ("https://b.test",)),
    ],
)
def test_the_upstream_is_where_most_operations_are_and_other_places_are_listed(
    root: dict[str, list[dict[str, Any]]], paths: dict[str, Any], url: str, others: tuple[str, ...]
) -> None:
    found = upstream_url(document(root, **paths))
    assert (found.url, found.is_stated, found.others) == (url, True, others)


def test_a_path_that_every_template_begins_with_is_not_shown_twice() -> None:
    every: dict[str, Any] = {"v2/x": {}, "v2/y": {}}
    one: dict[str, Any] = {"v2/x": {}, "y": {}}
    assert upstream_url(document(server("https://a.test/v2"), **every)).url == "https://a.test"
    assert upstream_url(document(server("https://a.test/v2"), **one)).url == "https://a.test/v2"


@pytest.mark.parametrize(
    ("root", "paths", "elsewhere"),
    [
        (server("https://a.test"), {"x": {}, "y": UPLOAD, "z": server("https://b.test", "https://a.test")}, ["y"]),
        (server("https://a.test"), {"x": {}, "y": UPLOAD, "z": UPLOAD}, ["x"]),
        (server("https://a.test/x"), {"x": {}, "x/y": UPLOAD, "x/z": {}}, ["x/y"]),
        ({}, {"x": {}, "y": UPLOAD}, ["y"]),
        ({}, {"x": {}, "y": {}}, []),
    ],
)
def test_an_operation_that_is_not_where_most_are_is_elsewhere(
    root: dict[str, list[dict[str, Any]]], paths: dict[str, Any], elsewhere: list[str]
) -> None:
    found = document(root, **paths)
    upstream = upstream_url(found)
    told = [key.path[1:] for key, one in found.operations.items() if is_elsewhere(found, one, upstream)]
    assert told == elsewhere


@pytest.mark.parametrize(
    ("root", "address"),
    [
        (server("https://a.test/v2"), ""),
        (server("https://{r}.a.test/v2", r={"default": "eu", "enum": ["eu", "us"]}), ""),
        (server("/v2"), ""),
        (server("/v2"), FETCHED),
        (swagger(host="a.test", basePath="/v2"), ""),
        (server("https://a.test/pets"), ""),
        ({}, ""),
    ],
)
def test_a_drafted_url_does_not_contradict_the_document(root: dict[str, Any], address: str) -> None:
    found = document(root, address)
    url = parse_upstream_url(upstream_url(found).url)
    kept = select(found, [AllowEntry.parse("GET /pets")]).kept
    assert list(find_contradictions(found, kept, url)) == []
