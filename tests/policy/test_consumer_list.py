import pytest

from plugin_gateway.config.auth import Consumer
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.policy.consumer_list import find_consumer_mistakes, select_for_consumer
from plugin_gateway.policy.pinned import NOTHING_PINNED, Pinned

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
LIST, ADD, ADMIN = OperationKey("GET", "/pets"), OperationKey("POST", "/pets"), OperationKey("GET", "/admin")


def chosen(allow, kept=(LIST, ADD), document=DOCUMENT, pinned=NOTHING_PINNED):
    consumer = Consumer.model_validate(
        {"name": "a", "match": {"token": "t"}} | ({"allow": allow} if allow is not None else {})
    )
    return select_for_consumer(document, kept, consumer, 2, pinned)


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
    assert (chosen(allow).keys, chosen(allow).findings) == (keys, ())


def test_a_group_means_what_the_gateway_allows_of_it():
    assert (chosen([{"tag": "pets"}], kept=(LIST,)).keys, chosen([{"tag": "pets"}], kept=(LIST,)).findings) == (
        (LIST,),
        (),
    )


def test_what_the_document_adds_to_a_group_stays_closed_to_the_consumer_too():
    first = chosen([{"tag": "pets"}, {"path": "/a*"}, "listPets"], kept=(LIST, ADD, ADMIN))
    root = {
        "openapi": "3.1.0",
        "paths": {**DOCUMENT.root["paths"], "/admin": {"get": {"operationId": "admin", "tags": ["pets"]}}},
    }
    later = chosen([{"tag": "pets"}], (LIST, ADD, ADMIN), Document(root=root, name="o"), Pinned(first.pins))
    assert (later.keys, later.held) == ((LIST, ADD), (ADMIN,))
    [finding] = later.findings
    assert (finding.rule, finding.severity, finding.pointer) == (
        "later-operation",
        "warning",
        ("consumers", 2, "allow", 0),
    )
    # To anybody else it is new, and what is closed to everybody is told of the gateway's own list.
    assert chosen([{"tag": "pets"}], (LIST, ADD, ADMIN), Document(root=root, name="o")).keys == (LIST, ADD, ADMIN)
    assert chosen([{"tag": "pets"}], (LIST, ADD), Document(root=root, name="o"), Pinned(first.pins)).findings == ()


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("admin", "consumer-exceeds-allow"),
        ({"tag": "admin"}, "consumer-exceeds-allow"),
        ("listPats", "unknown-operation"),
    ],
)
def test_what_nobody_may_call_is_a_finding_at_its_place(entry, rule):
    selected = chosen(["listPets", entry])
    [finding] = selected.findings
    assert selected.keys == (LIST,)
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
