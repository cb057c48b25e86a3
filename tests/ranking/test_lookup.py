from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.read.source import read_document
from plugin_gateway.ranking.index import Index, build_index
from plugin_gateway.ranking.lookup import find
from plugin_gateway.ranking.subject import Subject
from plugin_gateway.reports.operations import subject_of

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "open"
HERE = Path(__file__).parent


def index_of(*subjects: Subject) -> Index:
    return build_index(subjects)


def subject(name: str, title: str = "", path: str = "/x", method: str = "GET", description: str = "") -> Subject:
    return Subject(name=name, method=method, path=path, title=title, description=description)


def found(index: Index, query: str) -> list[str]:
    return [index.names[one.number] for one in find(index, query).found]


PETS = index_of(
    subject("listPets", "List pets", "/pets"),
    subject("createPet", "Add a pet", "/pets", "POST"),
    subject("getPet", "One pet", "/pets/{id}"),
    subject("updatePet", "Change a pet", "/pets/{id}", "PATCH"),
    subject("deletePet", "Remove a pet", "/pets/{id}", "DELETE"),
    subject("rerun", "Re-run a job", "/jobs/{id}/rerun", "POST"),
    subject("createPayout", "Send money", "/payouts", "POST"),
    subject("listRepositories", "Repositories of an organization", "/repositories"),
    subject("读取", "读取用户账户", "/accounts/{id}"),
)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("list pets", "listPets"),
        ("browse all the pets", "listPets"),
        ("new pet", "createPet"),
        ("POST /pets", "createPet"),
        ("PATCH /pets/{id}", "updatePet"),
        ("rename pet", "updatePet"),
        ("erase a pet", "deletePet"),
        ("get_pet", "getPet"),
        ("GETPET", "getPet"),
        ("rerun", "rerun"),
        ("re run job", "rerun"),
        ("pay out", "createPayout"),
        ("repos of my org", "listRepositories"),
        ("repostories", "listRepositories"),
        ("repositroies", "listRepositories"),
        ("reposit", "listRepositories"),
        ("账户", "读取"),
    ],
)
def test_a_query_finds_the_operation_that_it_means_first(query: str, first: str) -> None:
    assert found(PETS, query)[0] == first


@pytest.mark.parametrize("query", ["", "   ", "?!", "zzzz", "{}"])
def test_a_query_without_a_known_word_finds_nothing(query: str) -> None:
    assert found(PETS, query) == []


def test_a_subject_whose_name_is_the_query_comes_first() -> None:
    index = index_of(
        subject("pets", "Look at dogs", "/dogs"), subject("a", "Pets", "/pets"), subject("pets2", "Pets", "/pets")
    )
    assert found(index, " Pets ")[0] == "pets"


