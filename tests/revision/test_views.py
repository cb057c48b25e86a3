import json
import pickle
from typing import Any

import pytest
import yaml

from plugin_gateway.config.consumer import Consumer
from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.model import Revision
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.views import ConsumerChoice, select_for_consumer
from tests.narrow import as_a, present

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /pets/mine: {get: {operationId: myPet, responses: {}}}
  /orders: {get: {operationId: listOrders, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}}}
components: {schemas: {Pet: {type: object}, Order: {type: object}}}
"""
CONFIG = """
openapi: ./o.yaml
upstream: {url: "http://a", credential: {header: X-Key, value: {value: sekret-of-the-upstream}}}
allow: [getPet, myPet, {operation: listOrders, operation_id: orders}]
auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}]}
consumers:
  - {name: pets, match: {token: a}, allow: [getPet]}
  - {name: all, match: {token: a}}
  - {name: twin, match: {token: a}, allow: [getPet]}
  - {name: nothing, match: {token: a}, allow: []}
"""


def compiled(config: str = CONFIG) -> Revision:
    return compile_revision(
        load_text(config, path=None, environ={}), Document(root=yaml.safe_load(DOCUMENT), name="o"), number=1
    )


def test_each_consumer_has_its_own_gate_and_documents() -> None:
    revision = compiled()
    pets, everything, twin, nothing = revision.views
    assert [view.consumer for view in revision.views] == ["pets", "all", "twin", "nothing"]
    shown = [sorted(json.loads(view.faces["/openapi.json"].body)["paths"]) for view in revision.views]
    assert shown == [["/pets/{id}"], ["/orders", "/pets/mine", "/pets/{id}"], ["/pets/{id}"], []]
    assert "Order" not in json.loads(pets.faces["/openapi.json"].body)["components"]["schemas"]
    assert everything.gate is revision.gate
    assert twin.gate is pets.gate
    assert nothing.gate.rules == ()
    assert not any("ai-plugin" in path for path in pets.faces)


def test_operations_closed_to_one_consumer_shadow_those_open_to_it() -> None:
    pets, everything, _, _ = compiled().views
    assert isinstance(pets.gate.judge(b"GET", b"/pets/1"), Permit)
    assert isinstance(everything.gate.judge(b"GET", b"/pets/mine"), Permit)
    closed, unknown = pets.gate.judge(b"GET", b"/pets/mine"), pets.gate.judge(b"GET", b"/nowhere")
    assert closed == unknown
    assert isinstance(closed, Refusal)
    assert closed.code == "operation-not-found"


def test_operations_closed_to_all_callers_shadow_those_open_to_a_consumer() -> None:
    for view in compiled(CONFIG.replace("[getPet, myPet,", "[getPet,")).views[:3]:
        assert isinstance(view.gate.judge(b"GET", b"/pets/1"), Permit)
        for target in (b"/pets/mine", b"/pets/MINE", b"/pets/mine.json"):
            assert as_a(Refusal, view.gate.judge(b"GET", target)).code == "operation-not-found"


def test_operations_have_the_same_name_for_all_consumers() -> None:
    _, everything, _, _ = compiled().views
    assert {rule.operation_id for rule in everything.gate.rules} == {"getPet", "myPet", "orders"}


def test_every_profile_is_cut() -> None:
    pets = compiled().views[0]
    assert all(b"orders" not in face.body for face in pets.faces.values())
    assert "/openapi.yaml?profile=gpt-actions" in pets.faces


def test_a_consumer_that_asks_for_more_than_there_is_stops_the_start() -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(
            CONFIG.replace("allow: [getPet, myPet,", "allow: [getPet,").replace("allow: []", "allow: [myPet, nope]")
        )
    assert [
        (finding.rule, present(finding.location).line)
        for finding in caught.value.findings
        if finding.severity == "error"
    ] == [
        ("consumer-exceeds-allow", 10),
        ("unknown-operation", 10),
    ]


def test_a_view_counts_in_the_digest_and_no_token_is_in_the_revision() -> None:
    first, second = (
        compiled(),
        compiled(
            CONFIG.replace(
                "name: twin, match: {token: a}, allow: [getPet]", "name: twin, match: {token: a}, allow: [myPet]"
            )
        ),
    )
    assert first.digest != second.digest
    assert b"a-token-of-some-length" not in pickle.dumps(first)


def test_without_consumers_there_is_no_view() -> None:
    assert compiled(CONFIG.partition("consumers:")[0]).views == ()


TAGGED = Document(
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


def chosen(
    allow: list[Any] | None,
    kept: tuple[OperationKey, ...] = (LIST, ADD),
    document: Document = TAGGED,
    pinned: Pinned = NOTHING_PINNED,
) -> ConsumerChoice:
    consumer = Consumer.parse({"name": "a", "match": {"token": "t"}} | ({"allow": allow} if allow is not None else {}))
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
def test_a_consumer_has_what_it_lists_in_document_order(
    allow: list[Any] | None, keys: tuple[OperationKey, ...] | None
) -> None:
    assert (chosen(allow).keys, chosen(allow).findings) == (keys, ())


def test_a_group_stands_for_its_operations_that_the_gateway_allows() -> None:
    assert (chosen([{"tag": "pets"}], kept=(LIST,)).keys, chosen([{"tag": "pets"}], kept=(LIST,)).findings) == (
        (LIST,),
        (),
    )


def test_an_operation_that_the_document_adds_to_a_group_stays_closed_to_the_consumer_too() -> None:
    first = chosen([{"tag": "pets"}, {"path": "/a*"}, "listPets"], kept=(LIST, ADD, ADMIN))
    root = {
        "openapi": "3.1.0",
        "paths": {**TAGGED.root["paths"], "/admin": {"get": {"operationId": "admin", "tags": ["pets"]}}},
    }
    later = chosen([{"tag": "pets"}], (LIST, ADD, ADMIN), Document(root=root, name="o"), Pinned(first.pins))
    assert (later.keys, later.held) == ((LIST, ADD), (ADMIN,))
    [finding] = later.findings
    assert (finding.rule, finding.severity, finding.pointer) == (
        "later-operation",
        "warning",
        ("consumers", 2, "allow", 0),
    )
    # It is open if the list also names it.
    both = chosen([{"tag": "pets"}, "admin"], (LIST, ADD, ADMIN), Document(root=root, name="o"), Pinned(first.pins))
    assert (both.keys, both.findings, both.held) == ((LIST, ADD, ADMIN), (), ())
    # For other consumers it is new, and an operation closed to all is reported for the gateway's own list.
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
def test_an_entry_that_permits_no_call_is_a_finding_at_its_place(entry: dict[str, str] | str, rule: str) -> None:
    selected = chosen(["listPets", entry])
    [finding] = selected.findings
    assert selected.keys == (LIST,)
    assert (finding.rule, finding.pointer) == (rule, ("consumers", 2, "allow", 1))
    assert finding.hint


def test_each_consumer_has_the_tools_of_its_documents() -> None:
    revision = pickle.loads(pickle.dumps(compiled()))
    names = [[*view.tools.by_name] for view in revision.views]

    assert [*revision.tools.by_name] == ["getPet", "myPet", "orders"]
    assert names == [["getPet"], ["getPet", "myPet", "orders"], ["getPet"], []]


@pytest.mark.parametrize(("mode", "is_searched"), [("tools", False), ("search", True)])
def test_a_consumer_finds_only_its_own_operations_in_search_mode(mode: str, is_searched: bool) -> None:
    revision = pickle.loads(pickle.dumps(compiled(f"{CONFIG}\nmcp: {{mode: {mode}}}\n")))
    pets, everything, _, nothing = revision.views

    assert [one.tools.is_searched for one in (revision, *revision.views)] == [is_searched] * 5
    assert everything.tools.index.names == ("getPet", "myPet", "orders")
    assert pets.tools.index.names == ("getPet",)
    assert not {"order", "mine"} & {*pets.tools.index.words}
    assert nothing.tools.index.words == ()
