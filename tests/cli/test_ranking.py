from pathlib import Path

import pytest

from plugin_gateway.cli.ranking import rank
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.read.source import read_document

GITHUB = Path(__file__).parents[2].parent / "shared" / "corpus" / "open" / "github.json"

# What a person types, and the operation that they mean. Written before the ranking.
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


def operations(**summaries: str) -> Document:
    paths = {f"/{name}": {"get": {"operationId": name, "summary": text}} for name, text in summaries.items()}
    return Document(root={"openapi": "3.1.0", "paths": paths}, name="d")


def ranked(document: Document, *words: str) -> list[str | None]:
    return [operation.operation_id for operation in rank(document.operations.values(), words)]


@pytest.fixture(scope="module")
def github() -> Document:
    if not GITHUB.is_file():
        pytest.skip("the corpus of documents, ../shared/corpus, is not here")
    return read_document(str(GITHUB))


@pytest.mark.parametrize("typed", TYPED)
def test_what_a_person_types_finds_the_operation_among_the_first_three(github: Document, typed: str) -> None:
    assert TYPED[typed] in ranked(github, *typed.split())[:3]


@pytest.mark.parametrize("typed", ["issue", "issues", "Issues", "isues", "iss", "ISSUE"])
def test_number_case_beginning_and_a_wrong_letter_are_forgiven(typed: str) -> None:
    assert ranked(operations(a="Look at things", b="Look at issues"), typed) == ["b"]


def test_an_operation_with_all_words_hides_those_with_some() -> None:
    assert ranked(operations(a="Create a key", b="Create an issue", c="Look"), "create", "issue") == ["b"]


def test_a_word_that_no_operation_has_hides_none_of_those_with_the_others() -> None:
    assert ranked(operations(a="Create a key", b="Look"), "create", "key", "zzzz") == ["a"]
    assert ranked(operations(a="Create a key"), "zzzz", "yyyy", "key") == []


def test_the_summary_comes_before_the_description() -> None:
    found = operations(a="Look", b="Look at widgets")
    found.root["paths"]["/a"]["get"]["description"] = "All widgets"
    assert ranked(found, "widget") == ["b", "a"]


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others() -> None:
    document = operations(a="Make the key", b="Look")
    assert ranked(document, "the", "key", "of") == ["a"]
    assert ranked(document, "the") == ["a"]
    assert ranked(document) == ["a", "b"]
