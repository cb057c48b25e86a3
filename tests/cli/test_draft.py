from typing import Any

import pytest
import yaml

from plugin_gateway.cli.draft import CHOSEN, draft
from plugin_gateway.cli.upstream_url import PLACEHOLDER_URL
from plugin_gateway.config.load import load_text
from plugin_gateway.edit.quoting import comment, scalar
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.allowlist import select


def document(root: dict[str, Any]) -> Document:
    return Document(root={"openapi": "3.0.3", "info": {"title": "Shop"}, **root}, name="x")


def get(operation_id: str | None = None, **node: bool | str) -> dict[str, Any]:
    return {"get": {**({"operationId": operation_id} if operation_id else {}), "responses": {}, **node}}


SHOP = document(
    {
        "servers": [{"url": "https://{region}.shop.test/v2/", "variables": {"region": {"default": "eu"}}}],
        "security": [{"key": []}],
        "paths": {
            "/items": {
                **get("listItems", summary="List items"),
                "post": {"operationId": "createItem", "responses": {}},
            },
            "/items/{id}": get("getItem", summary="One item"),
            "/colours": get("on", summary="Colours"),
            "/sizes": get(summary="Sizes\n# not a comment"),
            "/admin/items": get("adminItems"),
            "/items.reset": get("items.reset"),
            "/userNames": get("listNames"),
            "/old": get("old", deprecated=True),
            "/items/{id}/database": get("itemDatabase"),
            "/twice": get("same"),
            "/again": get("same"),
        },
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Shop-Key"}}},
    }
)


def written(found: Document, source: str = "./openapi.yaml") -> Any:
    return yaml.safe_load(draft(found, source).text)


def test_a_draft_is_a_config_that_fits_its_document() -> None:
    text = draft(SHOP, "./openapi.yaml").text
    loaded = load_text(text, path=None, environ={"UPSTREAM_API_KEY": "a-long-enough-key"})
    selection = select(SHOP, loaded.config.allow)
    assert not [finding for finding in selection.findings if finding.severity == "error"]
    assert 1 <= len(selection.kept) <= CHOSEN


def test_reads_that_look_harmless_are_chosen_and_nothing_else() -> None:
    allowed = written(SHOP)["allow"]
    assert {"listItems", "getItem", "GET /colours", "GET /sizes"} <= set(allowed)
    assert not {"createItem", "adminItems", "items.reset", "listNames", "old", "itemDatabase"} & set(allowed)


def test_a_tag_of_every_operation_does_not_make_it_look_risky() -> None:
    def tagged(operation_id: str, *tags: str) -> dict[str, Any]:
        return {"get": {**get(operation_id)["get"], "tags": list(tags)}}

    found = document({"paths": {"/a": tagged("a", "Accounting"), "/b": tagged("b", "Accounting", "Admin")}})
    assert written(found)["allow"] == ["a"]


def test_each_entry_shows_its_method_its_path_and_its_summary_if_it_has_one() -> None:
    paths = {"/a": get("listA", summary="All"), "/b": get("GETall"), "/c": get(summary="Others"), "/d": get()}
    lines = draft(document({"paths": paths}), "./openapi.yaml").text.splitlines()
    assert [" ".join(line.split()) for line in lines if line.startswith("  - ")] == [
        "- listA # GET /a: All",
        "- GETall # GET /b",
        "- GET /c # Others",
        "- GET /d",
    ]


def test_where_nothing_looks_harmless_the_draft_names_a_place_to_look() -> None:
    notes = draft(document({"paths": {"/admin": get("admin")}}), "./openapi.yaml").notes
    assert (
        notes[0]
        == "no operation is allowed yet, because not one of 1 looks harmless: list them with `plugin-gateway ops`"
    )


def test_the_upstream_url_and_the_header_of_its_key_come_from_the_document() -> None:
    assert written(SHOP)["upstream"] == {
        "url": "https://eu.shop.test/v2",
        "credential": {"header": "X-Shop-Key", "value": {"env": "UPSTREAM_API_KEY"}},
    }


