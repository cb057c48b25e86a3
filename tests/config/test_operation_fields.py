from typing import Any

import pytest

from plugin_gateway.config import operation_fields as fields
from plugin_gateway.config.reader import MistakesError, read_as


def rule_of(kind: Any, value: str) -> str:
    with pytest.raises(MistakesError) as caught:
        read_as(kind, value)
    [(_, mistake)] = caught.value.found
    return mistake.rule


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
