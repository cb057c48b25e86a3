from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run

DOCUMENT = (
    'openapi: 3.1.0\ninfo: {title: Pets, version: "1"}\n'
    "paths: {/pets: {get: {operationId: listPets, summary: List, responses: {}}}}\n"
)
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [{path: /pets}]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"


def test_a_group_is_refused_until_it_is_locked(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "-c", str(config)]) == 2
    assert "error[group-not-locked]" in capsys.readouterr().err
    assert run(["lock", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert captured.out == "+ GET /pets\n+ group /pets: 1 operations\n"
    assert "locks 1 operation; commit it" in captured.err
    assert run(["check", "-c", str(config)]) == 0


def test_a_dry_run_writes_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lock", "--dry-run", "-c", str(config)]) == 0
    assert "nothing is written" in capsys.readouterr().err
    assert not config.with_name("gateway.lock").exists()


def test_a_lock_that_is_up_to_date_is_not_written_again(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["lock", "-c", str(config)])
    before = config.with_name("gateway.lock").stat().st_ino
    capsys.readouterr()
    assert run(["lock", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert (captured.out, "up to date: 1 operation\n" in captured.err) == ("", True)
    assert config.with_name("gateway.lock").stat().st_ino == before


def test_a_changed_word_closes_the_operation_until_it_is_locked(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["lock", "-c", str(config)])
    config.with_name("openapi.yaml").write_text(DOCUMENT.replace("List,", "Delete all,"))
    assert run(["check", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert "warning[drift]: `GET /pets` is closed: its texts changed" in captured.err
    assert "ok: 0 of 1 operations" in captured.out
    assert run(["explain", "-c", str(config), "GET", "/pets"]) == 1
    assert "`GET /pets` is quarantined: its texts changed since the lock was written" in capsys.readouterr().out
    assert run(["ops", "-c", str(config)]) == 0
    assert "0 allowed" in capsys.readouterr().err
    assert run(["lock", "-c", str(config)]) == 0
    assert capsys.readouterr().out == "~ GET /pets: texts\n"
    assert run(["check", "-c", str(config)]) == 0
    assert "ok: 1 of 1" in capsys.readouterr().out


def test_a_broken_lock_is_refused_and_written_anew(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["lock", "-c", str(config)])
    lock = config.with_name("gateway.lock")
    lock.write_text(lock.read_text().replace("operations:", "<<<<<<< HEAD\noperations:"))
    capsys.readouterr()
    assert run(["check", "-c", str(config)]) == 2
    err = capsys.readouterr().err
    assert f"{lock}:7:1: error[lock-conflict]" in err
    assert "group-not-locked" not in err
    assert run(["lock", "-c", str(config)]) == 0
    assert "every operation counts as new" in capsys.readouterr().err
    assert run(["check", "-c", str(config)]) == 0


def test_the_lock_is_about_the_apis_own_document_and_not_about_overlays(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = """overlay: 1.0.0
info: {title: o, version: "1"}
actions:
  - {target: "$.paths['/pets'].get", update: {summary: SUMMARY, operationId: renamed}}
  - {target: $.paths, update: {/extra: {get: {operationId: extra, summary: Extra, responses: {}}}}}
"""
    config.with_name("o.yaml").write_text(overlay)
    written = CONFIG.replace("openapi: ./openapi.yaml", "openapi: {source: openapi.yaml, overlays: [o.yaml]}")
    config.write_text(written.replace("[{path: /pets}]", "[renamed, extra]"))
    assert run(["lock", "-c", str(config)]) == 0
    config.with_name("o.yaml").write_text(overlay.replace("SUMMARY", "Other"))
    capsys.readouterr()
    assert run(["check", "-c", str(config)]) == 0
    captured = capsys.readouterr()
    assert "ok: 2 of 2" in captured.out
    assert "drift" not in captured.err
    config.with_name("openapi.yaml").write_text(DOCUMENT.replace("List,", "New,"))
    assert run(["check", "-c", str(config)]) == 0
    assert "`GET /pets` is closed" in capsys.readouterr().err
