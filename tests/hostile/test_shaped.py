from plugin_gateway.hostile.shaped import UNKNOWN_MEMBER, ShapedOperation, shaped_of
from plugin_gateway.hostile.terrain import AttackedOperation
from tests.hostile.test_campaign import compiled, shaped


def test_an_operation_without_a_shape_is_left_out() -> None:
    revision = compiled()
    assert list(shaped_of(revision.rules, revision.tools)) == []


def test_closed_parameters_members_and_fields_of_an_operation_are_listed() -> None:
    revision = shaped()
    by_place = {one.place: one for one in shaped_of(revision.rules, revision.tools)}
    get, put, delete = (by_place[AttackedOperation(method, "/orders/{id}")] for method in ("GET", "PUT", "DELETE"))
    assert get.parameters == (("cookie", "mode"), ("header", "x-mode"), ("query", "mode"))
    assert (get.drop, get.keep, get.is_held) == ((("notes",),), (), False)
    assert (get.tool, get.in_path) == ("getOrder", ("id",))
    assert (put.members, put.keep, put.is_held, put.takes_json) == ((("notes",),), (("id",),), True, True)
    assert delete == ShapedOperation(delete.place, is_held=True, tool="deleteOrder", in_path=("id",))


def test_the_members_to_keep_and_to_fix_close_the_others() -> None:
    allow = [{"operation": "setOrder", "request": {"keep": ["/id"], "fixed": {"/notes": "x"}}}]
    revision = shaped(allow)
    [put] = shaped_of(revision.rules, revision.tools)
    assert {("notes",), (UNKNOWN_MEMBER,)} <= {*put.members}
    assert ("id",) not in put.members
