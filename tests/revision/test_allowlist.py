"""The allow-list, applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.config.selector import AllowEntry, Selector
from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.allowlist import AllowedOperations, select

if TYPE_CHECKING:
    from collections.abc import Sequence

PATHS = {
    "/pets": {
        "get": {"operationId": "listPets", "tags": ["pets"]},
        "post": {"operationId": "createPet", "tags": ["pets"]},
    },
    "/pets/{petId}": {"get": {"operationId": "getPet"}, "delete": {"operationId": "deletePet"}},
    "/admin/users": {"get": {"operationId": "adminUsers"}},
}


def choose(allow: list[Any], deny: Sequence[Any] = (), paths: dict[str, Any] | None = None) -> AllowedOperations:
    document = Document(root={"openapi": "3.0.3", "paths": paths or PATHS}, name="t")
    entries = [AllowEntry.parse(entry).numbered(index) for index, entry in enumerate(allow)]
    denials = [Selector.parse(entry).numbered(index) for index, entry in enumerate(deny)]
    return select(document, entries, denials)


def keys(selection: AllowedOperations) -> list[str]:
    return [str(key) for key in selection.kept]


def rules(selection: AllowedOperations) -> list[Any]:
    return [(finding.rule, finding.severity.value, finding.pointer) for finding in selection.findings]


def test_an_empty_list_keeps_no_operation() -> None:
    assert choose([]).kept == {}
    assert choose([]).findings == ()


def test_kept_operations_are_in_document_order() -> None:
    assert keys(choose(["adminUsers", "POST /pets", "listPets"])) == ["GET /pets", "POST /pets", "GET /admin/users"]


@pytest.mark.parametrize(
    ("deny", "kept"),
    [
        (["DELETE /**"], ["GET /pets", "POST /pets", "GET /pets/{petId}", "GET /admin/users"]),
        (["listPets", "DELETE /pets/{petId}", {"path": "/admin/**"}], ["POST /pets", "GET /pets/{petId}"]),
        ([{"tag": "pets"}], ["GET /pets/{petId}", "DELETE /pets/{petId}", "GET /admin/users"]),
        (["PUT /**", {"tag": "none"}], [*(f"{m} /pets" for m in ("GET", "POST")), "GET /pets/{petId}", "DELETE /pets/{petId}", "GET /admin/users"]),
    ],
)  # fmt: skip
def test_deny_wins_over_allow(deny: list[Any], kept: list[str]) -> None:
    assert keys(choose([{"path": "/**"}], deny)) == kept


def test_an_entry_that_matches_nothing_is_an_error_in_either_list() -> None:
    selection = choose(["listPets", "lstPets"], ["deltePet"])

    assert rules(selection) == [
        ("unknown-operation", "error", ("allow", 1)),
        ("unknown-operation", "error", ("deny", 0)),
    ]


@pytest.mark.parametrize(
    ("deny", "severity"),
    [
        ({"path": "/admn/**"}, "error"),
        ({"path": "/pets/{id}"}, "error"),
        ({"tag": "admin"}, "error"),
        ({"tag": "Pets", "methods": ["GET"]}, "error"),
        ({"path": "/admn/**", "methods": ["DELETE"]}, "error"),
        ("GET /pets/{id}", "error"),
        ("PUT /pets", "error"),
        # The paths exist, and the entries close methods that the API may add later.
        ("PUT /**", "warning"),
        ({"tag": "pets", "methods": ["DELETE"]}, "warning"),
    ],
)
def test_a_denial_that_matches_nothing_is_reported(deny: dict[str, Any] | str, severity: str) -> None:
    assert rules(choose(["listPets"], ["deletePet", deny])) == [("unknown-operation", severity, ("deny", 1))]


@pytest.mark.parametrize("allow", [["listPets", "createPet"], [{"tag": "pets"}], ["listPets", {"tag": "pets"}]])
def test_an_allow_list_of_which_everything_is_denied_is_reported(allow: list[Any]) -> None:
    selection = choose(allow, [{"tag": "pets"}])

    assert selection.kept == {}
    assert ("nothing-allowed", "warning", ("deny",)) in rules(selection)
    assert "nothing-allowed" not in [rule for rule, _, _ in rules(choose(allow, ["deletePet"]))]


def test_a_group_of_which_everything_is_denied_is_reported() -> None:
    found = rules(choose(["adminUsers", {"tag": "pets"}, {"path": "/admin/**"}], [{"tag": "pets"}]))

    assert found.count(("allowed-and-denied", "warning", ("allow", 1))) == 1
    assert ("allowed-and-denied", "warning", ("allow", 2)) not in found
    assert "nothing-allowed" not in [rule for rule, _, _ in found]


def test_denied_operations_that_a_slashed_parameter_spells_are_a_warning() -> None:
    paths: dict[str, Any] = {"/tree/{path}": {"get": {}}, "/tree/{a}/{b}": {"get": {}}}
    allow = [{"operation": "GET /tree/{path}", "parameters": {"path": {"slashes": "allowed"}}}]

    assert rules(choose(allow, paths=paths)) == [("slashes-spell-denied", "warning", ("allow", 0))]


@pytest.mark.parametrize("twin", ["/find?by={b}", "/find?by={by}#x"])
def test_queries_that_differ_in_names_of_placeholders_are_twins(twin: str) -> None:
    paths = {"/find?by={by}": {"get": {"operationId": "one"}}, twin: {"get": {"operationId": "two"}}}

    assert rules(choose(["one"], paths=paths)) == [("same-path", "warning", ("allow", 0))]


def test_an_operation_id_given_twice_opens_neither_and_names_both() -> None:
    paths = {"/pets/{petId}": {"get": {"operationId": "getPet"}, "delete": {"operationId": "getPet"}}}
    selection = choose(["getPet"], paths=paths)

    (finding,) = selection.findings
    assert selection.kept == {}
    assert (finding.rule, finding.severity) == ("ambiguous-operation", Severity.ERROR)
    assert "`GET /pets/{petId}` and `DELETE /pets/{petId}`" in finding.message
    assert keys(choose(["GET /pets/{petId}"], paths=paths)) == ["GET /pets/{petId}"]


def test_denying_an_operation_id_given_twice_denies_both() -> None:
    paths = {
        "/a": {"get": {"operationId": "a"}},
        "/b": {"get": {"operationId": "a"}},
        "/c": {"get": {"operationId": "c"}},
    }

    assert keys(choose([{"path": "/**"}], ["a"], paths)) == ["GET /c"]


def test_a_long_list_is_judged_without_comparing_its_entries_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = list[Any]()

    def noted(one: AllowEntry, other: object) -> bool:
        compared.append(one)
        return one is other

    monkeypatch.setattr(AllowEntry, "__eq__", noted)

    assert keys(choose(["listPets", "createPet", {"tag": "pets"}])) != []
    assert compared == []


def test_naming_an_operation_twice_is_a_warning() -> None:
    assert rules(choose(["listPets", "GET /pets"])) == [("duplicate-operation", "warning", ("allow", 1))]


def test_an_operation_that_is_allowed_and_denied_stays_closed_and_is_a_warning() -> None:
    selection = choose(["listPets", "deletePet"], ["DELETE /**"])

    assert keys(selection) == ["GET /pets"]
    assert rules(selection) == [("allowed-and-denied", "warning", ("allow", 1))]


@pytest.mark.parametrize(
    "allow",
    [
        ["getPet", {"operation": "listPets", "operation_id": "getPet"}],
        [{"operation": "getPet", "operation_id": "x"}, {"operation": "listPets", "operation_id": "x"}],
    ],
)
def test_two_operations_cannot_have_one_name(allow: list[Any]) -> None:
    ((rule, severity, pointer),) = rules(choose(allow))

    assert (rule, severity) == ("operation-id-taken", "error")
    assert pointer is not None
    assert pointer[-1] == "operation_id"


def test_a_name_that_clients_see_for_another_operation_is_taken() -> None:
    root = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"operationId": "get.pet"}}, "/b": {"get": {"operationId": "b"}}},
    }
    allow = [AllowEntry.parse(one) for one in ("GET /a", {"operation": "b", "operation_id": "get_pet"})]

    assert [one.rule for one in select(Document(root=root, name="t"), allow).findings] == ["operation-id-taken"]


def test_a_method_that_only_openapi_3_2_has_is_allowed_by_its_name() -> None:
    root = {"openapi": "3.2.0", "paths": {"/a": {"additionalOperations": {"M-SEARCH": {"operationId": "search"}}}}}
    selection = select(Document(root=root, name="t"), [AllowEntry.parse("M-SEARCH /a")])

    assert (list(map(str, selection.kept)), selection.findings) == (["M-SEARCH /a"], ())


def test_a_name_that_a_denied_operation_has_is_free() -> None:
    assert rules(choose([{"operation": "listPets", "operation_id": "getPet"}])) == []


@pytest.mark.parametrize("path", ["/a;b", "/a//b", "/x/../y", "/a%2Fb/..", "/.json"])
def test_a_path_that_is_never_forwarded_is_a_warning(path: str) -> None:
    paths = {path: {"get": {"operationId": "odd"}}}

    assert rules(choose(["odd"], paths=paths)) == [("unreachable-operation", "warning", ("allow", 0))]


@pytest.mark.parametrize(
    ("style", "others", "warned"),
    [
        ("matrix", ["/a"], ["unreachable-operation"]),
        ("matrix", ["/b"], []),
        ("label", ["/a"], []),
        ("simple", ["/a"], []),
    ],
)
def test_an_operation_that_no_matrix_path_can_reach_is_a_warning(style: Any, others: list[str], warned: Any) -> None:
    listed = [{"name": "x", "in": "path", "required": True, "style": style}]
    paths = {"/a/{x}": {"get": {"operationId": "odd"}, "parameters": listed}, **{path: {"get": {}} for path in others}}

    assert [rule for rule, *_ in rules(choose(["odd"], paths=paths))] == warned


def test_a_method_that_is_never_forwarded_is_a_warning() -> None:
    assert rules(choose(["TRACE /a"], paths={"/a": {"trace": {}}})) == [
        ("unreachable-operation", "warning", ("allow", 0))
    ]


@pytest.mark.parametrize("twin", ["/a/{y}", "/a/{x}#other"])
def test_operations_that_are_one_on_the_wire_are_allowed_together_or_denied_together(twin: str) -> None:
    paths = {"/a/{x}": {"get": {"operationId": "one"}}, twin: {"get": {"operationId": "two"}}}

    assert rules(choose(["one"], paths=paths)) == [("same-path", "warning", ("allow", 0))]
    assert rules(choose(["one"], ["two"], paths=paths)) == [("same-path", "error", ("allow", 0))]
    assert rules(choose(["one", "two"], paths=paths)) == []


PAGED = {
    "/a": {
        "get": {
            "operationId": "one",
            "tags": ["t"],
            "parameters": [{"name": "limit", "in": "query"}, {"name": "X-A", "in": "header"}],
        },
        "post": {"operationId": "two", "tags": ["t"]},
    }
}


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("limit", True),
        ("query:limit", True),
        ("x-a", True),
        ("header:X-A", True),
        ("header:limit", False),
        ("Limit", False),
    ],
)
def test_a_rule_for_a_parameter_that_no_operation_of_the_entry_has_is_an_error(key: str, known: bool) -> None:
    found = [rule for rule, *_ in rules(choose([{"operation": "one", "parameters": {key: "hidden"}}], paths=PAGED))]
    assert found == ([] if known else ["unknown-parameter"])


def test_one_operation_of_a_group_with_the_parameter_is_enough() -> None:
    found = [rule for rule, *_ in rules(choose([{"tag": "t", "parameters": {"limit": {"maximum": 5}}}], paths=PAGED))]
    assert "unknown-parameter" not in found
