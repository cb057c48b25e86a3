"""Documents that are finished before the start."""

from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.revision.finished import FinishedSteps, hash_of_parts

LIST, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")


def pruned(*, title: str = "Pets", backwards: bool = False) -> Document:
    methods: dict[str, Any] = {"get": {"responses": {}}, "post": {"responses": {}}}
    item = dict(reversed(methods.items())) if backwards else methods
    root = {"openapi": "3.1.0", "info": {"title": title, "version": "1"}, "paths": {"/pets": item}}
    return Document(root=root, name="pets.json")


OPERATIONS = {LIST: PublishedOperation(operation_id="list"), ADD: PublishedOperation(operation_id="add")}
PRESENTATION = Presentation(public_url="https://plugin.example.com")
PARTS = pruned(), OPERATIONS, PRESENTATION


def with_rule(**names: Any) -> dict[OperationKey, PublishedOperation]:
    rule = OperationRule(method="GET", path_template="/pets", operation_id="list", **names)
    return {**OPERATIONS, LIST: replace(OPERATIONS[LIST], rule=rule)}


CHANGED = {
    "text": (pruned(title="Dogs"), OPERATIONS, PRESENTATION),
    "order of the document": (pruned(backwards=True), OPERATIONS, PRESENTATION),
    "ids": (pruned(), {LIST: OPERATIONS[ADD], ADD: OPERATIONS[LIST]}, PRESENTATION),
    "description": (pruned(), {**OPERATIONS, ADD: replace(OPERATIONS[ADD], description="Add one")}, PRESENTATION),
    "rule": (pruned(), with_rule(), PRESENTATION),
    "parameter": (pruned(), with_rule(query_names=frozenset({b"limit"})), PRESENTATION),
    "address": (pruned(), OPERATIONS, replace(PRESENTATION, public_url="https://other.example.com")),
    "version": (pruned(), OPERATIONS, replace(PRESENTATION, version="3.0")),
    "statuses": (pruned(), OPERATIONS, replace(PRESENTATION, statuses=frozenset({429}))),
    "security": (pruned(), OPERATIONS, replace(PRESENTATION, security_schemes={"a": {}})),
}


def test_documents_of_the_same_parts_are_made_once() -> None:
    steps = FinishedSteps()
    first = steps.show(*PARTS)
    assert steps.show(pruned(), dict(OPERATIONS), replace(PRESENTATION)) is first
    assert FinishedSteps(steps.finished).show(*PARTS) is first
    assert len(steps.finished) == 1


@pytest.mark.parametrize("parts", CHANGED.values(), ids=CHANGED)
def test_documents_of_other_parts_are_made_anew(parts: Any) -> None:
    steps = FinishedSteps()
    first = steps.show(*PARTS)
    assert steps.show(*parts) is not first
    assert len(steps.finished) == 2


def test_all_changed_parts_differ_from_each_other() -> None:
    assert len({hash_of_parts(*parts) for parts in CHANGED.values()}) == len(CHANGED)
