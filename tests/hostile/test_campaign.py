"""Each guard of the gateway is taken away once: the attack must find out."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from plugin_gateway.approvals.desk import Desk
from plugin_gateway.callers.model import Callers
from plugin_gateway.config.load import LoadedConfig, load_text
from plugin_gateway.gate.shadow import NO_TERMS
from plugin_gateway.hostile import arena
from plugin_gateway.hostile.campaign import Outcome, attack, attack_remote, terrain_of
from plugin_gateway.hostile.case import Case, Echo, Feature
from plugin_gateway.hostile.oracle import Arrival
from plugin_gateway.hostile.terrain import THIS_PROCESS
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy import consent
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.revision import Revision
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.kept import KeptOperation
from tests.narrow import stand_in

ID = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
PATHS: dict[str, Any] = {
    "/pets/{id}": {
        "parameters": ID,
        "get": {"operationId": "getPet", "responses": {}},
        "delete": {"operationId": "deletePet", "responses": {}},
    },
    "/pets/mine": {"get": {"operationId": "getMine", "responses": {}}},
    "/pets": {"get": {"operationId": "listPets", "responses": {}}},
}
DOCUMENT = Document(root={"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": PATHS}, name="pets")
CONFIG: dict[str, Any] = {
    "openapi": "o.json",
    "upstream": {
        "url": "http://127.0.0.1:9/v1",
        "credential": {"header": "X-Api-Key", "value": {"value": "a-secret-of-the-api-77"}},
    },
    "allow": ["getPet", "listPets"],
}


SHAPED_FEATURES = {Feature.HIDDEN, Feature.DROPPED, Feature.HELD}


def compiled(**more: Any) -> Revision:
    text = orjson.dumps({**CONFIG, **more}).decode()
    loaded: LoadedConfig = load_text(text, path=Path("gateway.yaml"), environ={})
    return compile_revision(loaded, DOCUMENT, number=1)


def attacked(revision: Revision) -> Outcome:
    return asyncio.run(attack(revision, DOCUMENT))


def test_a_whole_gateway_holds() -> None:
    outcome = attacked(compiled())
    assert [leak.what for leak in outcome.leaks] == []
    assert (outcome.silent, outcome.proves_nothing) == ([], False)
    assert set(outcome.played) == set(Feature) - {Feature.ANONYMOUS, *SHAPED_FEATURES}


def leaking(revision: Revision) -> set[Feature]:
    return {leak.case.feature for leak in attacked(revision).leaks}


def test_an_operation_that_is_open_by_mistake_is_found() -> None:
    whole = compiled()
    opened = replace(whole, gate=compiled(allow=["getPet", "listPets", "deletePet"]).gate)
    assert Feature.DENIED in leaking(opened)


def test_a_lost_shadow_is_found() -> None:
    whole = compiled()
    without = replace(DOCUMENT, root={**DOCUMENT.root, "paths": {k: v for k, v in PATHS.items() if k != "/pets/mine"}})
    text = orjson.dumps(CONFIG).decode()
    blind = compile_revision(load_text(text, path=Path("gateway.yaml"), environ={}), without, number=1)
    assert {Feature.DENIED, Feature.SPELLING} <= leaking(replace(whole, gate=blind.gate))


def unmasked(revision: Revision) -> Revision:
    read, write = (replace(one, secrets=()) for one in (revision.read_injection, revision.write_injection))
    return replace(revision, read_injection=read, write_injection=write, other_secrets=())


def test_a_mask_that_does_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "Holder", lambda revision, **more: Holder(unmasked(revision), **more))
    echoed = {leak.case.name for leak in attacked(compiled()).leaks if leak.case.feature is Feature.ECHO}
    assert echoed == {f"as {echo}" for echo in Echo}


def test_a_field_that_slips_through_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Uplink, "_passes", lambda _, name: name not in (b"host", b"content-length", b"connection"))
    assert Feature.CREDENTIALS in leaking(compiled())


AUTH: Any = {"type": "service_http", "tokens": [{"name": "ci", "token": {"value": "a-long-token-of-a-caller-1"}}]}


def test_a_closed_door_is_attacked_without_a_credential() -> None:
    outcome = attacked(compiled(auth=AUTH))
    assert (outcome.leaks, outcome.played[Feature.ANONYMOUS] > 100) == ([], True)


def test_a_door_that_lets_every_caller_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "Holder", lambda revision, **more: Holder(replace(revision, callers=Callers()), **more))
    assert Feature.ANONYMOUS in leaking(compiled(auth=AUTH))


def test_each_consumer_attacks_the_operations_that_are_closed_to_it_alone() -> None:
    closed = compiled(
        auth=AUTH,
        consumers=[{"name": "reader", "match": {"token": "ci"}, "allow": ["listPets"]}],
    )
    assert attacked(closed).leaks == []
    view = replace(closed.views[0], gate=closed.gate)
    outcome = attacked(replace(closed, views=(view,)))
    assert outcome.leaks == []
    # The view's own rules say what it may call; a gate that allows more than they do is a leak.
    wide = replace(closed.views[0], gate=replace(closed.gate, rules=closed.views[0].gate.rules))
    assert {leak.caller for leak in attacked(replace(closed, views=(wide,))).leaks} == {"reader"}


def test_an_allow_list_that_forwards_nothing_proves_nothing() -> None:
    outcome = attacked(compiled(allow=[]))
    assert outcome.proves_nothing


def test_the_terrain_names_what_callers_may_send() -> None:
    terrain = terrain_of(compiled(upstream={**CONFIG["upstream"], "headers": {"forward": ["X-Tenant"]}}), DOCUMENT)
    assert "x-tenant" in terrain.passed_fields
    assert terrain.injected_headers == ("X-Api-Key",)
    assert {place.template for place in terrain.denied} == {"/pets/mine", "/pets/{id}"}
    assert terrain.tools[0].in_path == ("id",)


def test_ordinary_words_in_a_key_are_not_reported_as_a_leak() -> None:
    key = "Content-Type-pgattack-X-Api-Key-application/problem+json-operation-not-found-127.0.0.1-9"
    credential = {"header": "X-Api-Key", "value": {"value": key}}
    outcome = attacked(compiled(upstream={**CONFIG["upstream"], "credential": credential}))
    assert [(leak.what, leak.case.name) for leak in outcome.leaks] == []


class Answering:
    """Stands in for a running gateway whose API answers with a title-case field name."""

    destination = THIS_PROCESS

    def plays(self, case: Case) -> bool:
        return case.feature is Feature.CONTROL

    async def play(self, case: Case) -> tuple[bytes, list[Arrival]]:
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", [Arrival("GET", "/pets/7", b"")]

    def may_call(self, method: str) -> bool:
        return False


@pytest.mark.parametrize("auth", [{"type": "none"}, AUTH], ids=["open", "behind a login"])
def test_words_of_http_in_a_key_are_not_reported_as_a_leak_of_a_running_gateway(auth: Any) -> None:
    credential = {"header": "X-Api-Key", "value": {"value": "Content-Type-of-pets-9x8y"}}
    revision = compiled(auth=auth, upstream={**CONFIG["upstream"], "credential": credential})
    outcome = asyncio.run(attack_remote(stand_in(Answering()), revision, DOCUMENT))
    assert [leak.what for leak in outcome.leaks] == []


def test_a_mask_that_does_nothing_is_found_with_ordinary_words_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "Holder", lambda revision, **more: Holder(unmasked(revision), **more))
    credential = {"header": "X-Api-Key", "value": {"value": "Content-Type-x9"}}
    echoed = {
        leak.case.name
        for leak in attacked(compiled(upstream={**CONFIG["upstream"], "credential": credential})).leaks
        if leak.case.feature is Feature.ECHO
    }
    assert echoed == {f"as {echo}" for echo in Echo}


OBJECT: dict[str, Any] = {"type": "object", "properties": {"id": {"type": "string"}, "notes": {"type": "string"}}}
JSON_ANSWER = {"200": {"description": "ok", "content": {"application/json": {"schema": OBJECT}}}}
SHAPED_PATHS: dict[str, Any] = {
    "/orders/{id}": {
        "parameters": ID,
        "get": {
            "operationId": "getOrder",
            "parameters": [
                {"name": "mode", "in": "query", "schema": {"type": "string"}},
                {"name": "X-Mode", "in": "header", "schema": {"type": "string"}},
                {"name": "mode", "in": "cookie", "schema": {"type": "string"}},
            ],
            "responses": JSON_ANSWER,
        },
        "put": {
            "operationId": "setOrder",
            "requestBody": {"content": {"application/json": {"schema": OBJECT}}},
            "responses": JSON_ANSWER,
        },
        "delete": {"operationId": "deleteOrder", "responses": {}},
    }
}
SHAPED_DOCUMENT = replace(DOCUMENT, root={**DOCUMENT.root, "paths": SHAPED_PATHS})
HIDDEN = {"query:mode": "hidden", "header:X-Mode": {"fixed": "on"}, "cookie:mode": "hidden"}
SHAPED_ALLOW: list[dict[str, Any]] = [
    {"operation": "getOrder", "parameters": HIDDEN, "response": {"drop": ["/notes"]}},
    {
        "operation": "setOrder",
        "request": {"drop": ["/notes"]},
        "response": {"keep": ["/id"]},
        "consequential": "confirm",
    },
    {"operation": "deleteOrder", "consequential": "confirm"},
]


def shaped(allow: list[dict[str, Any]] = SHAPED_ALLOW) -> Revision:
    text = orjson.dumps({**CONFIG, "allow": allow}).decode()
    return compile_revision(load_text(text, path=Path("gateway.yaml"), environ={}), SHAPED_DOCUMENT, number=1)


def without(key: str) -> Revision:
    """Return the shaped revision with a gate that does not know this key of the entries."""
    bare = shaped([{name: value for name, value in entry.items() if name != key} for entry in SHAPED_ALLOW])
    return replace(shaped(), gate=bare.gate)


def found_in(revision: Revision) -> dict[Feature, set[str]]:
    leaks = asyncio.run(attack(revision, SHAPED_DOCUMENT)).leaks
    return {feature: {leak.case.name for leak in leaks if leak.case.feature is feature} for feature in SHAPED_FEATURES}


def test_a_shaped_gateway_holds() -> None:
    outcome = asyncio.run(attack(shaped(), SHAPED_DOCUMENT))
    assert [(leak.case.name, leak.what) for leak in outcome.leaks] == []
    assert set(outcome.played) >= SHAPED_FEATURES
    assert outcome.unsent == []


def test_a_hidden_parameter_that_callers_can_send_is_found() -> None:
    found = found_in(without("parameters"))[Feature.HIDDEN]
    assert {"the hidden ?mode", "the hidden field X-Mode", "the hidden cookie mode"} <= {
        name.replace("x-mode", "X-Mode") for name in found
    }


def test_a_hidden_member_that_callers_can_send_is_found() -> None:
    assert "hidden members as application/json" in found_in(without("request"))[Feature.HIDDEN]


def test_a_dropped_field_that_clients_get_is_found() -> None:
    found = found_in(without("response"))[Feature.DROPPED]
    assert {"as application/json", "compressed", "in small chunks", "in UTF-16", "by a tool"} <= found


def test_a_call_that_runs_without_an_approval_is_found() -> None:
    found = found_in(without("consequential"))[Feature.HELD]
    assert {"not approved", "by a tool, claim 0", "a second time with one approval"} <= found


@pytest.mark.parametrize("is_mistaken", [False, True])
def test_another_spelling_that_runs_without_an_approval_is_found(
    monkeypatch: pytest.MonkeyPatch, is_mistaken: bool
) -> None:
    if is_mistaken:
        monkeypatch.setattr(KeptOperation, "terms", NO_TERMS)
    outcome = attacked(compiled(allow=["getPet", {"operation": "getMine", "consequential": "confirm"}]))
    found = {leak.case.name for leak in outcome.leaks if leak.case.feature is Feature.HELD}
    assert ("with the path in another spelling, escaped last segment" in found) is is_mistaken
    assert is_mistaken or not outcome.leaks


def test_an_approval_that_holds_for_other_calls_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consent, "fingerprint_of", lambda _: "the same for each call")
    found = found_in(shaped())[Feature.HELD]
    assert "not approved" not in found
    assert found & {"of another path", "with the body '{\"pgextra\": 1}'", "with another media type"}


def test_a_call_that_goes_up_as_the_approved_one_may_use_its_approval() -> None:
    allow = [{"operation": "setOrder", "request": {"keep": ["/id"]}, "consequential": "confirm"}]
    outcome = asyncio.run(attack(shaped(allow), SHAPED_DOCUMENT))
    assert [(leak.case.name, leak.what) for leak in outcome.leaks] == []
    assert outcome.unsent == []


def test_an_approval_that_can_be_used_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Desk.ask

    def ask_again(desk: Desk, held: Any, now: float) -> Any:
        verdict = ask(desk, held, now)
        if verdict.kind == "run":
            desk.give_back(verdict.id, now)
        return verdict

    monkeypatch.setattr(Desk, "ask", ask_again)
    assert found_in(shaped())[Feature.HELD] == {"a second time with one approval"}
