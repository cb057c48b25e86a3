import json

import pytest

from plugin_gateway.hostile.case import Case, Feature
from plugin_gateway.hostile.cases import CANARY
from plugin_gateway.hostile.shaped import ShapedOperation
from plugin_gateway.hostile.shaped_cases import DROPPED, shaped_cases
from plugin_gateway.hostile.terrain import AttackedOperation, Terrain

PLACE = AttackedOperation("GET", "/orders/{id}")


def cases(shaped: ShapedOperation, mcp_path: str = "/mcp") -> list[Case]:
    return list(shaped_cases(Terrain(allowed=(PLACE,), denied=(), shaped=(shaped,), mcp_path=mcp_path)))


def test_an_operation_that_is_only_held_has_no_case_here() -> None:
    assert cases(ShapedOperation(PLACE, is_held=True)) == []


@pytest.mark.parametrize(
    ("parameter", "sent"),
    [
        (("query", "mode"), f"?mode={CANARY} "),
        (("query", "mode"), f"?%6D%6F%64%65={CANARY} "),
        (("query", "mode"), f"?MODE={CANARY} "),
        (("query", "mode"), f"?mode=&mode={CANARY} "),
        (("header", "x-mode"), f"x_mode: {CANARY}"),
        (("cookie", "mode"), f"Cookie: mode={CANARY}"),
    ],
)
def test_a_hidden_parameter_is_sent_in_several_spellings(parameter: tuple[str, str], sent: str) -> None:
    assert any(sent.encode() in case.octets for case in cases(ShapedOperation(PLACE, (parameter,))))


def test_other_spellings_are_not_sent_where_any_query_is_allowed() -> None:
    found = cases(ShapedOperation(PLACE, (("query", "mode"),), takes_any_query=True))
    assert found
    assert not any(b"?MODE=" in case.octets for case in found)


def test_hidden_members_are_sent_together_and_each_in_other_spellings() -> None:
    found = cases(ShapedOperation(PLACE, members=(("notes",), ("rows", "*", "cost"))))
    assert {case.feature for case in found} == {Feature.HIDDEN}
    whole = {"notes": CANARY, "rows": [{"cost": CANARY}]}
    bodies = [case.octets.partition(b"\r\n\r\n")[2] for case in found]
    assert json.dumps(whole).encode() in bodies
    assert any(b"\\u006e\\u006f\\u0074" in body for body in bodies)
    assert any(f'"notes": "kept", "notes": "{CANARY}"'.encode() in body for body in bodies)


def body_of(case: Case) -> object:
    return json.loads(case.answer.partition(b"\r\n\r\n")[2])


def test_answers_have_dropped_fields_beside_kept_fields() -> None:
    found = {
        case.name: case
        for case in cases(ShapedOperation(PLACE, keep=(("rows", "*", "id"),), drop=(("rows", "*", "cost"),)))
    }
    assert body_of(found["as application/json"]) == {
        "rows": [{"id": "kept", "cost": DROPPED, "pgextra": DROPPED}],
        "pgextra": DROPPED,
    }
    assert body_of(found["with escaped names"]) == body_of(found["as application/json"])
    assert body_of(found["with each name twice"]) == body_of(found["as application/json"])


def test_errors_have_only_dropped_fields() -> None:
    found = {case.name: case for case in cases(ShapedOperation(PLACE, keep=(("id",),), drop=(("cost",),)))}
    assert body_of(found["with 500 Internal Server Error"]) == {"cost": DROPPED}
    assert "with 500 Internal Server Error" not in {
        case.name for case in cases(ShapedOperation(PLACE, keep=(("id",),)))
    }


def test_a_tool_is_called_if_there_is_one() -> None:
    tooled = ShapedOperation(PLACE, drop=(("cost",),), tool="getOrder", in_path=("id",))
    assert [case.octets.partition(b" HTTP")[0] for case in cases(tooled) if case.name == "by a tool"] == [b"POST /mcp"]
    assert not any(case.name == "by a tool" for case in cases(tooled, mcp_path=""))
