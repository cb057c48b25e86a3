"""Results are built of JSON texts, and say by structured content and `isError` what a client needs to know."""

from __future__ import annotations

import pytest

from plugin_gateway.mcp.result import clean, member, of_json, of_texts, seconds
from tests.mcp.world import parsed, revision_of

TOOLS = revision_of().tools.by_name


def test_texts_and_json_become_content() -> None:
    found = parsed(of_json([b'"a"', b'"b"'], b'{"x":1}', member("k", [1])))

    assert found == {
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        "structuredContent": {"x": 1},
        "isError": False,
        "_meta": {"k": [1]},
    }


def test_only_a_failed_call_is_an_error_and_lacks_structured_content() -> None:
    tool = next(tool for tool in TOOLS.values() if tool.has_output_schema)

    assert parsed(of_texts([b'"a"'], tool))["structuredContent"] == {}
    failed = parsed(of_texts([b'"a"'], tool, is_error=True))
    assert failed["isError"] is True
    assert "structuredContent" not in failed


@pytest.mark.parametrize(
    ("value", "said"), [("9", "9 seconds"), ("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT")]
)
def test_a_time_to_wait_is_written_in_words(value: str, said: str) -> None:
    assert seconds(value) == said


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert clean("a\ud800") == "a?"
