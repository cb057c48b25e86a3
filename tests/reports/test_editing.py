import codecs
from pathlib import Path

import pytest

from plugin_gateway.cli.entry import run
from plugin_gateway.errors import ConfigError, UsageError
from plugin_gateway.reports.editing import open_config, replace, touched_lines, unified
from tests.editable import CONFIG, EDITED, enter, names


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def test_a_diff_masks_the_secrets_around_the_edit(config: Path) -> None:
    diff = unified(config, CONFIG, EDITED)

    assert "s3cret" not in diff
    assert "bearer: {value: ************}" in diff
    assert "+  - addPet   # POST /pets" in diff.splitlines()


def test_a_byte_order_mark_and_windows_line_breaks_stay(config: Path) -> None:
    config.write_bytes(codecs.BOM_UTF8 + CONFIG.replace("\n", "\r\n").encode())

    assert run(["allow", "addPet"]) == 0
    assert config.read_bytes() == codecs.BOM_UTF8 + EDITED.replace("\n", "\r\n").encode()


def test_the_mode_and_a_link_to_the_file_stay(config: Path) -> None:
    config.rename("real.yaml")
    config.symlink_to("real.yaml")
    Path("real.yaml").chmod(0o640)

    assert run(["allow", "addPet"]) == 0
    assert config.is_symlink()
    assert Path("real.yaml").read_text() == EDITED
    assert Path("real.yaml").stat().st_mode & 0o777 == 0o640


def test_a_file_that_changed_meanwhile_is_not_overwritten(config: Path) -> None:
    opened = open_config(None)
    config.write_text(CONFIG + "# somebody else\n")

    with pytest.raises(UsageError, match="has changed in the meantime"):
        opened.write(EDITED)
    assert config.read_text() == CONFIG + "# somebody else\n"
    assert names() == ["gateway.yaml", "openapi.yaml"]


def test_the_error_for_a_mount_point_says_that_it_is_busy(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(UsageError, match="device or resource busy"):
        replace(config, "", CONFIG.encode())
    assert names() == ["gateway.yaml", "openapi.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1}\n",
        "openapi: openapi.yaml\nupstream: {url: http://127.0.0.1:1}\nallow:\n",
    ],
)
def test_an_edit_may_mend_a_config_that_serve_refuses(config: Path, text: str) -> None:
    config.write_text(text)

    assert run(["allow", "listPets"]) == 0
    assert config.read_text().endswith("allow:\n  - listPets   # GET /pets\n")


def test_a_config_without_a_readable_document_is_reported(config: Path) -> None:
    config.write_text("openapi: 3\n")
    with pytest.raises(ConfigError):
        open_config(None)


def test_a_config_without_a_file_cannot_be_edited(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="standard input cannot be edited"):
        open_config(Path("-"))
    config.unlink()
    monkeypatch.setenv("PLUGIN_GATEWAY__OPENAPI", "openapi.yaml")
    with pytest.raises(UsageError, match="environment variables make up the whole config"):
        open_config(None)


def test_a_list_that_the_environment_replaces_is_not_edited(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUGIN_GATEWAY__ALLOW", "listPets")
    with pytest.raises(UsageError, match="env PLUGIN_GATEWAY__ALLOW replaces `allow`"):
        open_config(None)


def test_only_new_lines_count_as_touched() -> None:
    assert touched_lines("a\nb\nc\n", "a\nx\nc\nd\n") == {2, 4}
    assert touched_lines("a\n", "a\n") == frozenset()


def test_a_missing_line_break_at_the_end_is_shown(config: Path) -> None:
    assert unified(config, "a: 1", "a: 2").splitlines()[-4:] == [
        "-a: 1",
        "\\ No newline at end of file",
        "+a: 2",
        "\\ No newline at end of file",
    ]
