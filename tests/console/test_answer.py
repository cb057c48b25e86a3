import json

from plugin_gateway.console.answer import of_members, packed, problem, refused, shown_findings, unpacked
from plugin_gateway.diagnostics import Finding, Location

FINDING = Finding(rule="r", message="m", location=Location("gateway.yaml", 3, 5, 12, "value: s3cret"))


def test_a_finding_does_not_reveal_the_length_of_the_value_or_its_line() -> None:
    (shown,) = shown_findings([FINDING, FINDING])

    assert (shown["rule"], shown["line"], shown["column"]) == ("r", 3, 5)
    assert "length" not in shown
    assert "s3cret" not in json.dumps(shown)


def test_a_refused_config_is_a_problem_with_its_findings_and_the_diff() -> None:
    answer = refused([FINDING], "No.", diff="+a")

    assert answer.status == 422
    members = json.loads(answer.body)
    assert (members["code"], members["diff"], len(members["findings"])) == ("config-refused", "+a", 1)


def test_equal_bodies_have_equal_marks() -> None:
    assert of_members({"a": 1}, has_etag=True).etag == of_members({"a": 1}, has_etag=True).etag != ""
    assert of_members({"a": 1}).etag == ""


def test_numbers_of_any_size_and_deep_values_are_written() -> None:
    deep: object = 1 << 70
    for _ in range(600):
        deep = [deep]

    assert str(1 << 70).encode() in of_members(deep).body


def test_a_lone_surrogate_of_a_document_is_written() -> None:
    assert of_members({"summary": "\ud800"}).status == 200


def test_problems_have_their_media_type() -> None:
    assert problem(409, "config-changed", "x", yours="y").media_type == "application/problem+json"


def test_a_packed_answer_has_the_same_values_and_a_weak_mark() -> None:
    answer = of_members([1] * 1_000, has_etag=True)
    small = packed(answer)

    assert len(small.body) < len(answer.body) / 10
    assert (small.coding, small.etag) == ("gzip", f"W/{answer.etag}")
    assert unpacked(small).body == answer.body
    assert packed(answer).body == small.body
    assert unpacked(answer) is answer
