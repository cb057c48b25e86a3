from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from plugin_gateway.cli.suggestions import suggest_consumers, suggest_methods, suggest_operations, suggest_paths

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: listPets, responses: {}}, post: {responses: {}}}
  /stores: {get: {operationId: listStores, responses: {}}}
"""


def offered(suggest: Callable[..., Any], incomplete: str, **params: Path | str) -> list[str]:
    context = click.Context(click.Command("x"))
    context.params = params
    return [item.value for item in suggest(context, None, incomplete)]


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return str(tmp_path / "openapi.yaml")


def test_operations_methods_and_paths_of_a_document_are_offered(source: str) -> None:
    assert offered(suggest_operations, "list", source=source) == ["listPets", "listStores"]
    assert offered(suggest_operations, "listS", source=source) == ["listStores"]
    assert offered(suggest_operations, "listS", spec=source) == ["listStores"]
    assert offered(suggest_methods, "p", source=source) == ["POST"]
    assert offered(suggest_paths, "/", source=source, method="get") == ["/pets", "/stores"]


def test_suggestions_come_from_the_document_of_the_config(source: str, tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(
        "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:9, credential: {bearer: {env: NOT_SET_K}}}\nallow: []\n"
    )
    assert offered(suggest_operations, "listP", config=config) == ["listPets"]


@pytest.mark.parametrize("params", [{"source": "/nowhere"}, {"source": "-"}, {"config": "nowhere.yaml"}])
def test_where_there_is_no_document_nothing_is_offered(
    params: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if "config" in params:
        params = {"config": tmp_path / params["config"]}
    assert offered(suggest_operations, "", **params) == []


def test_the_consumers_of_the_config_are_offered(source: Any, tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(
        "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:9}\nallow: []\n"
        "auth: {type: service_http, tokens: [{name: t, env: NOT_SET_T}]}\n"
        "consumers: [{name: alice, match: {token: t}}, {name: bob, match: {token: t}}]\n"
    )
    assert offered(suggest_consumers, "", config=config) == ["alice", "bob"]
    assert offered(suggest_consumers, "b", config=config) == ["bob"]
    assert offered(suggest_consumers, "", config=tmp_path / "nowhere.yaml") == []
