import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.selector import AllowEntry, Selector
from plugin_gateway.lock.lock import EntryWords, words_of
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.revision.allowlist import AllowedOperations, select
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned

LIST, ALL, DAILY = OperationKey("GET", "/orders"), OperationKey("DELETE", "/orders"), OperationKey("GET", "/daily")
METHODS = ("get", "post", "delete")
TAGS = ("reports", "internal", "other")

operations = st.fixed_dictionaries({"tags": st.lists(st.sampled_from(TAGS), unique=True)})
path_items = st.dictionaries(st.sampled_from(METHODS), operations)
documents = st.dictionaries(st.sampled_from(["/orders", "/orders/{id}", "/orders/a/b", "/daily"]), path_items)
entries = st.lists(
    st.sampled_from(
        [
            {"path": "/orders/**"},
            {"path": "/**", "methods": ["GET"]},
            {"tag": "reports"},
            {"tag": "other", "methods": ["POST", "DELETE"]},
        ]
    ),
    max_size=3,
)


def words(entry: dict[str, Any], *place: str) -> EntryWords:
    return words_of(Selector.parse(entry), *(place or ("allow",)))


def choose(
    paths: dict[str, Any], allow: list[Any], deny: Sequence[Any] = (), pinned: Pinned = NOTHING_PINNED
) -> AllowedOperations:
    document = Document(root={"openapi": "3.1.0", "paths": paths}, name="t")
    allowed = [AllowEntry.parse(entry).numbered(index) for index, entry in enumerate(allow)]
    denied = [Selector.parse(entry).numbered(index) for index, entry in enumerate(deny)]
    return select(document, allowed, denied, pinned)


@given(later=st.lists(documents, max_size=4), first=documents, allow=entries, deny=entries)
def test_however_the_document_changes_groups_never_open_more_than_they_did_first(
    first: dict[str, Any], later: list[Any], allow: list[Any], deny: list[Any]
) -> None:
    selection = choose(first, allow, deny)
    opened = set(selection.kept)
    for paths in later:
        selection = choose(paths, allow, deny, selection.pinned)
        assert set(selection.kept) <= opened
        # The findings name each operation that the document's change leaves closed, and the document has it.
        assert set(selection.held) <= set(choose(paths, allow, deny).kept) - set(selection.kept)


@given(first=documents, between=documents, allow=entries, deny=entries)
def test_an_operation_that_vanishes_and_comes_back_is_open_or_closed_as_before(
    first: dict[str, Any], between: dict[str, Any], allow: list[Any], deny: list[Any]
) -> None:
    before = choose(first, allow, deny)
    after = choose(first, allow, deny, choose(between, allow, deny, before.pinned).pinned)
    assert set(after.kept) <= set(before.kept)
    # Only the operations that a `deny` entry named in between are missing.
    assert set(before.kept) - set(after.kept) <= {
        key for keys in (choose(between, [], deny).pinned.entries.values()) for key in keys
    }


def test_a_new_entry_opens_the_operations_that_it_names_and_an_old_one_those_that_it_named_first() -> None:
    pinned = Pinned({words({"tag": "a"}): frozenset({LIST})})
    assert pinned.to_open(words({"tag": "b"}), [LIST, ALL]) == {LIST, ALL}
    assert pinned.to_open(words({"tag": "a"}), [LIST, ALL]) == {LIST}


def test_a_denial_closes_the_operations_that_it_names_now_or_named_before() -> None:
    pinned = Pinned({words({"tag": "a"}, "deny"): frozenset({LIST})})
    assert pinned.to_close(words({"tag": "a"}, "deny"), [ALL]) == {LIST, ALL}
    assert pinned.to_close(words({"tag": "b"}, "deny"), [ALL]) == {ALL}


ORDERS = {"/orders": {"get": {}, "x-note": "x"}, "/daily": {"get": {"tags": ["reports"]}}}


@pytest.mark.parametrize(
    ("allow", "paths", "kept", "held"),
    [
        ([{"path": "/orders/**"}], {**ORDERS, "/orders/all": {"delete": {}}}, {LIST}, ["DELETE /orders/all"]),
        ([{"path": "/orders"}], {**ORDERS, "/orders": {"get": {}, "delete": {}}}, {LIST}, ["DELETE /orders"]),
        ([{"tag": "reports"}], {**ORDERS, "/orders": {"get": {"tags": ["reports"]}}}, {DAILY}, ["GET /orders"]),
        ([{"path": "/orders"}], {**ORDERS, "/orders": {"delete": {}}}, set(), ["DELETE /orders"]),
    ],
)
def test_an_operation_that_the_document_adds_to_a_group_stays_closed_and_is_named(
    allow: list[dict[str, str]], paths: dict[str, Any], kept: set[OperationKey], held: list[str]
) -> None:
    first = choose(ORDERS, allow)
    later = choose(paths, allow, pinned=first.pinned)
    assert (set(later.kept), list(map(str, later.held))) == (kept, held)
    [finding] = [finding for finding in later.findings if finding.rule == "later-operation"]
    assert (finding.severity, finding.pointer) == ("warning", ("allow", 0))
    assert f"`{held[0]}` stays closed" in finding.message


def test_operations_that_another_entry_opens_or_denies_are_not_listed_as_held() -> None:
    first = choose(ORDERS, [{"path": "/orders/**"}])
    paths = {**ORDERS, "/orders/all": {"delete": {}}, "/orders/new": {"get": {}}}
    later = choose(paths, [{"path": "/orders/**"}, "DELETE /orders/all"], ["GET /orders/new"], first.pinned)
    assert [str(key) for key in later.kept] == ["GET /orders", "DELETE /orders/all"]
    assert later.held == ()


def test_an_entry_with_other_words_is_a_new_one() -> None:
    first = choose(ORDERS, [{"path": "/orders"}])
    paths = {**ORDERS, "/orders": {"get": {}, "delete": {}}}
    assert set(choose(paths, [{"path": "/orders", "methods": ["GET", "DELETE"]}], pinned=first.pinned).kept) == {
        LIST,
        ALL,
    }
    assert set(choose(paths, [{"path": "/orders", "rate": "1/s"}], pinned=first.pinned).kept) == {LIST}


def test_pins_of_entries_that_are_gone_are_not_kept() -> None:
    first = choose(ORDERS, [{"path": "/orders"}])
    assert choose(ORDERS, ["GET /orders"], pinned=first.pinned).pinned == NOTHING_PINNED


@pytest.mark.parametrize("denial", [{"tag": "internal"}, "gone"])
def test_a_denied_operation_stays_closed_when_it_loses_its_tag_or_id(denial: dict[str, str] | str) -> None:
    named = {"operationId": "gone", "tags": ["internal"]}
    paths = {"/orders": {"get": {}, "delete": named}, "/x": {"get": {"tags": ["internal"]}}}
    first = choose(paths, [{"path": "/orders"}], [denial])
    paths = {"/orders": {"get": {}, "delete": {}}, "/x": {"get": named}}
    assert set(choose(paths, [{"path": "/orders"}], [denial], first.pinned).kept) == set(first.kept) == {LIST}


def test_pins_are_plain_and_cross_processes() -> None:
    pinned = choose(ORDERS, [{"path": "/orders"}]).pinned
    assert pickle.loads(pickle.dumps(pinned)) == pinned
