import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_gateway.cli.entry import run
from tests import shop as shops
from tests.bounds import BOUND_S

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\npaths: {/pets: {get: {operationId: listPets, responses: {}}}}\n'
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_a_config_that_has_only_warnings_is_ok(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("ok: 1 of 1 operations are allowed; the document has 0.")
    assert "warning[manifest-missing]" in captured.err


def test_with_strict_a_warning_fails_the_check(config: Path) -> None:
    assert run(["check", "-c", str(config), "--strict"]) == 1


def test_a_config_that_denies_all_it_allows_is_not_ok(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG + "deny: [GET /**]\n")
    assert run(["check", "-c", str(config)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "4:7: warning[nothing-allowed]" in captured.err


def test_a_config_that_says_it_serves_nothing_is_ok(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("[listPets]", "[]"))
    assert run(["check", "-c", str(config)]) == 0
    assert capsys.readouterr().out.startswith("ok: 0 of 1 operations")


def test_a_config_that_cannot_be_served_exits_2_with_places(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("listPets", "nope").replace("upstream", "upstraem"))
    assert run(["check", "-c", str(config)]) == 2
    captured = capsys.readouterr()
    assert f"{config}:2:1: error[" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("text", [CONFIG, CONFIG.replace("listPets", "nope")])
def test_programs_get_their_formats_on_standard_output(
    config: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    config.write_text(text)
    for shape in ("json", "sarif"):
        run(["check", "-c", str(config), "--format", shape])
        captured = capsys.readouterr()
        assert json.loads(captured.out)
        assert captured.err == ""
    run(["check", "-c", str(config), "--format", "github"])
    assert capsys.readouterr().out.startswith("::")


def test_a_missing_config_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLUGIN_GATEWAY_CONFIG", raising=False)
    assert run(["check"]) == 2
    assert "plugin-gateway init SPEC" in capsys.readouterr().err


def test_the_config_is_found_where_the_environment_says(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setenv("PLUGIN_GATEWAY_CONFIG", str(config))
    assert run(["check"]) == 0


def test_a_missing_secret_is_a_finding(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    config.write_text(CONFIG.replace("9100}", "9100, credential: {bearer: {env: NOT_SET}}}"))
    assert run(["check", "-c", str(config)]) == 2
    assert "secret-missing" in capsys.readouterr().err


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("KEY", "sekret-7f3a9c")
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(shops.DOCUMENT))

    def check(*arguments: str, **change: bool | dict[str, str]) -> int:
        (tmp_path / "gateway.yaml").write_text(yaml.safe_dump(shops.merged(shops.CONFIG, change)))
        return run(["check", "-c", str(tmp_path / "gateway.yaml"), *arguments])

    return check


def test_a_target_that_accepts_the_gateway_fits(shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert shop("--target", "claude", "--target", "m365") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1:] == ["claude: fits", "m365: fits"]


def test_a_target_that_refuses_the_gateway_gives_status_1_and_the_line_that_mends_it(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop("--target", "openai-plugin", plugin={"category": "Shopping"}) == 1
    said = capsys.readouterr()
    assert "openai-plugin: does not fit, 1 error" in said.out
    assert "gateway.yaml:" in said.err
    assert "error[openai-category]" in said.err
    assert "source: OpenAI, plugins/deploy/submission" in said.err


def test_a_rule_of_several_targets_is_reported_once(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop("--target", "chatgpt", "--target", "claude", "--format", "json", mcp=False) == 1
    rules = [finding["rule"] for finding in json.loads(capsys.readouterr().out)]
    assert rules.count("mcp-endpoint") == 1


def test_a_warning_of_a_target_counts_if_the_check_is_strict(shop: Callable[..., Any]) -> None:
    assert shop("--target", "claude", mcp={"result_bytes": "1MB"}) == 0
    assert shop("--target", "claude", "--strict", mcp={"result_bytes": "1MB"}) == 1
    assert shop("--strict", mcp={"result_bytes": "1MB"}) == 0


def test_a_target_that_does_not_exist_is_a_mistake_of_the_command_line(
    shop: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop("--target", "openai") == 2
    assert "semantic-kernel" in capsys.readouterr().err


def test_an_image_that_cannot_be_read_is_reported(
    shop: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logo.png").write_bytes(bytes(20_000_001))
    assert shop("--target", "openai-plugin", plugin={"logo": "logo.png"}) == 2
    assert "error[unreadable]" in capsys.readouterr().err


def test_each_overlay_is_shown_with_its_saving(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = 'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions: '
    (config.parent / "o.yaml").write_text(head + "[{target: $.paths.*.get, update: {summary: All pets}}]")
    (config.parent / "p.yaml").write_text(head + "[{target: $.paths.*.get.operationId, update: pets}]")
    config.write_text(
        CONFIG.replace(
            "openapi: ./openapi.yaml", "openapi: {source: openapi.yaml, overlays: [o.yaml, p.yaml]}"
        ).replace("listPets", "pets")
    )

    assert run(["check", "-c", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{config.parent / 'o.yaml'}: the allow-list needs it, so there is no saving to report",
        f"{config.parent / 'p.yaml'}: the allow-list needs it, so there is no saving to report",
    ]

    (config.parent / "p.yaml").write_text(head + "[{target: $.info.title, update: pets}]")
    config.write_text(config.read_text().replace("[pets]", "[listPets]"))
    assert run(["check", "-c", str(config)]) == 0
    assert "o.yaml: tokens of the tools " in (out := capsys.readouterr().out)
    assert "% more" in out or "% fewer" in out


def test_operations_are_appraised_on_request_only(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", str(config)]) == 0
    assert "tool " not in capsys.readouterr().out

    assert run(["check", "-c", str(config), "--operations"]) == 0
    assert "listPets  GET /pets\n  tool   " in capsys.readouterr().out


def test_in_json_the_appraisals_are_beside_the_findings(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", str(config), "--operations", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["operation_id"] for one in shown["operations"]] == ["listPets"]
    assert "manifest-missing" in {one["rule"] for one in shown["findings"]}

    config.write_text(CONFIG.replace("listPets", "nope"))
    assert run(["check", "-c", str(config), "--operations", "--format", "json"]) == 2
    shown = json.loads(capsys.readouterr().out)
    assert (shown["operations"], shown["overlays"]) == ([], [])
    assert "unknown-operation" in {one["rule"] for one in shown["findings"]}


def test_in_json_the_savings_of_overlays_are_beside_the_findings(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = config.parent / "o.yaml"
    head = 'overlay: 1.1.0\ninfo: {title: T, version: "1"}\nactions: '
    overlay.write_text(head + "[{target: $.paths.*.get, update: {summary: All pets}}]")
    config.write_text(CONFIG.replace("./openapi.yaml", "{source: openapi.yaml, overlays: [o.yaml]}"))

    assert run(["check", "-c", str(config), "--operations", "--format", "json"]) == 0
    (saving,) = json.loads(capsys.readouterr().out)["overlays"]
    assert saving["file"] == str(overlay)
    assert saving["before"].keys() == saving["after"].keys() == {"tools", "document"}


def test_appraisals_have_no_sarif(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", str(config), "--operations", "--format", "sarif"]) == 2
    assert "--format text or json" in capsys.readouterr().err


TALKING = (
    "asyncio",
    "httpx2",
    "logging",
    "starlette",
    "uvicorn",
    "plugin_gateway.mcp",
    "plugin_gateway.proxy",
    "plugin_gateway.server",
    "plugin_gateway.telemetry",
)
TOOLS = ("plugin_gateway.ranking", "plugin_gateway.tools.define", "plugin_gateway.tools.tool", "plugin_gateway.mcp")
LOCK = ("plugin_gateway.lock.locking", "plugin_gateway.lock.parts", "plugin_gateway.openapi.read.last_good")
MISTAKES = (
    "difflib",
    "plugin_gateway.config.better_hint",
    "plugin_gateway.config.syntax",
    "plugin_gateway.revision.beside",
)
ANSWERS = ("plugin_gateway.shape.describe.answers", "plugin_gateway.shape.answer.reply")
SHAPE = (
    "jsonschema_rs",
    "plugin_gateway.shape.describe.body_rules",
    "plugin_gateway.shape.describe.parameter_rules",
    *ANSWERS,
)


@pytest.mark.parametrize(
    ("settings", "heavy"),
    [
        ("", (*TALKING, *TOOLS, *LOCK, *MISTAKES, *ANSWERS)),
        ('validate: {request: "off", response: "off"}', (*TALKING, *TOOLS, *LOCK, *MISTAKES, *SHAPE)),
    ],
)
def test_a_check_imports_only_the_modules_that_its_config_needs(
    config: Path, settings: str, heavy: tuple[str, ...]
) -> None:
    config.write_text(f"{CONFIG}{settings}\n")
    program = (
        "import json, sys; from plugin_gateway.cli.entry import run; "
        "status = run(sys.argv[1:]); print(json.dumps([*sys.modules])); sys.exit(status)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, "check", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        check=True,
    )
    imported = json.loads(result.stdout.splitlines()[-1])

    assert [name for name in imported if any(f"{name}.".startswith(f"{room}.") for room in heavy)] == []
