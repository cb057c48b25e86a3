"""Operation ids as clients see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.published import OPERATION_ID
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.publish import operation_ids
from plugin_gateway.publish.operation_ids import assign_operation_ids, own_operation_id

if TYPE_CHECKING:
    from collections.abc import Iterator


def _document(*operations: tuple[str, str, str | None]) -> Document:
    paths: dict[str, Any] = {}
    for method, path, operation_id in operations:
        node = {} if operation_id is None else {"operationId": operation_id}
        paths.setdefault(path, {})[method.lower()] = node
    return Document(root={"openapi": "3.1.0", "paths": paths}, name="x")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (("GET", "/pets", "listPets"), "listPets"),
        (("GET", "/pets", "list-pets_2"), "list-pets_2"),
        (("GET", "/pets/{petId}", None), "get_pets_petId"),
        (("GET", "/pets/{petId}", ""), "get_pets_petId"),
        (("GET", "/", None), "get"),
        (("GET", "/pets", "pets/list for.you"), "pets_list_for_you"),
        (("GET", "/pets", "é"), "operation"),
        (("GET", "/pets", "x" * 50), "x" * 50),
    ],
)
def test_a_legal_id_stays_and_another_is_made_legal(operation: tuple[str, str, str | None], expected: str) -> None:
    ids = assign_operation_ids(_document(operation), {})
    assert list(ids.values()) == [expected]


def test_long_ids_that_differ_at_the_end_only_stay_apart() -> None:
    ids = assign_operation_ids(_document(("GET", "/a", "x" * 70 + "a"), ("GET", "/b", "x" * 70 + "b")), {})
    assert len(set(ids.values())) == 2
    assert {len(name) for name in ids.values()} == {50}
    assert {name.partition("_")[0][-1] for name in ids.values()} == {"a", "b"}


@pytest.mark.parametrize(
    ("own", "short"),
    [
        (
            "repositoriesListPullRequestsAssociatedWithCommitForAuthenticatedUser",
            "repoListPullRequAssoWithCommForAuthUser_",
        ),
        (
            "repositoriesListPullRequestsAssociatedWithBranchForAuthenticatedUser",
            "repoListPullRequAssoWithBranForAuthUser_",
        ),
        (
            "organizations/codespaces-secrets/set-selected-repositories-for-secret-v2",
            "orga_code_secr_set_sele_repo_for_secr_v2_",
        ),
        ("get_" + "a_" * 40 + "z", "get_a_a_a_a_a_a_a_a_a"),
    ],
)
def test_a_long_id_keeps_the_beginning_of_each_of_its_words(own: str, short: str) -> None:
    (name,) = assign_operation_ids(_document(("GET", "/a", own)), {}).values()
    assert name.startswith(short)
    assert len(name) <= 50
    (again, _) = assign_operation_ids(_document(("GET", "/a", own), ("GET", "/b", own + "s")), {}).values()
    assert again == name


def test_a_rewritten_id_does_not_take_one_that_was_legal() -> None:
    ids = assign_operation_ids(
        _document(("GET", "/a", "pets.list"), ("GET", "/b", "pets_list"), ("GET", "/c", "pets_list")), {}
    )
    assert list(ids.values()) == ["pets_list_3", "pets_list", "pets_list_2"]


def test_a_wanted_id_wins_over_all() -> None:
    wanted = {OperationKey("GET", "/a"): "list"}
    ids = assign_operation_ids(_document(("GET", "/a", "getA"), ("GET", "/b", "list")), wanted)
    assert ids == {OperationKey("GET", "/a"): "list", OperationKey("GET", "/b"): "list_2"}


def test_an_operation_gets_its_own_id_if_no_other_has_taken_it() -> None:
    document = _document(("GET", "/a", "pets.list"), ("GET", "/b", None))
    assert [own_operation_id(one) for one in document.operations.values()] == ["pets_list", "get_b"]
    assert list(assign_operation_ids(document, {}).values()) == ["pets_list", "get_b"]


@given(names=st.lists(st.text("ab/. é", max_size=4) | st.text("a.", min_size=60, max_size=70) | st.none(), max_size=8))
def test_every_operation_has_one_legal_unique_id_in_document_order(names: list[str | None]) -> None:
    document = _document(*(("GET", f"/p{index % 3}/{index}", name) for index, name in enumerate(names)))
    ids = assign_operation_ids(document, {})
    assert list(ids) == list(document.operations)
    assert len(set(ids.values())) == len(names)
    assert all(OPERATION_ID.fullmatch(name) for name in ids.values())


@given(
    names=st.lists(st.sampled_from(["a", "a_2", "a 2", "a_2_2", "b", None, "a" * 50]), max_size=12),
    wanted=st.booleans(),
)
def test_an_id_gets_the_first_number_that_is_free(names: list[str | None], wanted: bool) -> None:
    document = _document(*(("GET", f"/{number}", name) for number, name in enumerate(names)))
    first = {OperationKey("GET", "/0"): "a_3"} if wanted and names else {}
    taken = {*first.values()}
    expected = dict(first)
    rest = [one for one in document.operations.values() if one.key not in first]
    for one in sorted(rest, key=lambda one: not OPERATION_ID.fullmatch(one.operation_id or "")):
        own = own_operation_id(one)
        numbered = (own[: 50 - len(f"_{number}")] + f"_{number}" for number in range(2, 30))
        expected[one.key] = next(name for name in (own, *numbered) if name not in taken)
        taken.add(expected[one.key])
    assert assign_operation_ids(document, first) == expected


def test_a_thousand_equal_ids_are_numbered_without_trying_a_number_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    candidates = operation_ids._candidates

    def counted(first: str) -> Iterator[str]:
        for name in candidates(first):
            tried.append(name)
            yield name

    monkeypatch.setattr(operation_ids, "_candidates", counted)
    document = _document(*(("GET", f"/{number}", "same") for number in range(1000)))
    ids = [*assign_operation_ids(document, {}).values()]
    assert ids[:3] == ["same", "same_2", "same_3"]
    assert ids[-1] == "same_1000"
    assert len(tried) == 1000
