from __future__ import annotations

import pytest

from plugin_gateway.tools.hints import ChosenHints, hints_of
from plugin_gateway.tools.tool import Hints

READ = Hints(read_only=True, destructive=False, idempotent=True)
ADD = Hints(read_only=False, destructive=False, idempotent=False)
CHANGE = Hints(read_only=False, destructive=True, idempotent=False)
REPLACE = Hints(read_only=False, destructive=True, idempotent=True)


@pytest.mark.parametrize(
    ("method", "hints"),
    [
        ("GET", READ),
        ("HEAD", READ),
        ("QUERY", READ),
        ("POST", CHANGE),
        ("PUT", REPLACE),
        ("PATCH", CHANGE),
        ("DELETE", REPLACE),
        ("LOCK", CHANGE),
    ],
)
def test_the_method_decides_the_hints(method: str, hints: Hints) -> None:
    assert hints_of(method) == hints


@pytest.mark.parametrize(
    ("operation_id", "last_segment", "summary", "hints"),
    [
        ("createPet", "pets", "", ADD),
        ("issues_create", "issues", "Create an issue", ADD),
        ("PostCustomers", "customers", "Create a customer", ADD),
        ("PostCustomersCustomer", "{customer}", "Update a customer", CHANGE),
        ("chat_delete", "chat.delete", "Deletes a message.", CHANGE),
        ("PostSubscriptionsCancel", "cancel", "Create a cancellation", CHANGE),
        ("createOrDeletePet", "pets", "Add a pet", CHANGE),
        ("pets", "search", "", ADD),
        ("PostCalculations", "calculations", "<p>Calculates tax.</p>", ADD),
        ("PostTransfers", "transfers", "<p>Creates a transfer.</p>", CHANGE),
        ("post_pets", "pets", "", CHANGE),
    ],
)
def test_a_post_is_not_destructive_where_its_names_say_that_it_adds(
    operation_id: str, last_segment: str, summary: str, hints: Hints
) -> None:
    assert hints_of("POST", (operation_id, last_segment, summary)) == hints


def test_the_names_of_other_methods_do_not_count() -> None:
    assert hints_of("PUT", ("createPet", "pets", "Create a pet")) == REPLACE


def test_a_search_by_post_that_is_not_consequential_is_a_read() -> None:
    assert hints_of("POST", consequential=False) == READ


def test_a_get_that_is_consequential_is_no_read() -> None:
    assert hints_of("GET", consequential=True) == CHANGE


def test_gateway_yaml_wins() -> None:
    chosen = ChosenHints(read_only=False, destructive=True, idempotent=True, open_world=True)

    assert hints_of("GET", chosen=chosen) == Hints(read_only=False, destructive=True, idempotent=True, open_world=True)


def test_a_read_is_never_destructive() -> None:
    assert hints_of("DELETE", chosen=ChosenHints(read_only=True, destructive=True)) == READ
