import json
import os
import urllib.request
from pathlib import Path

import pytest

from plugin_gateway.cli import demo
from plugin_gateway.cli.demo import config_file, example_folder, load_example, serve_example
from plugin_gateway.cli.entry import run
from plugin_gateway.config.load import load
from plugin_gateway.errors import UsageError
from tests.bounds import BOUND_S


def test_the_example_is_found_and_answers_to_its_key_on_a_free_port() -> None:
    folder = example_folder()
    port = serve_example(folder, "a-key-for-the-demo")
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v2/orders", headers={"X-Api-Key": "a-key-for-the-demo"}
    )
    with urllib.request.urlopen(request, timeout=BOUND_S) as response:
        assert json.load(response)


def test_the_config_is_the_one_people_are_shown(tmp_path: Path) -> None:
    assert config_file(example_folder()).name == "gateway.yaml"
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "gateway.yaml").write_text("")
    assert config_file(tmp_path / "demo") == tmp_path / "demo" / "gateway.yaml"


def test_the_example_is_imported_under_a_name_nothing_else_has() -> None:
    assert load_example(example_folder(), "app").__name__ == "plugin_gateway_demo_api.app"


def test_an_installation_without_the_example_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "site" / "plugin_gateway" / "cli" / "demo.py"))
    with pytest.raises(UsageError, match="has no example API"):
        example_folder()


def test_the_console_of_the_demo_saves_nothing_because_the_config_belongs_to_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = {**os.environ}
    monkeypatch.setattr(os, "environ", environ)
    monkeypatch.setattr(demo, "serve_example", lambda *_: 1)
    monkeypatch.setattr("plugin_gateway.server.startup.run", lambda *_: 0)
    run(["demo"])
    assert load(config_file(example_folder()), environ=environ).config.console_mode == "read"
