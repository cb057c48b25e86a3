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


def test_a_file_that_is_mounted_by_itself_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "my gateway.yaml"
    file.write_text("")
    place = str(file).replace(" ", "\\040")
    info = f"23 1 0:5 / /proc rw\n41 23 8:1 /srv/g.yaml {place} rw,relatime - ext4 /dev/sda1 rw\n".encode()
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: info if str(path) == "/proc/self/mountinfo" else real(path))

    assert "mount its folder" in why_read_only(file)
    file.rename(tmp_path / "other.yaml")
    assert why_read_only(tmp_path / "other.yaml") == ""


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
def test_a_path_that_is_not_a_file_cannot_be_written(path: Path | None, why: str) -> None:
    assert why in why_read_only(path)
