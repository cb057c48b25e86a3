from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.servers import ANY, Where, where_it_says_itself, where_the_api_is

KEY = OperationKey("GET", "/pets")
FETCHED = "https://docs.corp.test/specs/openapi.json"


def document(
    root: dict[str, Any] | tuple[()] = (),
    *,
    item: dict[str, list[dict[str, Any]]] | tuple[Any, ...] = (),
    operation: dict[str, Any] | tuple[Any, ...] = (),
    address: str = "",
    version: str = "3.0.3",
) -> Document:
    node = {"responses": {}, **dict(operation)}
    words = {"swagger": version} if version == "2.0" else {"openapi": version}
    return Document(
        root={**words, **dict(root), "paths": {"/pets": {**dict(item), "get": node}}}, name="x", address=address
    )


def servers(*urls: str, **variables: dict[str, Any] | str) -> dict[str, list[dict[str, Any]]]:
    return {"servers": [{"url": url, "variables": variables} for url in urls]}


def where(found: Document) -> Where:
    return where_the_api_is(found, found.operations[KEY])


def urls(found: Document) -> list[str]:
    return [server.url for server in where(found).servers]


@pytest.mark.parametrize(
    ("url", "address", "expected"),
    [
        ("https://API.corp.test/v2/", "", ["https://api.corp.test/v2"]),
        ("https://api.corp.test:443/v2", "", ["https://api.corp.test/v2"]),
        ("https://api.corp.test:8443", "", ["https://api.corp.test:8443"]),
        ("http://[::1]:8080/x", "", ["http://[::1]:8080/x"]),
        ("https://me:pw@api.corp.test/v2", "", ["https://api.corp.test/v2"]),
        ("https://api.corp.test/v2?x=1#y", "", ["https://api.corp.test/v2"]),
        ("https://api.corp.test/a/../v2", "", ["https://api.corp.test/v2"]),
        (" https://api.corp.test ", "", ["https://api.corp.test"]),
        ("//api.corp.test/v2", "", ["https://api.corp.test/v2"]),
        ("//api.corp.test/v2", "http://docs.corp.test/x", ["http://api.corp.test/v2"]),
        ("api.corp.test/v2", "", ["https://api.corp.test/v2"]),
        ("/v2", "", ["/v2"]),
        ("/", "", ["/"]),
        ("/v2", FETCHED, ["https://docs.corp.test/v2"]),
        ("v2", FETCHED, ["https://docs.corp.test/specs/v2"]),
        ("../v2/", FETCHED, ["https://docs.corp.test/v2"]),
        (".", FETCHED, ["https://docs.corp.test/specs"]),
        ("wss://api.corp.test", "", []),
        ("https://[nonsense", "", []),
        ("", FETCHED, []),
    ],
)
def test_a_server_is_where_its_url_leads_from_where_the_document_was_fetched(
    url: str, address: str, expected: list[str]
) -> None:
    assert urls(document(servers(url), address=address)) == expected


def test_a_path_beside_a_file_may_be_anywhere() -> None:
    (server,) = where(document(servers("v2"))).servers
    assert (server.host, server.prefix, server.is_known) == ("", ANY, False)


@pytest.mark.parametrize("nothing", [{}, {"servers": []}, {"servers": None}, {"servers": ["x", {}, {"url": 3}]}])
def test_a_document_without_servers_has_no_known_server(nothing: dict[str, Any]) -> None:
    assert where(document(nothing)).servers == ()


@pytest.mark.parametrize(
    ("item", "operation", "level", "url"),
    [
        ({}, {}, "document", "https://a.test"),
        (servers("https://b.test"), {}, "path item", "https://b.test"),
        (servers("https://b.test"), servers("https://c.test"), "operation", "https://c.test"),
        (servers("https://b.test"), {"servers": []}, "path item", "https://b.test"),
    ],
)
def test_the_nearest_servers_are_the_operations(
    item: dict[str, list[dict[str, Any]]], operation: dict[str, Any], level: str, url: str
) -> None:
    found = document(servers("https://a.test"), item=item, operation=operation)
    place = where(found)
    assert (place.level, [server.url for server in place.servers]) == (level, [url])
    own = where_it_says_itself(found, found.operations[KEY])
    assert own == (None if level == "document" else place)


