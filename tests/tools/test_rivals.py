from __future__ import annotations

import pytest

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.template import parse_template
from plugin_gateway.openapi.document import Document, JsonObject, OperationKey
from plugin_gateway.tools.rivals import Rivals


def rivals(template: str, *others: str, method: str = "GET") -> tuple[dict[int, set[str]], bool]:
    keys = [OperationKey(method, template), *(OperationKey(*other.split(" ")) for other in others)]
    paths: JsonObject = {}
    for key in keys:
        paths.setdefault(key.path, {})[key.method.lower()] = {}
    document = Document(root={"openapi": "3.1.0", "paths": paths}, name="t")
    gate = compile_gate(document, {key: AllowedOperation(operation_id=str(key)) for key in keys})
    found = Rivals(gate.routes.root, parse_template(template), method.encode())
    return found.names, found.take_any


@pytest.mark.parametrize(
    ("template", "others", "expected"),
    [
        ("/pets/{id}", ["GET /pets/mine", "GET /pets/{id}/toys", "GET /cats/{id}"], ({1: {"mine"}}, False)),
        ("/pets/{id}", ["POST /pets/mine"], ({}, False)),
        ("/pets/mine", ["GET /pets/{id}"], ({}, False)),
        ("/{a}/{b}", ["GET /x/y", "GET /{a}/z", "GET /x/{b}"], ({0: {"x"}, 1: {"z"}}, False)),
        ("/{a}/{b}", ["GET /x/y"], ({0: {"x"}}, False)),
        ("/{a}/{b}", ["GET /x/y{b}"], ({0: {"x"}}, False)),
        ("/{a}/{b}", ["GET /x/y/z", "GET /x"], ({}, False)),
        ("/{a}/toys", ["GET /x/{b}", "GET /y/{b}/c"], ({0: {"x"}}, False)),
        ("/{a}/toys", ["GET /x/toys", "GET /z/other"], ({0: {"x"}}, False)),
        ("/{a}/toys", ["GET /x/t{b}"], ({0: {"x"}}, False)),
        ("/{a}", ["GET /x{a}"], ({}, True)),
        ("/x{a}", ["GET /xy", "GET /{a}"], ({0: {"xy"}}, True)),
        ("/{a}/y", ["GET /x{a}/y", "GET /z{a}/q"], ({}, True)),
        ("/x{a}/{b}", ["GET /xy/z", "GET /x{a}/k"], ({0: {"xy"}, 1: {"k"}}, True)),
        ("/x{a}", ["GET /b"], ({}, False)),
        ("/x{a}", ["GET /xy{a}"], ({}, True)),
        ("/xy{a}", ["GET /x{a}"], ({}, False)),
        ("/a/{b}", ["GET /a/{b}?c=d"], ({}, True)),
        ("/{a}/", ["GET /x/{b}"], ({}, False)),
    ],
)
def test_the_routes_that_a_search_tries_first_are_found(
    template: str, others: list[str], expected: tuple[dict[int, set[str]], bool]
) -> None:
    assert rivals(template, *others) == expected


def test_a_head_has_the_rivals_of_a_get() -> None:
    assert rivals("/pets/{id}", "GET /pets/mine", method="HEAD") == ({1: {"mine"}}, False)
