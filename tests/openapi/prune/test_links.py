from __future__ import annotations

import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.links import PermittedLinks
from plugin_gateway.openapi.prune.targets import Region, Targets

ROOT = {
    "openapi": "3.2.0",
    "$self": "https://e.x/api",
    "paths": {
        "/a": {"get": {"operationId": "getA"}, "put": {"operationId": "putA"}, "additionalOperations": {"COPY": {"operationId": "copyA"}}},
        "/s": {"$ref": "#/components/pathItems/S"},
        "/t": {"$ref": "#/components/pathItems/S"},
    },
    "components": {
        "pathItems": {"S": {"get": {"operationId": "getS"}}},
        "links": {"Loop": {"$ref": "#/components/links/Loop"}, "Odd": 5, "Good": {"operationId": "getA"}},
    },
}  # fmt: skip
KEPT = {
    OperationKey("GET", "/a"): ("paths", "/a", "get"),
    OperationKey("COPY", "/a"): ("paths", "/a", "additionalOperations", "COPY"),
    OperationKey("GET", "/t"): ("paths", "/t", "get"),
}
PLACE = Region(("paths", "/a", "get"))


def _links() -> PermittedLinks:
    document = Document(root=ROOT, name="d")
    return PermittedLinks(document, KEPT, Targets(document, KEPT))


@pytest.mark.parametrize(
    ("ref", "rewritten"),
    [
        ("#/paths/~1a/get", "#/paths/~1a/get"),
        ("#/paths/~1a/put", None),
        ("#/paths/~1a/additionalOperations/COPY", "#/paths/~1a/additionalOperations/COPY"),
        ("#/paths/~1a/COPY/x/y", None),
        ("#/paths/~1s/get", None),
        ("#/paths/~1t/get", "#/paths/~1t/get"),
        ("#/components/pathItems/S/get", "#/paths/~1t/get"),
        ("https://e.x/api#/paths/~1a/get", "#/paths/~1a/get"),
        ("https://e.x/api#/paths/~1a/put", None),
        ("https://e.y/#/paths/~1a/get", None),
        ("#/nowhere", None),
    ],
)
def test_an_operation_ref_is_permitted_when_its_operation_is_kept(ref: str, rewritten: str | None) -> None:
    link = {"operationRef": ref, "description": "d"}
    assert _links().is_permitted(link, PLACE) is (rewritten is not None)
    assert _links().rewritten(link, PLACE) == {**link, "operationRef": rewritten or ref}


@pytest.mark.parametrize(
    ("link", "permitted"),
    [
        ({"operationId": "getA"}, True),
        ({"operationId": "getS"}, True),
        ({"operationId": "putA"}, False),
        ({"operationId": "unknown"}, False),
        ({"operationId": "putA", "operationRef": "#/paths/~1a/get"}, False),
        ({"operationId": "getA", "operationRef": "#/paths/~1a/put"}, False),
        ({"$ref": "#/components/links/Good"}, True),
        ({"$ref": "#/components/links/Odd"}, True),
        ({"$ref": "#/components/links/Loop"}, True),  # for the copy to report
        ({"$ref": "#/nowhere"}, True),  # the same
        ({}, True),
        (5, True),
    ],
)
def test_a_link_is_permitted_when_it_leads_to_nothing_denied(link: dict[str, str] | int, permitted: bool) -> None:
    assert _links().is_permitted(link, PLACE) is permitted


def test_a_link_without_an_operation_ref_stays_itself() -> None:
    link = {"operationId": "getA"}
    assert _links().rewritten(link, PLACE) is link
