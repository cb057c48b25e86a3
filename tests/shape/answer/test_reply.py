import pickle

from plugin_gateway.shape.answer.cut import LEFT_OUT, cut_value
from plugin_gateway.shape.answer.reply import ReplyShape

ANSWER = {"id": 1, "notes": "x", "tags": ["a", "b"], "user": {"login": "ann", "email": "a@b.c"}}


def test_drop_wins_over_keep() -> None:
    shape = ReplyShape(keep=(("id",), ("user",)), drop=(("user", "email"),))
    assert cut_value(ANSWER, shape.of_success()) == {"id": 1, "user": {"login": "ann"}}


def test_a_failure_loses_the_dropped_members_and_keeps_the_rest() -> None:
    shape = ReplyShape(keep=(("id",),), drop=(("notes",),), limits=((("tags",), 1),))
    assert cut_value({"error": "x", "notes": "y"}, shape.of_failure()) == {"error": "x"}


def test_a_selection_narrows_and_never_widens() -> None:
    shape = ReplyShape(drop=(("user", "email"),), limits=((("tags",), 1),))
    assert cut_value(ANSWER, shape.of_success([("user",), ("tags",)])) == {"user": {"login": "ann"}, "tags": ["a"]}
    assert cut_value(ANSWER, shape.of_success([("user", "email")])) == {"user": {}}
    assert cut_value("x", shape.of_success([("id",)])) is LEFT_OUT


def test_a_selection_finds_one_object_in_the_place_of_an_array() -> None:
    shape = ReplyShape(drop=(("items", "*", "notes"), ("items", "notes")))
    places = [("items", "*", "id"), ("items", "*", "user", "login")]
    item = {"id": 1, "notes": "x", "title": "t", "user": {"login": "ann", "email": "a@b.c"}}
    assert cut_value({"items": item}, shape.of_success(places)) == {"items": {"id": 1, "user": {"login": "ann"}}}
    assert cut_value({"items": [item]}, shape.of_success(places)) == {"items": [{"id": 1, "user": {"login": "ann"}}]}


def test_only_keep_and_drop_close_answers_that_are_not_json() -> None:
    assert ReplyShape(keep=(("id",),)).is_closed
    assert ReplyShape(drop=(("id",),)).is_closed
    assert not ReplyShape(limits=(((), 1),), select="fields").is_closed


def test_a_reply_shape_can_be_pickled() -> None:
    shape = ReplyShape(keep=(("id",),), selectable={"id": ("id",)})
    assert pickle.loads(pickle.dumps(shape)) == shape
