from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.lock.lock import Lock
from plugin_gateway.lock.locking import Drift, find_drift, lock_of
from plugin_gateway.openapi.document import Document, OperationKey
from tests.lock.test_parts import ADD, LIST, OWNERS, ROOT

SETTINGS = Lock(document="")


def document(root: dict[str, Any] = ROOT) -> Document:
    return Document(root=root, name="t")


LOCK = lock_of(document(), {LIST: "listPets", ADD: ""}, {}, SETTINGS)


def drift(root: dict[str, Any], *keys: OperationKey) -> list[Drift]:
    return [*find_drift(document(root), LOCK, keys or (LIST, ADD)).operations]


def test_a_document_that_did_not_change_has_no_drift() -> None:
    assert drift(ROOT) == []


def test_an_operation_that_was_not_locked_does_not_matter() -> None:
    root = deepcopy(ROOT)
    root["paths"]["/owners"]["get"]["summary"] = "Now with names"
    root["paths"]["/new"] = {"get": {"responses": {}}}
    assert drift(root, LIST, ADD, OWNERS) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda root: root["paths"]["/pets"]["get"].update(summary="All"), [Drift(LIST, ("texts",))]),
        (
            lambda root: root["components"]["schemas"]["Pet"].update(required=[]),
            [Drift(LIST, ("replies",)), Drift(ADD, ("body",))],
        ),
        (lambda root: root["paths"]["/pets"].pop("post"), [Drift(ADD, ("removed",))]),
        (
            lambda root: root["paths"]["/pets"]["post"].update(requestBody={"$ref": "#/components/requestBodies/Gone"}),
            [Drift(ADD, ("unreadable",))],
        ),
    ],
)
def test_each_change_is_found_where_it_is(change: Any, found: list[Drift]) -> None:
    root = deepcopy(ROOT)
    change(root)
    assert drift(root) == found
    assert drift(root, LIST) == [one for one in found if one.key == LIST]


def test_an_extension_that_the_gateway_acts_on_is_locked_even_if_clients_do_not_see_it() -> None:
    root = deepcopy(ROOT)
    root["paths"]["/pets"]["parameters"][0]["schema"]["x-mcp-header"] = "Tenant"
    root["paths"]["/pets"]["get"]["x-internal"] = 1
    assert drift(root, LIST) == [Drift(LIST, ("parameters",))]


def test_a_link_between_locked_operations_belongs_to_the_one_that_has_it() -> None:
    root = deepcopy(ROOT)
    root["paths"]["/pets"]["post"]["responses"]["201"]["links"] = {"all": {"operationId": "listPets"}}
    assert drift(root) == [Drift(ADD, ("replies",))]
    lock = lock_of(document(root), {ADD: "", LIST: "listPets"}, {}, SETTINGS)
    # The config may name only one of the two: the digests are still those of both together.
    assert find_drift(document(root), lock, [ADD]).operations == ()


def test_an_operation_that_only_an_overlay_has_drifts_when_the_document_gets_it() -> None:
    new = OperationKey("PUT", "/pets")
    lock = lock_of(document(), {LIST: "listPets", new: "putPets"}, {}, SETTINGS)
    assert find_drift(document(), lock, [new]).operations == ()
    root = deepcopy(ROOT)
    root["paths"]["/pets"]["put"] = {"responses": {}}
    assert find_drift(document(root), lock, [new]).operations == (Drift(new, ("parameters", "replies", "texts")),)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("removed",), "the document no longer has it"),
        (("unreadable",), "its part of the document is no longer valid"),
        (("texts",), "its texts changed"),
        (("parameters", "body", "texts"), "its parameters, body and texts changed"),
    ],
)
def test_drift_is_said_in_words(changed: tuple[str, ...], said: str) -> None:
    assert str(Drift(LIST, changed)) == said
