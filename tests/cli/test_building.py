import pytest

from plugin_gateway.cli.building import WithoutSecrets, build_to_check, build_to_show, load_to_show
from plugin_gateway.errors import ConfigError

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100, credential: {bearer: {env: NOT_SET}}}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_showing_needs_no_secret_and_checking_does(config):
    assert len(build_to_show(config).revision.rules) == 1
    assert len(load_to_show(config)[1].operations) == 1
    with pytest.raises(ConfigError, match="NOT_SET"):
        build_to_check(config)


def test_what_is_set_stays_what_it_is():
    environment = WithoutSecrets({"A": "1"})
    assert (environment["A"], environment["B"], environment.get("B"), list(environment)) == (
        "1",
        "placeholder-for-a-secret",
        None,
        ["A"],
    )
