import json
from io import BytesIO
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import yaml

from plugin_gateway.cli.entry import run
from plugin_gateway.cli.suggest import refusals_of
from plugin_gateway.config.load import load_text
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.gate.permit import Permit
from plugin_gateway.observation.sighting import Sighting
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.build import build
from tests.observation.world import document

OBSERVED = json.dumps({"event": "observe", "openapi": "openapi.yaml", "upstream": "https://api.pets.test/v1"})
CALLS = {
    "GET /pets": "/pets",
    "POST /pets": "/pets",
    "GET /pets/mine": "/pets/mine",
    "GET /pets/{petId}": "/pets/7",
    "DELETE /pets/{petId}": "/pets/7",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    document(tmp_path)
    return tmp_path


def lines(*names: str) -> str:
    seen = [
        Sighting(
            method=name.partition(" ")[0],
            path=name.partition(" ")[2],
            status=200,
            response={"": ("object",), "/id": ("integer",)},
        )
        for name in names
    ]
    return "\n".join([OBSERVED, *(one.as_line() for one in seen)]) + "\n"


@pytest.mark.parametrize(
    "names", [set(some) for size in range(1, len(CALLS) + 1) for some in combinations(CALLS, size)]
)
def test_only_the_calls_that_were_seen_are_permitted(
    folder: Path, capsys: pytest.CaptureFixture[str], names: set[str]
) -> None:
    (folder / "seen.jsonl").write_text(lines(*names))
    capsys.readouterr()

    assert run(["suggest", "seen.jsonl"]) == 0
    text = capsys.readouterr().out
    revision = build(load_text(text, path=folder / "gateway.yaml", environ={}, needs_secrets=False)).revision
    for name, path in CALLS.items():
        query = "?needed=1" if name == "GET /pets" else ""
        verdict = revision.gate.judge(name.partition(" ")[0].encode(), f"{path}{query}".encode())
        assert (type(verdict).__name__ == "Permit") is (name in names), name
    assert {f"{rule.method} {rule.path_template}" for rule in revision.rules} == names


def test_parameters_and_fields_that_were_not_seen_stay_closed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "": ("array",),
        "/*": ("object",),
        "/*/id": ("integer",),
        "/*/owner": ("object",),
        "/*/owner/login": ("string",),
    }
    seen = Sighting(method="GET", path="/pets", status=200, query=("limit", "needed"), response=fields)
    (folder / "seen.jsonl").write_text(f"{OBSERVED}\n{seen.as_line()}\n")

    assert run(["suggest"]) == 0
    text = capsys.readouterr().out
    revision = build(load_text(text, path=folder / "gateway.yaml", environ={}, needs_secrets=False)).revision
    assert isinstance(revision.gate.judge(b"GET", b"/pets?limit=1&needed=1"), Permit)
    assert isinstance(revision.gate.judge(b"GET", b"/pets?needed=1&debug=1"), Refusal)
    (entry,) = yaml.safe_load(text)["allow"]
    assert entry["response"] == {"keep": ["/*/id", "/*/owner/login"]}


def test_the_api_is_the_one_that_was_observed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seen.jsonl").write_text(lines("GET /pets"))

    assert run(["suggest", "seen.jsonl"]) == 0
    config = yaml.safe_load(capsys.readouterr().out)
    assert config["openapi"] == "./openapi.yaml"
    assert config["upstream"]["url"] == "https://api.pets.test/v1"


ACCESS_LOG = """\
1.1.1.1 - - [27/Nov/2026:10:00:00 +0100] "GET /v1/pets/7?key=s3cret HTTP/1.1" 200 12
1.1.1.1 - - [27/Nov/2026:10:00:00 +0100] "GET /v1/pets/8 HTTP/1.1" 200 12
2.2.2.2 - - [27/Nov/2026:10:00:00 +0100] "DELETE /v1/pets/7 HTTP/1.1" 403 12
2.2.2.2 - - [27/Nov/2026:10:00:00 +0100] "GET /\x1b[31m.env HTTP/1.1" 404 12
rubbish
"""


def test_the_log_of_another_server_is_read_and_its_scanners_open_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "access.log").write_text(ACCESS_LOG)

    assert run(["suggest", "access.log", "--source", "openapi.yaml", "--upstream", "https://pets.test/v1"]) == 0
    shown = capsys.readouterr()
    assert "  - getPet   # GET /pets/{petId}: 2 calls\n" in shown.out
    assert yaml.safe_load(shown.out)["allow"] == ["getPet"]
    assert "not suggested, because every call was refused: DELETE /pets/{petId}" in shown.err
    assert "not in the document: GET /\ufffd[31m.env" in shown.err
    assert "1 line of the records cannot be read" in shown.err
    assert "s3cret" not in shown.out + shown.err


