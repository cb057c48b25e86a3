"""The compose file is valid, and its gateway has few rights and finds what it is given."""

import copy
import importlib.resources
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from plugin_gateway.config.load import LoadedConfig, load
from plugin_gateway.config.units import parse_duration
from tests.narrow import present

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
PATHS = {"legacy_api_key": "/run/secrets/legacy_api_key"}


def slips(composition: dict[str, Any]) -> list[Any]:
    pytest.importorskip("check_jsonschema", reason="the compose specification's schema comes with check-jsonschema")
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text())
    return list(validator_for(schema)(schema).iter_errors(composition))


def gateway_config(tmp_path: Path) -> LoadedConfig:
    """Load the mounted config as the container would see it, its secret in a folder of the test's."""
    secret = tmp_path / "legacy_api_key"
    secret.write_text("key-of-the-test\n")
    text = (DEPLOY / "config" / "gateway.yaml").read_text()
    assert PATHS["legacy_api_key"] in text
    path = tmp_path / "gateway.yaml"
    path.write_text(text.replace(PATHS["legacy_api_key"], str(secret)))
    return load(path, environ={})


def test_it_is_valid_by_the_compose_specification() -> None:
    assert slips(COMPOSE) == []


def test_the_schema_would_find_a_slip() -> None:
    slipped = copy.deepcopy(COMPOSE)
    slipped["services"]["gateway"]["cap_dropp"] = ["ALL"]

    assert "cap_dropp" in slips(slipped)[0].message


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_read_only_and_without_capabilities(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


def test_the_gateway_is_a_sidecar_and_its_port_the_only_one_published() -> None:
    assert SERVICES["gateway"]["network_mode"] == "service:api"
    assert "ports" not in SERVICES["gateway"]
    assert [port.rpartition(":")[2] for port in SERVICES["api"]["ports"]] == ["8080"]


def test_the_gateway_waits_for_the_document_it_reads() -> None:
    assert SERVICES["gateway"]["depends_on"]["api"]["condition"] == "service_healthy"


def test_everything_mounted_exists() -> None:
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())]
    sources += [secret["file"] for secret in COMPOSE["secrets"].values()]

    assert sources
    assert all((DEPLOY / source).exists() for source in sources)


def test_the_mounted_config_loads_and_fits_the_containers(tmp_path: Path) -> None:
    config = gateway_config(tmp_path).config

    assert config.listen.port == 8080
    assert "127.0.0.1:9100" in (DEPLOY / "config" / "gateway.yaml").read_text()
    assert SERVICES["api"]["command"] == ["--port", "9100"]


def test_no_secret_is_written_into_the_file() -> None:
    key = (DEPLOY / "legacy_api_key.demo").read_text().strip()

    assert key not in (DEPLOY / "compose.yaml").read_text().replace("legacy_api_key.demo", "")
    assert key not in (DEPLOY / "config" / "gateway.yaml").read_text()


REPLICAS = DEPLOY / "examples" / "replicas"
OF_REPLICAS = yaml.safe_load((REPLICAS / "compose.yaml").read_text())
GATEWAYS = ("gateway-a", "gateway-b")


def test_the_replicas_are_valid_by_the_compose_specification() -> None:
    assert slips(OF_REPLICAS) == []


@pytest.mark.parametrize("name", OF_REPLICAS["services"])
def test_every_container_beside_the_replicas_is_read_only_and_without_capabilities(name: str) -> None:
    service = OF_REPLICAS["services"][name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in service["security_opt"]


def test_the_replicas_are_where_haproxy_looks_for_them_and_have_time_to_drain() -> None:
    balanced = (REPLICAS / "haproxy.cfg").read_text()

    for name in GATEWAYS:
        service = OF_REPLICAS["services"][name]
        address = service["networks"]["inside"]["ipv4_address"]
        assert f"{address}:8080 port 8081" in balanced
        _, *times = service["command"]
        drain_s = sum(parse_duration(value) for value in times[1::2])
        assert parse_duration(service["stop_grace_period"]) > drain_s
    assert OF_REPLICAS["services"]["haproxy"]["ports"] == ["127.0.0.1:8443:443"]
    assert not [name for name in GATEWAYS if "ports" in OF_REPLICAS["services"][name]]


def test_the_config_of_the_replicas_loads_with_their_environment() -> None:
    environment = {**OF_REPLICAS["services"]["gateway-a"]["environment"], "LEGACY_API_KEY": "key-of-the-test"}
    environment["PLUGIN_GATEWAY__OPENAPI"] = str(DEPLOY.parent / "examples" / "legacy_api" / "openapi.yaml")
    config = load(REPLICAS / "gateway.yaml", environ=environment).config

    assert str(config.upstream.url) == "http://10.0.0.10:9100/api/v2"
    assert OF_REPLICAS["services"]["api"]["networks"]["inside"]["ipv4_address"] == "10.0.0.10"
    assert present(config.limits.redis).reveal() == environment["REDIS_URL"]
    assert str(config.admin) == "0.0.0.0:8081"
