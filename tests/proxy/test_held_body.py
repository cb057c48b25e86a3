import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.proxy.held_body import HeldBody
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.bodies import JudgedBody
from plugin_gateway.shape.request.invalid_request import invalid_request
from plugin_gateway.shape.values.problem import Problem
from tests.narrow import stand_in

REFUSAL = Refusal(status=400, code="malformed-target", detail="no")


class Upper:
    """Refuses an empty body, and adds a letter to every other."""

    def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
        return JudgedBody(body + media_type) if body else REFUSAL


@given(st.lists(st.binary(max_size=5), min_size=1).filter(any))
def test_the_shape_gets_the_whole_body_however_it_is_cut(pieces: list[bytes]) -> None:
    held = HeldBody(stand_in(Upper()), b"x")
    passed = [held.feed(piece, is_last=False) for piece in pieces[:-1]]
    assert passed == [b""] * len(passed)
    assert held.feed(pieces[-1], is_last=True) == b"".join(pieces) + b"x"


def test_a_refusal_of_the_shape_is_passed_on() -> None:
    assert HeldBody(stand_in(Upper()), b"x").feed(b"", is_last=True) is REFUSAL


def test_one_answer_lists_the_problems_of_the_parameters_and_of_the_body() -> None:
    refused = invalid_request([Problem("/query/limit", "must be at most 50")])

    class Strict:
        def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
            return JudgedBody(body) if body else invalid_request([Problem("/name", "is missing")])

    both = HeldBody(stand_in(Strict()), b"", refused).feed(b"", is_last=True)
    assert isinstance(both, Refusal)
    assert [one["pointer"] for one in both.members["errors"]] == ["/query/limit", "/name"]
    assert HeldBody(stand_in(Strict()), b"", refused).feed(b"x", is_last=True) is refused


def test_a_body_that_passes_keeps_its_problems_for_the_report() -> None:
    problem = Problem("/name", "is missing")

    class Lenient:
        def write(self, media_type: bytes, body: bytes) -> JudgedBody | Refusal:
            return JudgedBody(body, (problem,))

    held = HeldBody(stand_in(Lenient()), b"")
    assert (held.feed(b"{", is_last=False), held.problems) == (b"", ())
    assert (held.feed(b"}", is_last=True), held.problems) == (b"{}", (problem,))


@pytest.mark.parametrize(
    ("announced", "head"),
    [
        (3, b"POST / HTTP/1.1\r\nA: \r\nContent-Length: 4\r\nX-Request-Id: "),
        (4, b"POST / HTTP/1.1\r\nA: \r\nContent-Length: 4\r\nX-Request-Id: "),
        (-1, b"POST / HTTP/1.1\r\nA: \r\nTransfer-Encoding: chunked\r\nX-Request-Id: "),
    ],
)
def test_the_head_gets_the_length_of_the_body_that_goes_up(announced: int, head: bytes) -> None:
    held = HeldBody(stand_in(Upper()), b"x")
    held.feed(b"abc", is_last=True)
    assert held.framed_head(head.replace(b": 4", b": %d" % announced), announced) == head