def test_the_suggested_config_keeps_the_upstream_of_gateway_yaml(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "gateway.yaml").write_text(
        "openapi: openapi.yaml\nupstream: {url: https://mine.test}\nallow: [listPets, getPet]\n"
    )
    (folder / "log").write_text(
        '{"event":"access","method":"GET","operation":"x","path":"/pets/{petId}","status":500}\n'
    )

    assert run(["suggest", "log"]) == 0
    config = yaml.safe_load(capsys.readouterr().out)
    assert (config["allow"], config["upstream"]["url"]) == (["getPet"], "https://mine.test")


def test_an_undeclared_parameter_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seen.jsonl").write_text(
        f"{OBSERVED}\n{Sighting(method='GET', path='/pets', query=('old',)).as_line()}\n"
    )

    assert run(["suggest", "seen.jsonl"]) == 0
    assert (
        "GET /pets was called with the query parameter old, which the document does not declare"
        in capsys.readouterr().err
    )


def test_an_undeclared_member_of_a_reply_is_reported_and_opens_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = {"": ("object",), "/id": ("integer",), "/*": ("string",)}
    seen = Sighting(method="GET", path="/pets/{petId}", status=200, response=fields)
    (folder / "seen.jsonl").write_text(f"{OBSERVED}\n{seen.as_line()}\n")

    assert run(["suggest"]) == 0
    shown = capsys.readouterr()
    assert "replies of GET /pets/{petId} have members that the document does not declare" in shown.err
    assert "/*" not in shown.out


def test_a_narrowing_that_check_would_refuse_is_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seen.jsonl").write_text(lines("GET /pets"))
    refusal = Finding(rule="any", message="no such field", pointer=("allow",))

    with patch("plugin_gateway.cli.suggest.refusals_of", lambda text: [refusal]):
        assert run(["suggest", "seen.jsonl"]) == 0
    shown = capsys.readouterr()
    assert (
        "`response` is commented out, because `check` would refuse it: no such field\n`parameters` is commented out"
        in shown.err
    )
    assert yaml.safe_load(shown.out)["allow"] == ["listPets"]


def test_a_refused_narrowing_of_one_entry_leaves_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seen.jsonl").write_text(lines("GET /pets", "GET /pets/{petId}"))
    refusal = Finding(rule="any", message="no such field", pointer=("allow", 1, "response", "keep", 0))

    with patch("plugin_gateway.cli.suggest.refusals_of", lambda text: [] if "# response" in text else [refusal]):
        assert run(["suggest", "seen.jsonl"]) == 0
    shown = capsys.readouterr()
    first, second = yaml.safe_load(shown.out)["allow"]
    assert "response" in first
    assert "response" not in second
    assert "`response` of GET /pets/{petId} is commented out, because `check` would refuse it: no such" in shown.err


def test_a_refusal_is_reported_by_its_error_and_not_by_a_warning(folder: Path) -> None:
    wrong = "- {operation: listPets, response: {keep: [/*/zz]}}"
    found = refusals_of(f"openapi: openapi.yaml\nupstream: {{url: https://api.test}}\nallow:\n{wrong}\n")
    assert [(one.severity, one.pointer) for one in found] == [(Severity.ERROR, ("allow", 0, "response", "keep", 0))]


@pytest.mark.parametrize(
    ("text", "arguments", "status", "says"),
    [
        (f"{OBSERVED}\n", ["seen.jsonl"], 1, "no operation of the document was seen"),
        (f"{OBSERVED}\n", ["seen.jsonl", "--upstream", "nonsense"], 2, "nonsense is not the URL of an API"),
        (f"{OBSERVED}\n", ["gone.jsonl"], 2, "cannot read gone.jsonl"),
        ("x", ["seen.jsonl"], 2, "no config"),
    ],
)
def test_records_without_a_use_or_an_api_give_no_config(
    folder: Path, text: str, arguments: list[str], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seen.jsonl").write_text(text)

    assert run(["suggest", *arguments]) == status
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.out == ""


def test_the_file_of_observe_is_the_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["suggest"]) == 2
    assert "there is no seen.jsonl" in capsys.readouterr().err
    (folder / "seen.jsonl").write_text(lines("GET /pets/mine"))
    assert run(["suggest"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["allow"] == ["myPets"]


def test_a_dash_is_standard_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(lines("GET /pets/mine").encode())))

    assert run(["suggest", "-"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["allow"] == ["myPets"]
