from collections.abc import Mapping
from pathlib import Path

import pytest

from plugin_gateway.observation.records import SeenCall
from plugin_gateway.observation.sighting import Sighting
from plugin_gateway.observation.usage import Usage, usage_of
from plugin_gateway.openapi.document import OperationKey
from tests.observation.world import document

LIST = OperationKey("GET", "/pets")


def seen(
    *,
    status: int = 200,
    method: str = "GET",
    query: tuple[str, ...] = (),
    response: Mapping[str, tuple[str, ...]] | None = None,
) -> SeenCall:
    sighting = Sighting(method=method, path="/pets", status=status, query=query, response=response or {})
    return SeenCall(LIST, "", status, is_deliberate=True, sighting=sighting)


def used(*calls: SeenCall) -> Usage:
    return usage_of(calls)[LIST]


@pytest.mark.parametrize(
    ("status", "is_deliberate", "is_use"),
    [(200, False, True), (500, False, True), (403, False, False), (404, False, False), (404, True, True)],
)
def test_a_call_that_the_api_refused_does_not_count_in_the_log_of_a_public_server(
    status: int, *, is_deliberate: bool, is_use: bool
) -> None:
    usage = used(SeenCall(LIST, "", status, is_deliberate=is_deliberate))

    assert usage.is_answered is is_use
    assert usage.calls == 1


def test_calls_without_an_operation_have_no_usage() -> None:
    assert usage_of([SeenCall(None, "GET /x", 200, is_deliberate=True)]) == {}


def test_optional_parameters_that_no_call_had_are_unused(tmp_path: Path) -> None:
    pets = document(tmp_path)
    operation = pets.operations[LIST]

    assert used(seen(query=("limit", "filter[a]"))).unused_parameters(operation, pets) == ["X-Tenant", "debug"]
    assert used(SeenCall(LIST, "", 200, is_deliberate=True)).unused_parameters(operation, pets) == []


def test_parameters_that_the_document_does_not_declare_are_listed(tmp_path: Path) -> None:
    pets = document(tmp_path)

    assert used(seen(query=("limit", "filter[a]", "old"))).undeclared(pets.operations[LIST], pets) == ["old"]


def test_the_deepest_fields_of_successful_replies_are_kept() -> None:
    fields = {"": ("array",), "/*": ("object",), "/*/id": ("integer",), "/*/owner": ("null",)}
    usage = used(
        seen(response=fields),
        seen(response={"": ("array",), "/*/owner/login": ("string",)}),
        seen(status=400, response={"/detail": ("string",)}),
    )

    assert usage.kept_fields() == ["/*/id", "/*/owner/login"]


@pytest.mark.parametrize(("call", "kept"), [(seen(status=204), ["/id"]), (seen(method="HEAD"), ["/id"]), (seen(), [])])
def test_a_reply_that_is_not_json_keeps_all_fields_and_an_empty_reply_changes_nothing(
    call: SeenCall, kept: list[str]
) -> None:
    assert used(seen(response={"": ("object",), "/id": ("integer",)}), call).kept_fields() == kept


@pytest.mark.parametrize(
    ("replies", "kept", "has_undeclared"),
    [
        pytest.param(
            {"": ("object",), "/id": ("integer",), "/*": ("object",), "/*/id": ("integer",)},
            ["/id"],
            True,
            id="beside a name",
        ),
        pytest.param({"": ("object",), "/*": ("object",), "/*/id": ("integer",)}, ["/*/id"], False, id="a map"),
        pytest.param(
            {"": ("array", "object"), "/id": ("integer",), "/*": ("object",), "/*/id": ("integer",)},
            ["/*/id", "/id"],
            False,
            id="an object, or a list of them",
        ),
    ],
)
def test_members_without_a_declared_name_do_not_open_the_rest_of_an_object(
    replies: dict[str, tuple[str, ...]], kept: list[str], has_undeclared: bool
) -> None:
    usage = used(seen(response=replies))

    assert (usage.kept_fields(), usage.has_undeclared_fields()) == (kept, has_undeclared)


def test_undeclared_members_that_no_keep_would_leave_out_are_not_reported() -> None:
    usage = used(seen(response={"": ("object",), "/id": ("integer",), "/*": ("string",)}), seen())

    assert (usage.kept_fields(), usage.has_undeclared_fields()) == ([], False)
