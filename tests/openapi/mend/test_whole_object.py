from typing import Any

import pytest

from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.grammar import ObjectKind
from plugin_gateway.openapi.mend.notes import Notes
from plugin_gateway.openapi.mend.parameters import ParameterMender
from plugin_gateway.openapi.mend.value_check import ValueCheck
from plugin_gateway.openapi.mend.whole_object import WholeMender

NONE = {"default": {"description": ""}}


def mended(kind: ObjectKind, node: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    document = Document(root={"openapi": "3.1.0", "paths": {}}, name="x")
    notes = Notes()
    mender = WholeMender(
        ValueCheck(document, None), ParameterMender(document, document.root, notes), notes, document.version
    )
    mender.mend(kind, node, ("place",))
    return node, [one.message for one in notes.findings]


@pytest.mark.parametrize(
    ("kind", "node", "better", "words"),
    [
        (ObjectKind.INFO, {"title": "t"}, {"title": "t", "version": "0"}, "'version' is missing"),
        (ObjectKind.CONTACT, {"email": "me"}, {}, "is not an e-mail address"),
        (ObjectKind.LICENSE, {"identifier": "MIT", "url": "u"}, {"identifier": "MIT"}, "beside `identifier`"),
        (ObjectKind.OPERATION, {"responses": []}, {"responses": NONE}, "must be a mapping"),
        (ObjectKind.OPERATION, {"responses": {"$ref": "#/a"}}, {"responses": NONE}, "must be a mapping"),
        (ObjectKind.REQUEST_BODY, {}, {"content": {}}, "'content' is missing"),
        (ObjectKind.EXAMPLE, {"value": 1, "externalValue": "u"}, {"value": 1}, "beside `value`"),
        (ObjectKind.LINK, {"operationRef": "r", "operationId": "i"}, {"operationId": "i"}, "beside `operationId`"),
    ],
)
def test_fields_that_do_not_go_together_or_are_missing_are_a_warning(
    kind: ObjectKind, node: dict[str, Any], better: dict[str, Any], words: str
) -> None:
    found, messages = mended(kind, node)

    assert found == better
    assert len(messages) == 1
    assert words in messages[0]


@pytest.mark.parametrize(
    ("kind", "node", "better"),
    [
        (ObjectKind.OPERATION, {}, {"responses": NONE}),
        (ObjectKind.RESPONSE, {}, {"description": ""}),
        (ObjectKind.RESPONSE, {"summary": "s"}, {"summary": "s"}),
        (ObjectKind.CONTACT, {"email": "me@example.com"}, {"email": "me@example.com"}),
        (ObjectKind.LINK, {"operationId": "i"}, {"operationId": "i"}),
        (ObjectKind.TAG, {"name": "t"}, {"name": "t"}),
    ],
)
def test_an_object_without_a_mistake_or_with_a_common_one_gives_no_finding(
    kind: ObjectKind, node: dict[str, Any], better: dict[str, Any]
) -> None:
    assert mended(kind, node) == (better, [])
