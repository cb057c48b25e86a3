import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from tests.observation.world import document


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    document(tmp_path)
    (tmp_path / "gateway.yaml").write_text(
        "openapi: openapi.yaml\nupstream: {url: http://a.test}\nallow: [listPets, getPet, addPet]\n"
    )
    return tmp_path


def record(method: str, path: str, days_ago: float) -> str:
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    return json.dumps({"time": at, "event": "access", "method": method, "operation": "x", "path": path, "status": 200})


def test_allowed_operations_without_a_call_in_the_span_are_listed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [
        record("GET", "/pets", 1),
        record("GET", "/pets/{petId}", 40),
        record("DELETE", "/pets/{petId}", 1),
        "rubbish",
    ]
    (folder / "log").write_text("\n".join(records))

    assert run(["ops", "--unused", "30d", "--records", "log", "--format", "json"]) == 0
    shown = capsys.readouterr()
    assert [row["operation_id"] for row in json.loads(shown.out)] == ["addPet", "getPet"]
    assert "1 line of the records cannot be read" in shown.err
    assert "begin only" not in shown.err
    assert run(["ops", "--unused", "50d", "--records", "log"]) == 0
    shown = capsys.readouterr()
    assert "addPet" in shown.out
    assert "getPet" not in shown.out
    assert "1 of 3 allowed operations had no call" in shown.err
    assert "the records begin only at" in shown.err


def test_a_call_without_a_time_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "log").write_text('h - - "GET /pets HTTP/1.1" 200 1\n')

    assert run(["ops", "--unused", "1d", "--records", "log"]) == 0
    shown = capsys.readouterr()
    assert "listPets" not in shown.out
    assert "the records have no times" in shown.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--unused", "30d"], "--records FILE"),
        (["--records", "log"], "--records needs --unused"),
        (["--unused", "soon"], "soon"),
    ],
)
def test_the_span_and_the_records_go_together(
    folder: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ops", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_the_audit_of_the_config_is_the_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "gateway.yaml").open("a") as config:
        config.write("audit: audit.jsonl\n")
    (folder / "audit.jsonl").write_text(record("GET", "/pets", 1).replace('"access"', '"call"') + "\n")

    assert run(["ops", "--unused", "30d"]) == 0
    shown = capsys.readouterr()
    assert "2 of 3 allowed operations had no call" in shown.err
    assert "cannot be read" not in shown.err
