import contextlib
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from plugin_gateway.config.find import STANDARD_INPUT, find_config, is_standard_input, read_text
from plugin_gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "environ"), [("a.yaml", {}), (None, {"PLUGIN_GATEWAY_CONFIG": "a.yaml"}), (None, {})]
)
def test_on_file_is_called_before_the_config_is_opened(
    tmp_path: Path, given: str | None, environ: dict[str, str]
) -> None:
    told: list[Path] = []
    with contextlib.suppress(ConfigError):
        find_config(tmp_path / given if given else None, environ=environ, folder=tmp_path, on_file=told.append)
    assert told == [tmp_path / ("a.yaml" if given or environ else "gateway.yaml")]


def test_find_config_prefers_the_option_then_the_variable_then_the_folder(tmp_path: Path) -> None:
    assert find_config(Path("x"), environ={"PLUGIN_GATEWAY_CONFIG": "y"}) == Path("x")
    assert find_config(None, environ={"PLUGIN_GATEWAY_CONFIG": "y"}, folder=tmp_path) == tmp_path / "y"
    with pytest.raises(ConfigError, match="no-config"):
        find_config(None, environ={}, folder=tmp_path)
    (tmp_path / "gateway.yaml").touch()
    assert find_config(None, environ={}, folder=tmp_path) == tmp_path / "gateway.yaml"


def test_a_file_with_only_the_same_suffix_is_not_near(tmp_path: Path) -> None:
    (tmp_path / "u.yaml").touch()
    with pytest.raises(ConfigError) as caught:
        read_text(tmp_path / "nosuch.yaml")
    assert "did you mean" not in caught.value.findings[0].hint


def test_a_file_that_cannot_be_read_is_a_finding_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").touch()
    with pytest.raises(ConfigError) as caught:
        read_text(tmp_path / "gatewey.yaml")
    assert caught.value.findings[0].rule == "unreadable"
    assert "did you mean `gateway.yaml`?" in caught.value.findings[0].hint


def test_a_name_that_is_too_long_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_text(tmp_path / f"{'x' * 300}.yaml")
    assert "file name too long" in caught.value.findings[0].message
    assert find_config(None, environ={}, folder=tmp_path / ("x" * 300)) == tmp_path / ("x" * 300) / "gateway.yaml"


def test_a_file_that_is_not_utf_8_is_a_finding_at_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"openapi: x\nlisten: \xff\n")
    with pytest.raises(ConfigError) as caught:
        read_text(path)
    location = caught.value.findings[0].location
    assert location is not None
    assert (location.line, location.column) == (2, 9)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_standard_input(Path("-"), {})
    assert is_standard_input(None, {"PLUGIN_GATEWAY_CONFIG": "-"})
    assert not is_standard_input(None, {})
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1\nb: \xff")))
    with pytest.raises(ConfigError) as caught:
        read_text(STANDARD_INPUT)
    assert str(caught.value.findings[0].location) == "<stdin>:2:4"