@pytest.mark.parametrize(
    ("scheme", "credential"),
    [
        ({"type": "apiKey", "in": "query", "name": "key"}, {"query": "key", "value": {"env": "UPSTREAM_API_KEY"}}),
        ({"type": "http", "scheme": "Bearer"}, {"bearer": {"env": "UPSTREAM_TOKEN"}}),
        ({"type": "oauth2", "flows": {}}, {"bearer": {"env": "UPSTREAM_TOKEN"}}),
        ({"type": "http", "scheme": "basic"}, {"basic": {"username": "me", "password": {"env": "UPSTREAM_PASSWORD"}}}),
        ({"type": "mutualTLS"}, None),
        ({"$ref": "#/components/securitySchemes/other"}, None),
        ("nonsense", None),
    ],
)
def test_every_kind_of_scheme_becomes_the_credential_it_asks_for(
    scheme: dict[str, Any] | str, credential: dict[str, Any] | None
) -> None:
    found = document({"components": {"securitySchemes": {"s": scheme}}, "paths": {"/a": get("a")}})
    assert written(found)["upstream"].get("credential") == credential


def test_operations_that_are_elsewhere_are_no_first_choice() -> None:
    elsewhere = {**get("uploadedFiles", summary="Files"), "servers": [{"url": "https://files.shop.test"}]}
    found = document({**SHOP.root, "paths": {"/files": elsewhere, "/items": get("listItems")}})
    assert written(found)["allow"] == ["listItems"]


def test_other_places_that_the_document_names_are_shown_to_the_author() -> None:
    found = document({"servers": [{"url": "https://a.test"}, {"url": "https://b.test"}], "paths": {}})
    assert "`upstream.url` is https://a.test; the document also names https://b.test" in draft(found, "./o.yaml").notes


def test_notes_tell_the_author_which_settings_the_document_lacks() -> None:
    drafted = draft(document({"paths": {}}), "openapi.json")
    assert "the document does not say where the API is: set `upstream.url`" in drafted.notes
    assert "allow: []" in drafted.text


@pytest.mark.parametrize(
    "text", ["on", "null", "a: b", "a #b", "1", "-", "GET /a b", "ünïcode", 'say "x"', "a\nb", "x.", "./a", "/a b"]
)
def test_every_scalar_is_read_back_as_it_was(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text


def test_text_of_the_document_cannot_leave_its_comment() -> None:
    assert "\n" not in comment("a\nallow: [everything]\x1b")
    assert len(comment("x" * 500)) == 80


@pytest.mark.parametrize("odd", [None, 5, "text", [], {}, [None], [{}], [["a"]], {"a": None}])
def test_a_document_with_odd_values_still_has_a_draft(odd: Any) -> None:
    for key in ("info", "servers", "components", "security", "securityDefinitions", "schemes", "host", "basePath"):
        for version in ({"openapi": "3.0.3"}, {"swagger": "2.0"}):
            found = Document(root={**version, "host": "e.x", "paths": {"/a": get("a")}, key: odd}, name="x")
            assert written(found)["allow"] == ["a"]


@pytest.mark.parametrize(
    "root",
    [
        {"info": {"title": ["a"]}},
        {"servers": [{"url": "https://[x"}]},
        {"servers": [{"url": "https://{a}/", "variables": [None]}]},
        {"components": {"securitySchemes": {"k": {"type": ["http"]}}}},
        {"components": {"securitySchemes": {"k": {"type": "apiKey", "in": [], "name": "n"}}}},
    ],
)
def test_impossible_values_in_a_document_are_treated_as_absent(root: dict[str, Any]) -> None:
    draft_ = written(document({"paths": {"/a": get("a")}, **root}))
    assert draft_["upstream"] == {"url": PLACEHOLDER_URL}


def test_a_new_gateway_refuses_calls_that_break_the_document() -> None:
    assert written(SHOP)["validate"] == {"request": "enforce"}


def test_a_gateway_that_has_callers_already_keeps_the_default() -> None:
    assert "validate" not in yaml.safe_load(draft(SHOP, "./openapi.yaml", entry_lines=["  - listOrders"]).text)


@pytest.mark.parametrize("environ", [{}, {"UPSTREAM_API_KEY": "k"}, None])
def test_a_gateway_that_starts_at_once_needs_no_missing_credential(environ: dict[str, str] | None) -> None:
    scheme = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
    drafted = draft(document({**SHOP.root, "components": scheme}), "openapi.yaml", [], environ=environ)
    config = load_text(drafted.text, path=None, environ={"UPSTREAM_API_KEY": "k", **(environ or {})}).config
    assert config.allow == ()
    assert (config.upstream.credential == ()) is (environ == {})
    assert "UPSTREAM_API_KEY" in " ".join(drafted.notes) + drafted.text
