import pytest

from plugin_gateway.shape.values.problem import Problem


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (Problem("/query/limit", "must be at most 50"), "/query/limit must be at most 50"),
        (Problem("", "is missing"), "the body is missing"),
    ],
)
def test_a_problem_in_words_names_its_place(problem: Problem, words: str) -> None:
    assert str(problem) == words
