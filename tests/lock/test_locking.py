from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.errors import DocumentError
from plugin_gateway.lock.change import Change
from plugin_gateway.lock.graft import graft
from plugin_gateway.lock.lock import Lock
from plugin_gateway.lock.locking import Drift, find_drift, lock_of
from plugin_gateway.lock.operation_changes import compare, compare_roots
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
def test_drift_is_described_in_words(changed: tuple[str, ...], said: str) -> None:
    assert str(Drift(LIST, changed)) == said


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 1, -1.5, "x", "#/components/schemas/Pet", [], {}, [1], {"a": 1}, {"$ref": "#/components/schemas/Cat"},
     {"$ref": "#/nope"}, {"$ref": 5}, [{"$ref": "#/components/parameters/Limit"}], {"200": {}}, 2**70]
)  # fmt: skip
NAMES = st.sampled_from(
    ["parameters", "security", "tags", "responses", "servers", "requestBody", "callbacks", "$ref", "discriminator",
     "mapping", "allOf", "properties", "description", "operationId", "content", "schema", "items", "info", "links",
     "type", "enum", "required", "maximum", "in", "name", "schemas", "securitySchemes"]
)  # fmt: skip


def holders(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from holders(child)


@given(st.lists(st.tuples(st.integers(0, 200), NAMES, JUNK), min_size=1, max_size=4))
def test_no_value_in_place_of_another_stops_the_gateway(damage: list[tuple[int, str, Any]]) -> None:
    """A hostile document must not make a revision fail that only quarantines its operations."""
    root = deepcopy(ROOT)
    for place, name, value in damage:
        there = [*holders(root)]
        there[place % len(there)][name] = deepcopy(value)
    now, old = document(root), document()
    drifted = [one.key for one in find_drift(now, LOCK, LOCK.operations).operations]
    with suppress(DocumentError):
        graft(now, old, drifted, LOCK)
    with suppress(DocumentError):
        assert all(isinstance(change, Change) for change in compare(old, now, [*old.operations, *now.operations]))
    assert all(isinstance(change, Change) for change in compare_roots(old, now))
    with suppress(DocumentError):
        lock_of(now, dict.fromkeys((key for key in (LIST, ADD) if key in now.operations), ""), {}, SETTINGS)
