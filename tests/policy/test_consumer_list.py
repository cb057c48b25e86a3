import pytest

from plugin_gateway.config.auth import Consumer
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.policy.consumer_list import find_consumer_mistakes, select_for_consumer

DOCUMENT = Document(
    root={
        "openapi": "3.1.0",
        "paths": {
            "/pets": {
                "get": {"operationId": "listPets", "tags": ["pets"]},
                "post": {"operationId": "addPet", "tags": ["pets"]},
            },
            "/admin": {"get": {"operationId": "admin", "tags": ["admin"]}},
        },
    },
    name="o",
)
LIST, ADD = OperationKey("GET", "/pets"), OperationKey("POST", "/pets")


def chosen(allow, kept=(LIST, ADD)):
    consumer = Consumer.model_validate(
        {"name": "a", "match": {"token": "t"}} | ({"allow": allow} if allow is not None else {})
    )
    return select_for_consumer(DOCUMENT, kept, consumer, 2)


@pytest.mark.parametrize(
    ("allow", "keys"),
    [
        (None, None),
        ([], ()),
        (["listPets"], (LIST,)),
        (["POST /pets", "listPets"], (LIST, ADD)),
        ([{"tag": "pets"}], (LIST, ADD)),
    ],
)
def test_a_consumer_has_what_it_lists_in_document_order(allow, keys):
    assert chosen(allow) == (keys, ())


def test_a_group_means_what_the_gateway_allows_of_it():
    assert chosen([{"tag": "pets"}], kept=(LIST,)) == ((LIST,), ())


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("admin", "consumer-exceeds-allow"),
        ({"tag": "admin"}, "consumer-exceeds-allow"),
        ("listPats", "unknown-operation"),
    ],
)
def test_what_nobody_may_call_is_a_finding_at_its_place(entry, rule):
    keys, (finding,) = chosen(["listPets", entry])
    assert keys == (LIST,)
    assert (finding.rule, finding.pointer) == (rule, ("consumers", 2, "allow", 1))
    assert finding.hint


def mistakes(*matches, kind="service_http", is_judged=True, tokens=("ci", "cd"), users=()):
    consumers = [Consumer.model_validate({"name": f"c{i}", "match": match}) for i, match in enumerate(matches)]
    return [
        (finding.rule, finding.pointer)
        for finding in find_consumer_mistakes(consumers, kind=kind, is_judged=is_judged, tokens=tokens, users=users)
    ]


@pytest.mark.parametrize(
    ("match", "options"),
    [
        ({"token": "co"}, {}),
        ({"token": "co"}, {"tokens": ()}),
        ({"scope": "read"}, {}),
        ({"claims": {"a": "b"}}, {}),
        ({"user": "bob"}, {"kind": "user_http", "users": ("alice",)}),
    ],
)
def test_a_consumer_that_nobody_can_be_is_a_finding(match, options):
    assert mistakes({"token": "ci"} if "tokens" not in options and "users" not in options else match, match, **options)[
        -1
    ] == (
        "consumer-mismatch",
        ("consumers", 1, "match"),
    )


def test_consumers_without_judged_callers_are_a_finding():
    assert mistakes({"token": "ci"}, is_judged=False) == [("consumers-need-auth", ("consumers",))]
    assert mistakes(is_judged=False) == []


def test_what_can_be_is_no_finding():
    assert mistakes({"token": "ci"}) == []
    assert mistakes({"user": "sub", "scope": "read", "claims": {"a": "b"}}, kind="oauth", tokens=()) == []


def test_two_of_one_name_are_a_finding():
    consumers = [Consumer.model_validate({"name": "a", "match": {"token": "ci"}})] * 2
    found = find_consumer_mistakes(consumers, kind="service_http", is_judged=True, tokens=("ci",), users=())
    assert [finding.pointer for finding in found] == [("consumers", 1, "name")]
