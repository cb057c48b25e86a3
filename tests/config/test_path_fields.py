import os
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config import path_fields
from plugin_gateway.config.reader import MistakesError, read_as
from plugin_gateway.config.surroundings import Surroundings


def mistake_of(kind: str, value: Any, folder: Path) -> Any:
    with pytest.raises(MistakesError) as caught:
        read_as(getattr(path_fields, kind), value, Surroundings(folder=folder))
    [(_, mistake)] = caught.value.found
    return mistake


@pytest.mark.parametrize(("kind", "value", "rule"), [
    ("FilePath", "missing", "file-missing"),
    ("FilePath", "a\0", "wrong-type"),
    ("FilePath", 3, "wrong-type"),
    ("FilePath", "", "wrong-type"),
    ("FilePath", "https://h/x", "wrong-type"),
    ("FilePath", "-----BEGIN PRIVATE KEY-----", "wrong-type"),
    ("FilePath", "sub", "file-missing"),
    ("WrittenPath", "sub", "bad-value"),
    ("WrittenPath", "~/audit.jsonl", "bad-value"),
    ("FolderPath", "file", "bad-value"),
    ("FolderPath", "$CACHE/x", "bad-value"),
    ("SourceText", "", "wrong-type"),
    ("SourceText", "ftp://h/x", "bad-url"),
    ("SourceText", "file:///a.yaml", "bad-url"),
    ("SourceText", "~/a.yaml", "file-missing"),
    ("SourceText", "https://u:p@h/x", "secret-in-url"),
])  # fmt: skip
def test_a_value_that_breaks_its_rule_is_a_mistake(tmp_path: Path, kind: str, value: int | str, rule: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").touch()

    assert mistake_of(kind, value, tmp_path).rule == rule


def test_a_private_key_in_place_of_its_file_is_not_repeated(tmp_path: Path) -> None:
    assert "PRIVATE" not in str(vars(mistake_of("FilePath", "-----BEGIN PRIVATE KEY-----", tmp_path)))


@pytest.mark.parametrize("kind", ["FilePath", "WrittenPath", "FolderPath"])
def test_a_relative_path_begins_at_the_folder_of_the_config(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").touch() if kind == "FilePath" else None

    assert read_as(getattr(path_fields, kind), "a", Surroundings(folder=tmp_path)) == tmp_path / "a"


def test_each_file_is_reported_before_it_is_read_so_that_it_can_be_watched(tmp_path: Path) -> None:
    told: list[Path] = []
    around = Surroundings(folder=tmp_path, on_file=told.append)

    with pytest.raises(MistakesError):
        read_as(path_fields.FilePath, "later", around)
    assert read_as(path_fields.SourceText, "api.yaml", around) == os.fspath(tmp_path / "api.yaml")

    assert told == [tmp_path / "later", tmp_path / "api.yaml"]
