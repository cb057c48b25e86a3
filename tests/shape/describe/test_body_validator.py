import pickle
from typing import Any

import pytest
from msgspec.structs import replace

from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.shape.describe.body_validator import HiddenWord, body_validator
from plugin_gateway.shape.describe.shaping import Shaping
from plugin_gateway.shape.settings import OperationSettings
from plugin_gateway.shape.values.validator import Validator

ITEM = {
    "type": "object",
    "required": ["id", "key"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "key": {"type": "string", "writeOnly": True}},
}


def shaping_of() -> Shaping:
    document = Document(root={"openapi": "3.1.0", "components": {"schemas": {"Item": ITEM}}}, name="items")
    return Shaping(key=OperationKey("GET", "/item"), node={}, document=document, settings=OperationSettings(entry=2))


def refuse(_: Validator) -> None:
    raise ValueError("too large")


@pytest.mark.parametrize(("hidden", "missing"), [("readOnly", "/key"), ("writeOnly", "/id")])
def test_a_property_that_only_the_other_side_sends_is_not_required(hidden: HiddenWord, missing: str) -> None:
    schema = {"$ref": "#/components/schemas/Item"}
    validator = body_validator(shaping_of(), schema, "bodies", hidden=hidden, is_enforced=True)
    assert validator is not None
    assert [problem.pointer for problem in validator.problems({})] == [missing]


@pytest.mark.parametrize(
    ("more", "problems"), [({}, []), ({"additionalProperties": False}, [("/id", "is not declared")])]
)
def test_a_property_that_only_the_other_side_sends_is_judged_like_an_undeclared_one(
    more: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    schema = {**ITEM, **more}
    validator = body_validator(shaping_of(), schema, "bodies", hidden="readOnly", is_enforced=True)
    assert validator is not None
    found = validator.problems({"id": "not an integer", "key": "k"})
    assert [(problem.pointer, problem.detail) for problem in found] == problems


def test_an_enforced_schema_that_cannot_be_compiled_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Validator, "compile", refuse)
    shaping = shaping_of()
    assert body_validator(shaping, ITEM, "bodies of `GET /item`", hidden="readOnly", is_enforced=True) is None
    [finding] = shaping.findings
    assert (finding.rule, finding.severity, finding.pointer) == ("cannot-validate", Severity.WARNING, ("allow", 2))
    assert finding.message == "the gateway cannot validate bodies of `GET /item`: too large"


def test_a_report_compiles_no_schema_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Validator, "compile", refuse)
    shaping = shaping_of()
    assert body_validator(shaping, ITEM, "bodies", hidden="readOnly", is_enforced=False) is not None
    assert shaping.findings == []


def test_a_report_reads_its_schema_when_the_first_body_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Any]()

    def count(schema: Any, *_: Any, **__: Any) -> Any:
        made.append(schema)
        return schema

    monkeypatch.setattr("plugin_gateway.shape.describe.body_validator.stand_alone", count)
    shaping = replace(shaping_of(), copies={})
    validator = body_validator(shaping, {"type": "integer"}, "bodies", hidden="readOnly", is_enforced=False)
    assert validator is not None
    assert made == []
    assert [validator.accepts(value) for value in (1, "one")] == [True, False]
    assert made == [{"type": "integer"}]
    assert pickle.loads(pickle.dumps(validator)) == validator