def test_a_deprecated_operation_comes_after_its_twin() -> None:
    one, other = (
        Subject(name=name, method="GET", path="/a", title="Pets", is_deprecated=name == "old")
        for name in ("old", "new")
    )
    assert found(index_of(one, other), "pets") == ["new", "old"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_operation_that_changes_something_comes_last_unless_the_query_says_so(method: str) -> None:
    index = index_of(subject("a", "Pet", "/pets/{id}", method), subject("b", "Pet", "/pets/{id}", "PUT"))
    assert found(index, "pet") == ["b", "a"]
    assert found(index, "change pet" if method == "PATCH" else "remove pet")[0] == "a"


def test_equal_subjects_stay_in_their_order() -> None:
    assert found(index_of(subject("b", "Pets"), subject("a", "Pets")), "pets") == ["b", "a"]


def test_a_rare_word_counts_more_than_a_frequent_one() -> None:
    index = index_of(*(subject(f"n{at}", f"Shop {at}", f"/{at}") for at in range(20)), subject("z", "Zebra", "/z"))
    assert found(index, "shop zebra")[0] == "z"


def test_silent_words_count_only_if_there_are_no_others() -> None:
    index = index_of(subject("a", "The key"), subject("b", "Look"))
    assert found(index, "the look of") == ["b"]
    assert found(index, "the") == ["a"]
    assert find(index, "what is the look").words == 1


def test_a_result_counts_the_words_that_matched() -> None:
    index = index_of(subject("a", "Create key"), subject("b", "Create issue"))
    result = find(index, "create a key now")
    assert (result.words, result.matches) == (3, 2)
    assert [(index.names[one.number], one.words) for one in result.found] == [("a", 2), ("b", 1)]


@given(st.sampled_from(["pet", "list pets", "add money", "the organization", "createPet"]), st.integers(0, 10))
def test_the_best_few_are_the_first_of_all(query: str, most: int) -> None:
    everything, few = find(PETS, query), find(PETS, query, most)
    assert few.found == everything.found[:most]
    assert few.matches == everything.matches == len(everything.found)


@given(st.text(max_size=2000))
def test_any_text_is_a_query(query: str) -> None:
    result = find(PETS, query)
    numbers = [one.number for one in result.found]
    assert len(numbers) == len({*numbers})
    assert all(0 < one.words <= result.words <= 16 and one.score > 0 for one in result.found)


# What a person types, and the operation of GitHub that they mean. Written before the first ranking.
TYPED = {
    "create an issue": "issues/create",
    "list pull requests": "pulls/list",
    "merge pull request": "pulls/merge",
    "comment on issue": "issues/create-comment",
    "add labels to issue": "issues/add-labels",
    "close issue": "issues/update",
    "search code": "search/code",
    "get repository": "repos/get",
    "delete repo": "repos/delete",
    "list comits": "repos/list-commits",
    "readme": "repos/get-readme",
    "create relase": "repos/create-release",
    "list workflow runs": "actions/list-workflow-runs-for-repo",
    "rerun workflow": "actions/re-run-workflow",
    "trigger workflow": "actions/create-workflow-dispatch",
    "star repository": "activity/star-repo-for-authenticated-user",
    "authenticated user": "users/get-authenticated",
    "create webhook": "repos/create-webhook",
    "add collaborator": "repos/add-collaborator",
    "list branches": "repos/list-branches",
    "fork repo": "repos/create-fork",
    "download artifacts": "actions/download-artifact",
    "rate limit": "rate-limit/get",
    "new gist": "gists/create",
    "org members": "orgs/list-members",
    "file contents": "repos/get-content",
    "request reviewer": "pulls/request-reviewers",
    "assign issue": "issues/add-assignees",
    "list my repositories": "repos/list-for-authenticated-user",
    "compare commits": "repos/compare-commits",
}


def read_table(name: str) -> list[tuple[str, str, frozenset[str]]]:
    lines = [line for line in (HERE / name).read_text().splitlines() if line and not line.startswith("#")]
    split = [(line.partition(": ")[0], *line.partition(": ")[2].split(" -> ")) for line in lines]
    return [(document, query, frozenset(meant.split(" | "))) for document, query, meant in split]


@pytest.fixture(scope="module")
def indexes() -> dict[str, Index]:
    if not CORPUS.is_dir():
        pytest.skip("the corpus of documents, ../shared/corpus, is not here")
    files = {
        "github": "github.json",
        "stripe": "stripe.yaml",
        "slack": "slack_v2.json",
        "zoom": "zoom.json",
        "docker": "docker.yaml",
        "kubernetes": "kubernetes.json",
        "xero": "xero_accounting.yaml",
    }
    read = {name: read_document(str(CORPUS / file)) for name, file in files.items()}
    return {name: build_index(map(subject_of, one.operations.values())) for name, one in read.items()}


def recall(indexes: dict[str, Index], table: str, first: int = 5) -> float:
    queries = read_table(table)
    return sum(
        not meant.isdisjoint(found(indexes[document], query)[:first]) for document, query, meant in queries
    ) / len(queries)


def test_nine_of_ten_queries_find_their_operation_among_the_first_five(indexes: dict[str, Index]) -> None:
    assert recall(indexes, "queries.txt") >= 0.9


@pytest.mark.parametrize("table", ["seen.txt", "held_out.txt"])
def test_of_queries_that_did_not_guide_the_weights_four_of_five_find_their_operation(
    indexes: dict[str, Index], table: str
) -> None:
    assert recall(indexes, table) >= 0.8


def test_nine_of_ten_queries_of_an_act_and_a_thing_find_their_operation_among_the_first_three(
    indexes: dict[str, Index],
) -> None:
    assert recall(indexes, "acts.txt", first=3) >= 0.9


def test_to_cancel_a_thing_finds_the_operation_that_deletes_it_where_no_other_cancels() -> None:
    index = build_index(
        [
            Subject(name="listMeetings", method="GET", path="/meetings", title="List meetings that users can cancel"),
            Subject(name="deleteMeeting", method="DELETE", path="/meetings/{id}", title="Delete a meeting"),
        ]
    )
    assert found(index, "cancel meeting")[0] == "deleteMeeting"


def test_the_verb_with_which_a_title_begins_counts_more_than_the_same_verb_elsewhere() -> None:
    index = build_index(
        [
            Subject(
                name="a", method="DELETE", path="/subscription_items/{id}", title="Deletes an item; see how to cancel"
            ),
            Subject(name="b", method="DELETE", path="/subscriptions/{id}", title="Cancels a subscription"),
        ]
    )
    assert found(index, "cancel subscription")[0] == "b"


@pytest.mark.parametrize("typed", TYPED)
def test_a_query_that_a_person_types_finds_the_operation_among_the_first_three(
    indexes: dict[str, Index], typed: str
) -> None:
    assert TYPED[typed] in found(indexes["github"], typed)[:3]
