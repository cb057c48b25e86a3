from typing import Any

import pytest

from plugin_gateway.config import published_fields
from plugin_gateway.config.operation_fields import OperationName
from plugin_gateway.config.published import EMAIL, MAX_LENGTHS, MODEL_NAME, OPERATION_ID
from plugin_gateway.config.reader import MistakesError, read_as
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.publish.manifest import ManifestText, build_manifest
from plugin_gateway.publish.operation_ids import assign_operation_ids

TEXTS = {
    "name_for_human": published_fields.NameForHuman,
    "name_for_model": published_fields.NameForModel,
    "description_for_human": published_fields.DescriptionForHuman,
    "description_for_model": published_fields.DescriptionForModel,
    "contact_email": published_fields.Email,
}


def takes(kind: Any, text: str) -> bool:
    try:
        read_as(kind, text)
    except MistakesError:
        return False
    return True


@pytest.mark.parametrize(
    "text", ["getPet", "get.pet", "get pet", "get/pet", "get-pet_2", "x" * 64, "x" * 65, "", "ä", "a\n"]
)
def test_the_config_takes_an_operation_id_just_where_it_can_be_published(text: str) -> None:
    key = OperationKey("GET", "/pets")
    document = Document(root={"openapi": "3.1.0", "paths": {"/pets": {"get": {"operationId": text}}}}, name="x")
    ids = assign_operation_ids(document, {})
    assert takes(OperationName, text) == (ids[key] == text) == bool(OPERATION_ID.fullmatch(text))


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize(
    "text", ["a", "a b", "a_b", "a@example.com", "a@localhost", "x" * 20, "x" * 21, "x" * 51, "x" * 101, "x" * 8001]
)
def test_the_config_takes_a_text_of_the_manifest_just_where_it_can_be_published(key: str, text: str) -> None:
    _, findings = build_manifest(ManifestText(**{key: text}), {}, "http://localhost", logo_url="http://localhost/l")
    is_refused = any(
        finding.pointer == ("manifest", key) and finding.rule != "manifest-missing" for finding in findings
    )
    assert takes(TEXTS[key], text) == (not is_refused)


def test_every_host_of_plugins_takes_texts_within_the_bounds() -> None:
    assert dict(MAX_LENGTHS) == {
        "name_for_human": 20,
        "name_for_model": 50,
        "description_for_human": 100,
        "description_for_model": 8000,
    }
    assert MODEL_NAME.fullmatch("a_1")
    assert not MODEL_NAME.fullmatch("a-1")
    assert EMAIL.fullmatch("a@b.c")
    assert not EMAIL.fullmatch("a@b")
