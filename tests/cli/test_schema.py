import json

import jsonschema
import pytest
import yaml

from plugin_gateway.cli.entry import run


def test_the_schema_accepts_a_config_and_refuses_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    config = yaml.safe_load("openapi: o.yaml\nupstream: {url: http://a}\nallow: [a]\n")
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert validator.is_valid(config)
    assert not validator.is_valid({**config, "upstraem": {}})
