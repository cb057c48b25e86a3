"""Each guard of the gateway is taken away once: the attack must find out."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from plugin_gateway.callers.model import Callers
from plugin_gateway.config.load import LoadedConfig, load_text
from plugin_gateway.hostile import arena
from plugin_gateway.hostile.campaign import Outcome, attack, terrain_of
from plugin_gateway.hostile.case import Echo, Feature
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.revision import Revision
from plugin_gateway.revision.compile import compile_revision

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
    assert set(outcome.played) == set(Feature) - {Feature.ANONYMOUS}


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


def test_each_consumer_attacks_what_is_closed_to_it_alone() -> None:
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


def test_a_key_with_ordinary_words_in_it_is_no_leak() -> None:
    key = "Content-Type-pgattack-X-Api-Key-application/problem+json-operation-not-found-127.0.0.1-9"
    credential = {"header": "X-Api-Key", "value": {"value": key}}
    outcome = attacked(compiled(upstream={**CONFIG["upstream"], "credential": credential}))
    assert [(leak.what, leak.case.name) for leak in outcome.leaks] == []


def test_a_mask_that_does_nothing_is_found_with_ordinary_words_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena, "Holder", lambda revision, **more: Holder(unmasked(revision), **more))
    credential = {"header": "X-Api-Key", "value": {"value": "Content-Type-x9"}}
    echoed = {
        leak.case.name
        for leak in attacked(compiled(upstream={**CONFIG["upstream"], "credential": credential})).leaks
        if leak.case.feature is Feature.ECHO
    }
    assert echoed == {f"as {echo}" for echo in Echo}
