import json
import shutil
from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from tests.cli.test_git import repository

DOCUMENT = """openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, summary: List, parameters: [{name: limit, in: query}], responses: {}}
    post: {operationId: addPet, summary: Add, responses: {}}
  /owners:
    get: {operationId: listOwners, summary: Owners, responses: {}}
"""
CHANGED = DOCUMENT.replace("in: query", "in: query, required: true").replace("summary: Add", "summary: Do as I say")
CHANGED = CHANGED.replace("  /owners:", "  /new: {get: {responses: {}}}\n  /owners:")
CONFIG = "openapi: ./openapi.yaml\nupstream: {url: http://127.0.0.1:9100}\nallow: [listPets, addPet]\n"
UPSTREAM = [
    "upstream:",
    "  GET /pets: query parameter `limit` became required (breaking for callers)",
    '  POST /pets: its summary changed from "Add" to "Do as I say" (may steer the model)',
]
ADDED = "  1 operation was added to the document, and closed here: GET /new"
CLOSED = [
    "for clients:",
    "  GET /pets: clients no longer see it: it is quarantined (breaking for callers)",
    "  POST /pets: clients no longer see it: it is quarantined (breaking for callers)",
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    assert run(["lock", "-c", str(tmp_path / "gateway.yaml")]) == 0
    return tmp_path / "gateway.yaml"


def diff(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    capsys.readouterr()
    status = run(["diff", "-c", str(config), *arguments])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_no_change_is_reported_and_is_success(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(config, capsys, "--exit-code") == (0, [], "nothing changed\n")


def test_changes_since_the_lock_are_listed_for_the_upstream_and_for_clients(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.with_name("openapi.yaml").write_text(CHANGED)
    assert diff(config, capsys) == (0, [*UPSTREAM, ADDED, *CLOSED], "")
    assert diff(config, capsys, "--exit-code")[0] == 1


@pytest.mark.parametrize(
    ("policy", "said"), [("keep", "clients see it as it was locked"), ("follow", "clients see it as it is now")]
)
def test_the_effect_of_on_drift_on_each_change_is_listed(
    config: Path, capsys: pytest.CaptureFixture[str], policy: str, said: str
) -> None:
    config.write_text(f"{CONFIG}on_drift: {policy}\n")
    config.with_name("openapi.yaml").write_text(CHANGED)
    _, lines, _ = diff(config, capsys)
    assert lines[-3:] == ["for clients:", f"  GET /pets: {said}", f"  POST /pets: {said}"]
    assert lines[:3] == UPSTREAM


def test_a_change_of_gateway_yaml_is_listed_for_clients_only(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG.replace("addPet", "listOwners"))
    _, lines, _ = diff(config, capsys)
    assert lines == [
        "for clients:",
        "  GET /owners: clients see it now",
        "  POST /pets: clients no longer see it: the document or gateway.yaml no longer has it (breaking for callers)",
    ]


def test_only_the_served_fields_of_an_operation_are_compared(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = DOCUMENT.replace("summary: List,", "summary: List, x-price: 5,")
    config.with_name("openapi.yaml").write_text(document)
    assert diff(config, capsys, "--exit-code") == (0, [], "nothing changed\n")
    config.write_text(f"{CONFIG}public: {{extensions: [x-price]}}\n")
    assert diff(config, capsys)[1] == ["upstream:", "  GET /pets: its `x-price` was added"]


def test_an_operation_that_became_invalid_is_reported(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.with_name("openapi.yaml").write_text(
        DOCUMENT.replace("in: query}", "in: query, schema: {$ref: other.yaml}}")
    )
    assert diff(config, capsys)[1] == [
        "upstream:",
        "  GET /pets: its part of the document is no longer valid (breaking for callers)",
        "for clients:",
        "  GET /pets: clients no longer see it: it is quarantined (breaking for callers)",
    ]


def test_operations_that_the_gateway_does_not_serve_and_that_vanish_are_counted(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.with_name("openapi.yaml").write_text(DOCUMENT.partition("  /owners")[0])
    assert diff(config, capsys)[1] == ["upstream:", "  1 operation was removed from the document: GET /owners"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_git_revision_is_compared_by_its_lock_or_its_document(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(config.parent, "gateway.locked.json")
    config.with_name("openapi.yaml").write_text(CHANGED)
    assert run(["lock", "-c", str(config)]) == 0
    assert diff(config, capsys)[1] == []
    assert diff(config, capsys, "--against", "HEAD")[1] == [*UPSTREAM, ADDED]
    status, _, err = diff(config, capsys, "--against", "nope")
    assert (status, "git knows no revision 'nope'" in err) == (2, True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_git_revision_without_a_lock_is_compared_by_its_document(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(config.parent, "openapi.yaml")
    config.with_name("openapi.yaml").write_text(CHANGED)
    assert run(["lock", "-c", str(config)]) == 0
    assert diff(config, capsys, "--against", "HEAD")[1] == [*UPSTREAM, ADDED]
    config.with_name("other.yaml").write_text(CHANGED)
    config.write_text(CONFIG.replace("openapi.yaml", "other.yaml"))
    status, _, err = diff(config, capsys, "--against", "HEAD")
    assert (status, "neither gateway.locked.json nor the document" in err) == (2, True)


def test_another_document_is_compared_with_the_allowed_operations(
    config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "old.yaml").write_text(CHANGED.replace("title: Pets", "title: Old"))
    _, lines, _ = diff(config, capsys, str(tmp_path / "old.yaml"))
    assert lines == [
        "upstream:",
        '  the document\'s title changed from "Old" to "Pets" (may steer the model)',
        "  GET /pets: query parameter `limit` became optional",
        '  POST /pets: its summary changed from "Do as I say" to "Add" (may steer the model)',
    ]


def test_two_documents_are_compared_whole_without_a_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.yaml").write_text(DOCUMENT)
    (tmp_path / "new.yaml").write_text(CHANGED)
    assert run(["diff", str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml"), "--exit-code"]) == 1
    assert capsys.readouterr().out.splitlines() == [*UPSTREAM, "  GET /new: was added"]


@pytest.mark.parametrize("shape", ["json", "github", "sarif"])
def test_programs_get_findings(config: Path, capsys: pytest.CaptureFixture[str], shape: str) -> None:
    config.with_name("openapi.yaml").write_text(CHANGED)
    _, lines, _ = diff(config, capsys, "--format", shape)
    text = "\n".join(lines)
    assert "became required (breaking for callers)" in text
    if shape == "json":
        rules = [(one["rule"], one["severity"]) for one in json.loads(text)]
        assert rules[:3] == [("breaking-change", "warning"), ("text-change", "warning"), ("change", "note")]


def test_a_lock_that_is_missing_or_has_another_copy_is_reported(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = config.with_name("gateway.locked.json")
    copy.write_text(copy.read_text().replace('"Add"', '"Ad"'))
    status, _, err = diff(config, capsys)
    assert (status, "is not the copy of this lock" in err) == (2, True)
    copy.unlink()
    assert "is missing or cannot be read" in diff(config, capsys)[2]
    config.with_name("gateway.lock").unlink()
    status, _, err = diff(config, capsys)
    assert (status, "there is no" in err, "run `plugin-gateway lock`" in err) == (2, True, True)


def test_a_revision_and_a_document_exclude_each_other(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = diff(config, capsys, "old.yaml", "--against", "HEAD")
    assert (status, "exclude each other" in err) == (2, True)
