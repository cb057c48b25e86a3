from pathlib import Path

import pytest

from plugin_gateway.cli.building import build_to_check, build_to_show, load_to_show
from plugin_gateway.errors import ConfigError

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100, credential: {bearer: {env: NOT_SET}}}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NOT_SET", raising=False)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_show_needs_no_secret_but_check_does(config: Path) -> None:
    assert len(build_to_show(config).revision.rules) == 1
    assert len(load_to_show(config)[1].operations) == 1
    with pytest.raises(ConfigError, match="NOT_SET"):
        build_to_check(config)


def test_checking_does_without_the_secrets_of_a_file_or_a_variable(config: Path) -> None:
    text = CONFIG.replace("{env: NOT_SET}", "{file: /nowhere/key}")
    config.write_text(
        text + "auth: {type: user_http, users: /nowhere/users}\nconsumers: [{name: c, match: {user: ann}}]\n"
    )
    assert len(build_to_check(config, needs_secrets=False).revision.rules) == 1
    with pytest.raises(ConfigError, match="/nowhere/key"):
        build_to_check(config)


def test_two_missing_secrets_get_different_placeholders(config: Path) -> None:
    tokens = "auth: {type: service_http, tokens: [{name: a, token: {env: A}}, {name: b, token: {env: B}}]}\n"
    config.write_text(CONFIG + tokens)
    assert len(build_to_check(config, needs_secrets=False).revision.rules) == 1
