from copy import deepcopy
from typing import Any, Literal

import pytest

from plugin_gateway.config.trims import ResponseTrim
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.compile import ShapedDocument, compile_shapes
from plugin_gateway.shape.settings import OperationSettings
from plugin_gateway.shape.values.validator import Validator

KEY = OperationKey("GET", "/item")
ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        "/item": {
            "get": {
                "responses": {
                    "200": {"$ref": "#/components/responses/Item"},
                    "204": {"description": "none"},
                }
            }
        }
    },
    "components": {
        "responses": {
            "Item": {
                "description": "ok",
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Item"}},
                    "text/csv": {"schema": {"type": "string"}},
                },
            }
        },
        "schemas": {
            "Item": {
                "type": "object",
                "required": ["id", "secret"],
                "properties": {
                    "id": {"type": "integer", "nullable": True},
                    "secret": {"type": "string", "writeOnly": True},
                    "parent": {"$ref": "#/components/schemas/Item"},
                },
            }
        },
    },
}


def shaped(
    check: Literal["off", "report", "enforce"], root: dict[str, Any] | None = None, **response: Any
) -> ShapedDocument:
    settings = OperationSettings(validates_response=check, response=ResponseTrim.parse(response))
    return compile_shapes(Document(root=deepcopy(root or ROOT), name="items"), {KEY: settings})


def problems(result: ShapedDocument, body: bytes) -> list[tuple[str, str]]:
    check = result.shapes[KEY].check
    assert check is not None
    return [*check.problems(200, b"application/json", body)]


def test_nullable_counts_and_a_write_only_member_is_not_required() -> None:
    result = shaped("enforce")
    assert problems(result, b'{"id":null,"parent":{"id":1}}') == []
    assert problems(result, b'{"id":1,"parent":{"id":"x"}}') == [("/parent/id", "expected integer or null, got string")]


def test_the_check_is_made_before_the_answers_are_cut() -> None:
    result = shaped("report", drop=["/id"])
    assert problems(result, b'{"id":"x"}') == [("/id", "expected integer or null, got string")]
    check = result.shapes[KEY].check
    assert check is not None
    assert not check.is_enforced
    assert check.bodies["204"] == {}


def test_without_validation_there_is_no_check() -> None:
    assert KEY not in shaped("off").shapes


def test_a_schema_that_no_validator_accepts_is_a_warning_that_names_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: Validator) -> None:
        raise ValueError("too large")

    monkeypatch.setattr(Validator, "compile", refuse)
    [finding] = shaped("enforce").findings
    assert finding.message == "the gateway cannot validate answers of `GET /item` with status 200: too large"
