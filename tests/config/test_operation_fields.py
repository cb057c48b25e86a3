from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from plugin_gateway.config import operation_fields as fields


def rule_of(kind: Any, value: str) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value, strict=True)
    error = caught.value.errors()[0]
    return getattr(error.get("ctx", {}).get("error"), "rule", error["type"])


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (fields.Method, "GE T", "bad-method"),
        (fields.OperationText, "", "wrong-type"),
        (fields.OperationText, "GET issues", "bad-operation"),
        (fields.OperationText, "GET /issues HTTP/1.1", "bad-operation"),
        (fields.OperationText, "GET /a - GET /b", "bad-operation"),
        (fields.PathGlob, "issues", "bad-path"),
        (fields.OperationName, "a b", "bad-name"),
        (fields.OperationName, "a" * 65, "bad-name"),
    ],
)
def test_a_text_that_names_no_operation_is_a_mistake(kind: Any, value: str, rule: str) -> None:
    assert rule_of(kind, value) == rule
