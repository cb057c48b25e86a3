from typing import Any

import pytest

from plugin_gateway.config.selector import AllowEntry
from plugin_gateway.config.url import parse_upstream_url
from plugin_gateway.diagnostics import Finding
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.contradictions import find_contradictions


def servers(*urls: str) -> dict[str, list[dict[str, str]]]:
    return {"servers": [{"url": url} for url in urls]} if urls else {}


def document(
    *urls: str,
    name: str = "openapi.yaml",
    paths: tuple[str, ...] = ("/pets", "/files"),
    own: list[str] | None = None,
    own_path: list[str] | None = None,
    **root: Any,
) -> Document:
    items: dict[str, Any] = {path: {"get": {"operationId": path.strip("/"), "responses": {}}} for path in paths}
    if own is not None:
        items["/files"]["get"] |= servers(*own)
    if own_path is not None:
        items["/files"] |= servers(*own_path)
    return Document(root={"openapi": "3.0.3", **servers(*urls), **root, "paths": items}, name=name)


def found(full: Document, url: str, allow: list[str] | None = None) -> list[Finding]:
    names = [key.path for key in full.operations] if allow is None else allow
    entries = [AllowEntry.parse(f"GET {name}").numbered(index) for index, name in enumerate(names)]
    return list(find_contradictions(full, select(full, entries).kept, parse_upstream_url(url)))


def rules(full: Document, url: str, allow: list[str] | None = None) -> list[str]:
    return [finding.rule for finding in found(full, url, allow)]


INSIDE = "http://api:8080"


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ([], INSIDE),
        ([], f"{INSIDE}/v2"),
        (["/"], f"{INSIDE}/v2"),
        (["v2"], INSIDE),
        (["https://api.corp.test"], INSIDE),
        (["https://api.corp.test"], f"{INSIDE}/internal"),
        (["https://api.corp.test/v2"], f"{INSIDE}/v2"),
        (["https://api.corp.test/v2"], "https://api.corp.test/v2"),
        (["http://api.corp.test/v2"], "https://api.corp.test/v2"),
        (["https://api.corp.test/v2", "https://staging.corp.test/v3"], "https://staging.corp.test/v3"),
        (["https://api.corp.test/v2", "http://localhost:3000"], INSIDE),
        (["https://{tenant}.corp.test"], INSIDE),
        (["https://{tenant}.corp.test/{base}"], INSIDE),
        (["https://example.com"], INSIDE),
        (["http://localhost:8080"], f"{INSIDE}/myapp"),
        (["http://localhost:8080"], "http://localhost:9090"),
        (["wss://api.corp.test/v2"], INSIDE),
        (["https://api.corp.test"], "unix:/run/api.sock"),
    ],
)
def test_an_upstream_that_the_document_does_not_contradict_is_not_warned_of(said: list[str], url: str) -> None:
    assert rules(document(*said), url) == []


@pytest.mark.parametrize(
    ("said", "url", "rule", "mended"),
    [
        (["/myapp"], INSIDE, "upstream-path", f"{INSIDE}/myapp"),
        (["http://localhost:8080/myapp"], INSIDE, "upstream-path", f"{INSIDE}/myapp"),
        (["https://api.corp.test/v2"], INSIDE, "upstream-path", f"{INSIDE}/v2"),
        (["https://api.corp.test/v2"], f"{INSIDE}/v1", "upstream-path", f"{INSIDE}/v2"),
        (["https://api.corp.test/V2"], f"{INSIDE}/v2", "upstream-path", f"{INSIDE}/V2"),
        (["https://api.corp.test/v2", "https://staging.corp.test/v2"], INSIDE, "upstream-path", f"{INSIDE}/v2"),
        (["https://{tenant}.corp.test/v2"], INSIDE, "upstream-path", f"{INSIDE}/v2"),
        (["https://api.corp.test"], "https://api.corp.test/v2", "upstream-path", "https://api.corp.test"),
        (["https://a.test/v2", "https://b.test/v3"], "https://b.test/v2", "upstream-path", "https://b.test/v3"),
        (["https://api.corp.test/v2"], "unix:/run/api.sock", "upstream-path", "http://HOST:PORT/v2"),
        (["https://api.corp.test:8443"], "https://api.corp.test", "upstream-elsewhere", "https://api.corp.test:8443"),
        (["https://api.corp.test"], "http://api.corp.test", "upstream-elsewhere", "https://api.corp.test"),
    ],
)
def test_an_upstream_that_the_document_contradicts_gets_one_warning_with_the_url_to_write(
    said: list[str], url: str, rule: str, mended: str
) -> None:
    full = document(*said)
    (finding,) = found(full, url)
    assert (finding.rule, finding.pointer, finding.severity) == (rule, ("upstream", "url"), "warning")
    assert "`GET /pets` and `GET /files`" in finding.message
    assert f"{parse_upstream_url(url)}/pets" in finding.message
    assert f"write `url: {mended}`" in finding.hint
    assert "servers: ignore" in finding.hint
    if not mended.startswith("http://HOST"):
        assert found(full, mended) == []