@pytest.mark.parametrize(
    ("url", "variables", "expected"),
    [
        ("https://{r}.corp.test", {"r": {"default": "eu"}}, "https://eu.corp.test"),
        ("https://{r}.corp.test", {"r": {"enum": ["us", "eu"]}}, "https://us.corp.test"),
        ("https://api.corp.test:{port}/v1", {"port": {"default": 8443}}, "https://api.corp.test:8443/v1"),
        (
            "{scheme}://api.corp.test",
            {"scheme": {"default": "http", "enum": ["http", "https"]}},
            "http://api.corp.test",
        ),
        ("{scheme}://api.corp.test", {}, "https://api.corp.test"),
        ("{base}/v1", {"base": {"default": "https://api.corp.test"}}, "https://api.corp.test/v1"),
        ("https://api.corp.test/{base}", {"base": {"default": ""}}, "https://api.corp.test"),
        ("https://{t}.corp.test", {}, "https://{…}.corp.test"),
        ("https://{t}.corp.test", {"t": {"default": "<your tenant>"}}, "https://{…}.corp.test"),
        ("https://{t}.corp.test", {"t": "nonsense"}, "https://{…}.corp.test"),
        ("https://api.corp.test/{v}", {"v": {"default": True}}, "https://api.corp.test/{…}"),
    ],
)
def test_variables_have_their_defaults(url: str, variables: dict[str, Any], expected: str) -> None:
    (server,) = where(document(servers(url, **variables))).servers
    assert server.url == expected
    assert server.is_known == ("…" not in expected)


@pytest.mark.parametrize(
    ("variable", "prefixes"),
    [
        ({"default": "v1", "enum": ["v1", "v2"]}, ["/v1", "/v2"]),
        ({"default": "v1"}, ["/v1", f"/{ANY}"]),
        ({}, [f"/{ANY}"]),
    ],
)
def test_a_variable_may_be_any_of_its_values_or_without_an_enum_anything(
    variable: dict[str, Any], prefixes: list[str]
) -> None:
    found = document(servers("https://api.corp.test/{v}", v=variable) if variable is not None else {})
    (server,) = where(found).servers
    listed = [reading.prefix for reading in server.readings]
    assert listed == prefixes


def test_many_variables_are_read_within_bounds() -> None:
    names = [f"v{number}" for number in range(20)]
    url = "https://api.corp.test/" + "/".join(f"{{{name}}}" for name in names)
    (server,) = where(document(servers(url, **{name: {"enum": list("abc")} for name in names}))).servers
    assert len(server.readings) <= 64


@pytest.mark.parametrize(
    ("url", "is_stated"),
    [
        ("https://api.corp.test", True),
        ("http://api:8080", True),
        ("https://{tenant}.corp.test", True),
        ("https://{host}/v1", False),
        ("https://{tenant}.com", False),
        ("http://localhost:8080/myapp", False),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]", False),
        ("https://example.com/v1", False),
        ("https://<your-host>/v1", False),
        ("/v1", False),
    ],
)
def test_a_host_counts_as_given_unless_it_is_a_placeholder(url: str, is_stated: bool) -> None:
    (server,) = where(document(servers(url), address=FETCHED)).servers
    assert server.is_stated is is_stated


@pytest.mark.parametrize(
    ("root", "operation", "address", "expected"),
    [
        ({"host": "api.corp.test", "basePath": "/v2"}, {}, "", ["https://api.corp.test/v2"]),
        ({"host": "api.corp.test"}, {}, "http://docs.corp.test/o", ["http://api.corp.test"]),
        (
            {"host": "api.corp.test", "schemes": ["http", "https"]},
            {},
            "",
            ["https://api.corp.test", "http://api.corp.test"],
        ),
        ({"host": "api.corp.test", "schemes": ["ws", "HTTP"]}, {}, "", ["http://api.corp.test"]),
        ({"host": "api.corp.test", "schemes": ["https"]}, {"schemes": ["http"]}, "", ["http://api.corp.test"]),
        ({"host": "api.corp.test:8443", "basePath": "v2/"}, {}, "", ["https://api.corp.test:8443/v2"]),
        ({"host": "https://api.corp.test/", "basePath": "/v2"}, {}, "", ["https://api.corp.test/v2"]),
        ({"basePath": "/v2"}, {}, "", ["/v2"]),
        ({"basePath": "/v2", "schemes": ["http"]}, {}, FETCHED, ["https://docs.corp.test/v2"]),
        ({"host": 3, "basePath": None, "schemes": "https"}, {}, FETCHED, []),
    ],
)
def test_the_servers_of_swagger_come_from_schemes_host_and_base_path(
    root: dict[str, Any], operation: dict[str, list[str]], address: str, expected: list[str]
) -> None:
    assert urls(document(root, operation=operation, address=address, version="2.0")) == expected


@given(st.text(), st.one_of(st.none(), st.dictionaries(st.text(max_size=2), st.text(max_size=3), max_size=2)))
def test_no_text_makes_reading_it_fail(url: str, variable: dict[str, str] | None) -> None:
    for text in (url, f"https://{url}", f"https://{{{url}}}/x", f"https://h:{url}"):
        where(document({"servers": [{"url": text, "variables": {url: variable}}]}, address=FETCHED))
