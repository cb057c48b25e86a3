import pytest

from plugin_gateway.openapi.refs import Tokens
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.answer.selection import take_selection

REPLY = ReplyShape(select="fields", selectable={"id": ("id",), "user.login": ("user", "login"), "a b": ("a b",)})


@pytest.mark.parametrize(
    ("query", "rest", "places"),
    [
        (b"", b"", None),
        (b"page=2", b"page=2", None),
        (b"fields=id", b"", (("id",),)),
        (b"page=2&fields=id,user.login&x=1", b"page=2&x=1", (("id",), ("user", "login"))),
        (b"fields=user.login&fields=id,id", b"", (("id",), ("user", "login"))),
        (b"fields=id%2C%20user.login", b"", (("id",), ("user", "login"))),
        (b"%66ields=a+b", b"", (("a b",),)),
        (b"fields=", b"", None),
        (b"fields", b"", None),
        (b"fields=,", b"", None),
        (b"Fields=id", b"Fields=id", None),
        (b"fields2=id", b"fields2=id", None),
    ],
)
def test_a_selection_is_taken_out_of_the_query(query: bytes, rest: bytes, places: tuple[Tokens, ...] | None) -> None:
    assert take_selection(query, REPLY) == (rest, places, ())


@pytest.mark.parametrize("query", [b"fields=email", b"fields=id,email", b"fields=user", b"fields=ID", b"fields=%ff"])
def test_a_name_that_the_answer_does_not_have_is_a_problem(query: bytes) -> None:
    [problem] = take_selection(query, REPLY).problems
    assert problem.pointer == "/query/fields"
    assert "it has id, user.login, a b" in problem.detail
    assert "email" not in problem.detail


def test_the_problem_tells_the_nearest_name() -> None:
    [problem] = take_selection(b"fields=user.logn", REPLY).problems
    assert "did you mean user.login?" in problem.detail


def test_an_operation_without_a_selection_passes_the_query() -> None:
    assert take_selection(b"fields=id", ReplyShape()).query == b"fields=id"
    assert take_selection(b"fields=id", None).query == b"fields=id"
