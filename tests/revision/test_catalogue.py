"""The operations that an entry names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.selector import Selector
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.revision.catalogue import Catalogue, describe, fits_glob, match, named_later, unmatched

ROOT = {
    "openapi": "3.0.3",
    "paths": {
        "/pets": {
            "get": {"operationId": "listPets", "tags": ["pets"], "summary": "List all pets."},
            "post": {"operationId": "createPet", "tags": ["pets"]},
        },
        "/pets/{petId}": {"get": {"operationId": "getPet"}, "delete": {"operationId": "deletePet", "tags": ["Admin"]}},
        "/admin/users": {"get": {"operationId": "adminUsers", "tags": ["Admin"]}},
        "/admin/users/{id}": {"get": {"summary": "Show a user"}},
    },
}


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(Document(root=ROOT, name="t"))


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("listPets", ["GET /pets"]),
        ("ListPets", []),
        ("GET /pets/{petId}", ["GET /pets/{petId}"]),
        ("get /pets/{petId}", ["GET /pets/{petId}"]),
        ("GET /pets/{id}", []),
        ("GET /pets/", []),
        ({"tag": "pets"}, ["GET /pets", "POST /pets"]),
        ({"tag": "Admin", "methods": ["get"]}, ["GET /admin/users"]),
        ({"tag": "admin"}, []),
        ({"path": "/pets"}, ["GET /pets", "POST /pets"]),
        ({"path": "/pets/*"}, ["GET /pets/{petId}", "DELETE /pets/{petId}"]),
        ({"path": "/pets/**", "methods": ["DELETE"]}, ["DELETE /pets/{petId}"]),
        ("DELETE /**", ["DELETE /pets/{petId}"]),
        ({"path": "/**/users"}, ["GET /admin/users"]),
        ({"path": "/**/users/**"}, ["GET /admin/users", "GET /admin/users/{id}"]),
    ],
)
def test_an_entry_names_exactly_the_operations_that_fit_it(
    catalogue: Catalogue, entry: dict[str, Any] | str, names: list[str]
) -> None:
    assert [str(operation.key) for operation in match(Selector.parse(entry), catalogue)] == names


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ("/pets", "no operation has the operationId `/pets`", "write `GET /pets` or `POST /pets`"),
        (
            "pets/{petId}",
            "no operation has the operationId `pets/{petId}`",
            "write `GET /pets/{petId}` or `DELETE /pets/{petId}`",
        ),
        (
            "/pets/{id}",
            "no operation has the operationId `/pets/{id}`",
            "write `GET /pets/{petId}` or `DELETE /pets/{petId}`",
        ),
        ("/admin/user", "no operation has the operationId `/admin/user`", "did you mean `GET /admin/users`?"),
        ("listPets createPet", "no operation has the operationId `listPets createPet`", "`- listPets`, `- createPet`"),
        (
            "listPets -createPet",
            "no operation has the operationId `listPets -createPet`",
            "`- listPets`, `- createPet`",
        ),
        ("listpets", "no operation has the operationId `listpets`", "did you mean `listPets`?"),
        ("listPet", "no operation has the operationId `listPet`", "did you mean `listPets`?"),
        ("GET /pets/{id}", "there is no operation `GET /pets/{id}`", "did you mean `GET /pets/{petId}`?"),
        ("PUT /pets", "there is no operation `PUT /pets`", "that path has GET, POST"),
        ("GET /Pets", "there is no operation `GET /Pets`", "did you mean `GET /pets`"),
        ("GET /pets/", "there is no operation `GET /pets/`", "did you mean `GET /pets`"),
        (
            "list all pets",
            "no operation has the operationId `list all pets`",
            "write `listPets`, which has this summary",
        ),
        (
            "Show a user",
            "no operation has the operationId `Show a user`",
            "write `GET /admin/users/{id}`, which has this summary",
        ),
        ("delete", "no operation has the operationId `delete`", "write `DELETE /**`"),
        ("*", "no operation has the operationId `*`", "write `- {path: /**}` for every path"),
        ("pet*", "no operation has the operationId `pet*`", "write `- {path: /**}` for every path"),
        ("*Pet", "no operation has the operationId `*Pet`", "write `- createPet`, `- getPet`, `- deletePet`"),
        ("list.*", "no operation has the operationId `list.*`", "write `- listPets`"),
        ("/^get/", "no operation has the operationId `/^get/`", "write `- getPet`"),
        ("^getPet$", "no operation has the operationId `^getPet$`", "write `- getPet`"),
        ("zzzzzzzz", "no operation has the operationId `zzzzzzzz`", "`plugin-gateway ops`"),
        ({"tag": "admin"}, "no operation matches `tag admin`", "did you mean `Admin`?"),
        (
            {"tag": "pets", "methods": ["PUT"]},
            "no operation matches `PUT tag pets`",
            "the operations there have GET, POST",
        ),
        ({"path": "/pet/**"}, "no path matches `/pet/**`", "did you mean `/pets/**`"),
        ({"path": "/admin/**", "methods": ["PUT"]}, "no path matches `PUT /admin/**`", "the operations there have GET"),
    ],
)
def test_the_error_for_an_entry_without_operations_has_the_nearest_names(
    catalogue: Catalogue, entry: dict[str, Any] | str, message: str, hint: str
) -> None:
    finding = unmatched(Selector.parse(entry), catalogue, ("allow", 3))

    assert finding.message == message
    assert hint in finding.hint
    assert finding.pointer == ("allow", 3)


def test_a_document_without_operations_is_one_error_whatever_the_entries_are() -> None:
    empty = Catalogue(Document(root={"openapi": "3.0.3", "paths": {"/pets": {"x-get": {}}}}, name="t"))
    findings = {unmatched(Selector.parse(name), empty, ("allow", at)) for at, name in enumerate(["listPets", "GET /"])}
    assert [(one.message, one.pointer) for one in findings] == [
        ("the document has no operations", ("openapi", "source"))
    ]


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("listPets", "the document has it below 'GET' of /pets: write `get` there"),
        ("GET /pets", "the document has it as 'GET': write `get` there"),
        ("addPet", "`POST /pets` of the document has 'operationID': write `operationId` there"),
    ],
)
def test_an_operation_that_a_slip_in_the_document_hides_is_named(entry: str, hint: str) -> None:
    item = {"GET": {"operationId": "listPets"}, "post": {"operationID": "addPet"}}
    catalogue = Catalogue(Document(root={"openapi": "3.0.3", "paths": {"/pets": item}}, name="t"))
    assert unmatched(Selector.parse(entry), catalogue, ("allow", 3)).hint == hint


@pytest.mark.parametrize(
    ("path", "glob", "fits"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b", "/a/*", True),
        ("/a", "/a/*", False),
        ("/a/", "/a/*", False),
        ("/a", "/a/**", True),
        ("/a/b/c", "/a/**", True),
        ("/ab", "/a/**", False),
        ("/a/b/c", "/**/c", True),
        ("/a/b/c", "/**/b", False),
        ("/a/{x}", "/a/{x}", True),
        ("/a/{x}", "/a/{y}", False),
        ("/a/b/a/b", "/**/a/b", True),
        ("/a", "/A", False),
    ],
)
def test_a_glob_fits_whole_segments(path: str, glob: str, fits: bool) -> None:
    assert fits_glob(path, glob) is fits


WORDS = st.lists(st.sampled_from(["a", "b", "*", "**"]), max_size=6)


@given(st.lists(st.sampled_from(["a", "b"]), max_size=7), WORDS)
def test_a_glob_agrees_with_the_regular_expression_it_replaces(segments: list[str], words: list[str]) -> None:
    import re

    path = "".join(f"/{segment}" for segment in segments)
    expression = "".join({"*": "/[^/]+", "**": "(?:/[^/]+)*"}.get(word, f"/{word}") for word in words)

    assert fits_glob(path, "".join(f"/{word}" for word in words)) is (re.fullmatch(expression, path) is not None)


def test_a_glob_of_many_stars_is_matched_in_linear_time() -> None:
    assert not fits_glob("/a" * 2000 + "/b", "/**/a" * 100 + "/c")


def test_an_entry_is_described_in_the_form_that_the_config_uses() -> None:
    assert describe(Selector.parse({"path": "/a/**", "methods": ["GET", "PUT"]})) == "`GET, PUT /a/**`"


def test_operations_that_came_later_are_named_and_many_are_counted() -> None:
    selector = Selector.parse({"path": "/orders/**"})
    keys = [OperationKey("GET", f"/orders/{number}") for number in range(12)]
    one, many = named_later(selector, keys[:1], ("allow", 0)), named_later(selector, keys, ("allow", 0))
    assert one.message == "`GET /orders/0` stays closed: `/orders/**` names it only since the document changed"
    assert many.message.endswith(
        "`GET /orders/9` and 2 more stay closed: `/orders/**` names them only since the document changed"
    )


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("GET /shelves1234/{id}/bocks", "did you mean `GET /shelves1234/{id}/books`"),
        ("listBooks_1234x", "did you mean `listBooks1234`"),
        ("/shelves1234/{id}/bocks", "did you mean `GET /shelves1234/{id}/books`"),
    ],
)
def test_the_nearest_of_many_names_is_found(entry: str, hint: str) -> None:
    paths = {
        f"/shelves{number}/{{id}}/books": {"get": {"operationId": f"listBooks{number}"}} for number in range(1000, 2000)
    }
    catalogue = Catalogue(Document(root={"openapi": "3.0.3", "paths": paths}, name="t"))
    assert unmatched(Selector.parse(entry), catalogue, ("allow", 3)).hint.startswith(hint)
