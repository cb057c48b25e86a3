from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.document import Document, Operation
from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.reports.operations import Costs, best, index_of, measure, parse_query, search, summary_of

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "open"
QUERIES = Path(__file__).parents[1] / "ranking"


def document(**paths: dict[str, Any]) -> Document:
    root = {
        "openapi": "3.1.0",
        "paths": {f"/{name}": {"get": node} for name, node in paths.items()},
        "components": {
            "schemas": {
                "A": {"$ref": "#/components/schemas/B"},
                "B": {"x": "y" * 4000, "a": {"$ref": "#/components/schemas/A"}},
            }
        },
    }
    return Document(root=root, name="x")


def only(found: Document) -> Operation:
    (one,) = found.operations.values()
    return one


def test_terms_are_words_tags_and_methods() -> None:
    query = parse_query(["Two Words", "tag:Pets", "method:get", "a:b", "tag:"])
    assert query == (("Two", "Words", "a:b", "tag:"), ("pets",), ("GET",))


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ({"summary": " List\n pets "}, "List pets"),
        ({"description": "<p>All</p> of them"}, "All of them"),
        ({"summary": "", "description": "d"}, "d"),
        ({"summary": 7}, ""),
        ({"summary": "a \x1b[31m b"}, "a �[31m b"),
        ({"summary": "1 < 2 > 0"}, "1 < 2 > 0"),
    ],
)
def test_a_summary_is_one_line_without_markup_and_control_characters(node: dict[str, Any], said: str) -> None:
    assert summary_of(only(document(pets=node))) == said


def test_a_component_is_counted_once_and_circles_end() -> None:
    alone = document(pets={"responses": {}})
    referring = document(pets={"a": {"$ref": "#/components/schemas/A"}, "b": {"$ref": "#/components/schemas/A"}})
    small, large = Costs(alone).tokens(only(alone)), Costs(referring).tokens(only(referring))
    assert small < 50
    assert 1000 < large < 1200


def test_a_value_that_cannot_be_measured_costs_nothing() -> None:
    dangling = document(pets={"a": {"$ref": "#/nowhere"}})
    assert Costs(dangling).tokens(only(dangling)) < 50
    assert measure(2**70) == (0, ())


def test_search_keeps_the_documents_order() -> None:
    assert [operation.key.path for operation in search(document(b={}, a={}), parse_query([]))] == ["/b", "/a"]


def found(document: Document, *words: str) -> list[str]:
    return [operation.key.path for operation in search(document, parse_query(words))]


def titled(**summaries: str) -> Document:
    return document(**{name: {"operationId": name, "summary": text} for name, text in summaries.items()})


@pytest.mark.parametrize("typed", ["issue", "issues", "Issues", "isues", "iss", "ISSUE"])
def test_number_case_beginning_and_a_wrong_letter_are_forgiven(typed: str) -> None:
    assert found(titled(a="Look at things", b="Look at issues"), typed) == ["/b"]


def test_an_operation_with_all_words_hides_those_with_some() -> None:
    assert found(titled(a="Create a key", b="Create an issue", c="Look"), "create", "issue") == ["/b"]


def test_an_operation_that_scores_well_is_listed_before_one_that_only_has_more_of_the_words() -> None:
    one = titled(a="Invite somebody to a shop", b="Look at shops", c="Pay", d="Order", e="Ship")
    one.root["paths"]["/b"]["get"]["description"] = "All shops. Members may invite others."
    assert found(one, "invite", "shop", "member") == ["/a", "/b"]


def test_most_queries_list_the_operation_of_github_that_they_mean_among_the_first_three() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus of documents, ../shared/corpus, is not here")
    operations = [*read_document(str(CORPUS / "github.json")).operations.values()]
    index = index_of(operations)
    lines = [
        line for name in ("queries", "seen", "held_out") for line in (QUERIES / f"{name}.txt").read_text().splitlines()
    ]
    typed = [line.removeprefix("github: ").split(" -> ") for line in lines if line.startswith("github: ")]
    hits = [
        {one.operation_id for one in best(operations, index, [words])[:3]} & {*meant.split(" | ")}
        for words, meant in typed
    ]
    assert sum(map(bool, hits)) / len(typed) >= 0.85


def test_a_word_that_no_operation_has_does_not_hide_the_matches_of_the_other_words() -> None:
    assert found(titled(a="Create a key", b="Look"), "create", "key", "zzzz") == ["/a"]
    assert found(titled(a="Create a key"), "zzzz", "yyyy", "key") == []


def test_the_summary_comes_before_the_description() -> None:
    one = titled(a="Look", b="Look at widgets")
    one.root["paths"]["/a"]["get"]["description"] = "All widgets"
    assert found(one, "widget") == ["/b", "/a"]


def test_stop_words_are_left_out_unless_there_are_no_others() -> None:
    one = titled(a="Make the key", b="Look")
    assert found(one, "the", "key", "of") == ["/a"]
    assert found(one, "the") == ["/a"]
    assert found(one) == ["/a", "/b"]


def test_a_summary_that_is_no_text_is_left_out() -> None:
    assert found(document(a={"summary": 7, "description": ["x"]}), "7") == []


@given(
    st.lists(st.sets(st.integers(0, 11)), min_size=12, max_size=12), st.lists(st.sets(st.integers(0, 12)), max_size=5)
)
def test_an_operation_reaches_what_a_walk_along_the_references_finds(
    edges: list[set[int]], starts: list[set[int]]
) -> None:
    def refs(to: set[int]) -> list[Any]:
        return [{"$ref": f"#/components/schemas/S{number}"} for number in sorted(to)]

    schemas = {f"S{number}": {"x": "y" * number, "refs": refs(to)} for number, to in enumerate(edges)}
    paths = {f"/{index}": {"get": {"refs": refs(to)}} for index, to in enumerate(starts)}
    walked = Document(root={"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}, name="t")
    costs = Costs(walked)

    for operation, start in zip(walked.operations.values(), starts, strict=True):
        waiting, found = [*start], set(start)
        while waiting:
            for number in edges[at] if (at := waiting.pop()) < len(edges) else ():
                if number not in found:
                    found.add(number)
                    waiting.append(number)
        sizes = {f"#/components/schemas/S{n}": measure(schemas.get(f"S{n}"))[0] if n < 12 else 0 for n in found}
        assert costs.reach(operation)[1] == sizes


def test_components_that_all_refer_to_each_other_cost_no_more_than_their_references() -> None:
    size = 1_000
    schemas = {
        f"S{number}": [{"$ref": f"#/components/schemas/S{(number * 7 + step) % size}"} for step in range(9)]
        for number in range(size)
    }
    paths = {f"/{number}": {"get": {"a": schemas[f"S{number}"]}} for number in range(size)}
    circle = Document(root={"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}, name="t")
    costs = Costs(circle)

    assert {len(costs.reach(operation)[1]) for operation in circle.operations.values()} == {size}
    assert len(costs._parts) == 1
