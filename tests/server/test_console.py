import os
from pathlib import Path

import pytest

from plugin_gateway.config.address import Address
from plugin_gateway.console.key_file import key_files, read_key
from plugin_gateway.server.console import ConsoleOfGateway, config_file, power_of
from plugin_gateway.telemetry import Log

HERE = Address("127.0.0.1", 8081)
EVERYWHERE = Address("0.0.0.0", 8081)


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("mode", "admin", "power"),
    [
        ("default", HERE, "write"),
        ("default", Address("::1", 8081), "write"),
        ("default", Address("localhost", 8081), "write"),
        ("default", EVERYWHERE, "off"),
        ("default", Address("::", 8081), "off"),
        ("default", Address("10.0.0.5", 8081), "off"),
        ("default", Address("admin.example", 8081), "off"),
        ("default", Address(socket="/run/admin.sock"), "off"),
        ("default", None, "off"),
        ("write", None, "off"),
        ("write", EVERYWHERE, "write"),
        ("read", EVERYWHERE, "read"),
        ("read", HERE, "read"),
        ("off", HERE, "off"),
    ],
)
def test_the_console_is_on_where_only_this_machine_reaches_it_or_where_the_config_says_so(
    mode: str, admin: Address | None, power: str
) -> None:
    assert power_of(mode, admin) == power


def test_the_key_is_there_while_the_console_is_on() -> None:
    gateway = ConsoleOfGateway((), Log(level="error"))
    gateway.adopt("off", HERE)
    assert gateway.console.key == read_key(HERE, os.environ) == ""
    assert gateway.link() == ""
    gateway.adopt("default", HERE)
    assert gateway.console.key == read_key(HERE, os.environ) != ""
    assert gateway.link().startswith("http://127.0.0.1:8081/console/enter?token=")
    gateway.close()
    assert read_key(HERE, os.environ) == ""


def test_a_reload_keeps_the_key() -> None:
    gateway = ConsoleOfGateway((), Log(level="error"))
    gateway.adopt("write", HERE)
    key = gateway.console.key
    gateway.adopt("read", HERE)
    assert (gateway.console.key, gateway.console.power) == (key, "read")
    gateway.close()


def test_a_key_that_cannot_be_written_is_told_and_the_gateway_serves(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in key_files(HERE, os.environ):
        monkeypatch.setattr("plugin_gateway.console.key_file._own_folder", lambda: runtime / "nope" / "nope")
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(path / "nope"))
    log = Log(level="warning")
    gateway = ConsoleOfGateway((), log)
    gateway.adopt("write", HERE)
    log.close()
    assert "console-key-failed" in capfd.readouterr().err
    assert gateway.link() != ""
    gateway.close()


def test_the_console_says_why_it_cannot_save(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("")
    gateway = ConsoleOfGateway((), Log(level="error"))
    gateway.console.power = "read"
    assert "`console`" in gateway.why_read_only(path, None)
    gateway.console.power = "write"
    assert gateway.why_read_only(path, None) == ""
    assert "a.revision" in gateway.why_read_only(None, Path("a.revision"))
    assert "standard input" in gateway.why_read_only(Path("-"), None)


def test_the_config_file_is_the_one_that_the_gateway_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config_file(None, None, None) is None
    (tmp_path / "gateway.yaml").write_text("")
    assert config_file(None, None, None) == Path("gateway.yaml")
    assert config_file(Path("other.yaml"), None, None) == Path("other.yaml")
    assert config_file(None, "allow: []", None) == Path("-")
    assert config_file(None, None, Path("a.revision")) is None