@pytest.mark.parametrize(
    ("said", "own", "url", "rule"),
    [
        # An operation with its own server is on another host than the rest; the name of the upstream's host does not matter.
        ("https://api.corp.test/2.0", "https://upload.corp.test/2.0", f"{INSIDE}/2.0", "upstream-elsewhere"),
        ("https://api.corp.test/2.0", "https://upload.corp.test/x", "https://api.corp.test/2.0", "upstream-elsewhere"),
        ("https://api.corp.test/2.0", "https://api.corp.test:8443/2.0", f"{INSIDE}/2.0", "upstream-elsewhere"),
        ("https://api.corp.test", "https://{t}.upload.corp.test", "https://api.corp.test", "upstream-elsewhere"),
        ("/", "https://upload.corp.test", INSIDE, "upstream-elsewhere"),
        ("http://localhost:3000", "https://upload.corp.test", INSIDE, "upstream-elsewhere"),
        ("https://api.corp.test/2.0", "https://api.corp.test/upload", f"{INSIDE}/2.0", "upstream-path"),
        ("https://api.corp.test/2.0", "/upload", f"{INSIDE}/2.0", "upstream-path"),
        ("https://api.corp.test/2.0", "https://api.corp.test", f"{INSIDE}/2.0", "upstream-path"),
        ("/2.0", "/", f"{INSIDE}/2.0", "upstream-path"),
        ("https://api.corp.test", "https://api.corp.test", f"{INSIDE}/2.0", None),
        ("https://api.corp.test/2.0", "https://api.corp.test/2.0", f"{INSIDE}/2.0", None),
        ("https://api.corp.test/2.0", "http://localhost:3000/2.0", f"{INSIDE}/2.0", None),
    ],
)
@pytest.mark.parametrize("level", ["own", "own_path"])
def test_an_operation_whose_servers_are_others_is_warned_of_at_its_entry(
    said: str, own: str, url: str, rule: str | None, level: str
) -> None:
    others: dict[str, Any] = {level: [own]}
    findings = found(document(said, **others), url)
    assert [(finding.rule, finding.pointer) for finding in findings] == ([(rule, ("allow", 1))] if rule else [])
    for finding in findings:
        assert "`GET /files` is " in finding.message
        assert f"{url}/files" in finding.message


def test_an_operation_that_is_not_allowed_is_not_warned_of() -> None:
    assert rules(document("https://api.corp.test", own=["https://upload.corp.test"]), INSIDE, allow=["/pets"]) == []


def test_an_upstream_for_operations_elsewhere_contradicts_only_the_others() -> None:
    full = document("https://api.corp.test", own=["https://upload.corp.test"])
    assert rules(full, "https://upload.corp.test", allow=["/files"]) == []
    (finding,) = found(full, "https://upload.corp.test")
    assert (finding.rule, finding.pointer) == ("upstream-elsewhere", ("upstream", "url"))
    assert "`GET /pets`" in finding.message


def test_operations_that_all_name_the_same_host_are_on_the_upstream() -> None:
    full = document(own=["https://api.corp.test/v2"], paths=("/files",))
    assert rules(full, f"{INSIDE}/v2") == []
    assert rules(full, INSIDE) == ["upstream-path"]


@pytest.mark.parametrize(
    ("said", "paths", "url", "is_warned_of"),
    [
        ([], ("/v2/pets", "/v2/files"), f"{INSIDE}/v2", True),
        (["https://api.corp.test"], ("/v2/pets", "/v2"), f"{INSIDE}/v2", True),
        (["https://api.corp.test"], ("/v2/pets",), "https://api.corp.test/v2", True),
        (["/v2"], ("/v2/pets", "/v2/files"), f"{INSIDE}/v2", True),
        (["/v2"], ("/v2/pets", "/v2/files"), INSIDE, False),
        ([], ("/v2/pets", "/v2/files"), INSIDE, False),
        ([], ("/v2/pets", "/files"), f"{INSIDE}/v2", False),
        ([], ("/v22/pets",), f"{INSIDE}/v2", False),
    ],
)
def test_a_path_that_every_template_begins_with_must_not_be_in_the_upstream_url_too(
    said: list[str], paths: tuple[str, ...], url: str, is_warned_of: bool
) -> None:
    findings = found(document(*said, paths=paths), url)
    assert [finding.rule for finding in findings] == ["upstream-path"] * is_warned_of
    for finding in findings:
        assert f"{url}{paths[0]}" in finding.message
        assert f"write `url: {url.removesuffix('/v2')}`" in finding.hint


def test_a_path_prefix_of_all_allowed_templates_is_doubled_unless_the_documents_servers_have_it() -> None:
    paths = ("/v2/pets", "/files")
    assert rules(document(paths=paths), f"{INSIDE}/v2", allow=["/v2/pets"]) == ["upstream-path"]
    assert rules(document("/v2", paths=paths), f"{INSIDE}/v2", allow=["/v2/pets"]) == []


def test_swagger_base_paths_and_schemes_are_compared_too() -> None:
    full = Document(
        root={
            "swagger": "2.0",
            "host": "api.corp.test",
            "basePath": "/v2",
            "schemes": ["https"],
            "paths": {"/pets": {"get": {"responses": {}}}},
        },
        name="swagger.json",
    )
    assert rules(full, INSIDE) == ["upstream-path"]
    assert rules(full, "http://api.corp.test/v2") == ["upstream-elsewhere"]
    assert rules(full, "https://api.corp.test/v2") == []


def test_many_operations_in_one_wrong_place_are_one_warning() -> None:
    paths = tuple(f"/p{number}" for number in range(40))
    (finding,) = found(document("/v2", paths=paths), INSIDE)
    assert "`GET /p0` and 39 more operations are below /v2" in finding.message
