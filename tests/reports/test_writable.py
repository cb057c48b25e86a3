import os
from pathlib import Path

import pytest

from plugin_gateway.reports.writable import why_read_only


def test_a_file_in_a_folder_that_can_be_written_is_writable(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("")
    link = tmp_path / "link.yaml"
    link.symlink_to(file)

    assert why_read_only(file) == why_read_only(link) == ""


def test_a_mount_of_a_config_map_is_read_only_even_for_root(tmp_path: Path) -> None:
    version = tmp_path / "..2026_11_27"
    version.mkdir()
    (version / "gateway.yaml").write_text("")
    (tmp_path / "..data").symlink_to("..2026_11_27")
    (tmp_path / "gateway.yaml").symlink_to("..data/gateway.yaml")

    assert "Kubernetes would write over" in why_read_only(tmp_path / "gateway.yaml")


@pytest.mark.parametrize("closed", ["gateway.yaml", ""])
def test_a_file_or_a_folder_that_may_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    (tmp_path / "gateway.yaml").write_text("")
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != (tmp_path / closed if closed else tmp_path))

    assert "read-only" in why_read_only(tmp_path / "gateway.yaml")


@pytest.mark.parametrize(
    ("path", "why"),
    [(None, "environment variables"), (Path("-"), "standard input"), (Path("/no/such"), "cannot be found")],
)
def test_what_is_no_file_cannot_be_written(path: Path | None, why: str) -> None:
    assert why in why_read_only(path)
