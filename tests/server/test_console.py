import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.address import Address
from plugin_gateway.console.key_file import key_files, read_key
from plugin_gateway.console.workshop_handlers import Reloading
from plugin_gateway.server.console import ConsoleOfGateway, base_of, config_file, power_of
from plugin_gateway.server.start import ServeOptions
from plugin_gateway.telemetry import Log
from tests.compiled import compiled

NO_RELOADING = Reloading(expect=lambda: None, look=lambda: None)
HERE = Address("127.0.0.1", 8081)
EVERYWHERE = Address("0.0.0.0", 8081)


def console_of(log: Log | None = None, **options: Any) -> ConsoleOfGateway:
    return ConsoleOfGateway(ServeOptions(**options), {}, log or Log(level="error"), lambda _: None, NO_RELOADING)


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    # A gateway that runs on this machine may have its key in the temporary folder.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
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
def test_the_console_is_on_if_only_this_machine_reaches_it_or_the_config_turns_it_on(
    mode: Any, admin: Address | None, power: str
) -> None:
    assert power_of(mode, admin) == power


def test_the_key_is_there_while_the_console_is_on() -> None:
    gateway = console_of()
    gateway.adopt(compiled(console="off"), HERE)
    assert gateway.console.key == read_key(HERE, os.environ) == ""
    assert gateway.link() == ""
    gateway.adopt(compiled(console="default"), HERE)
    assert gateway.console.key == read_key(HERE, os.environ) != ""
    assert gateway.link().startswith("http://127.0.0.1:8081/console/enter?token=")
    asyncio.run(gateway.close())
    assert read_key(HERE, os.environ) == ""


def test_a_key_that_was_cleaned_away_comes_back_with_the_next_reload() -> None:
    gateway = console_of()
    gateway.adopt(compiled(console="default"), HERE)
    key_files(HERE, os.environ)[0].unlink()
    gateway.adopt(compiled(console="default"), HERE)

    assert read_key(HERE, os.environ) == gateway.console.key != ""
    asyncio.run(gateway.close())


@pytest.mark.parametrize(
    ("admin", "base"),
    [
        (HERE, "http://127.0.0.1:8081"),
        (EVERYWHERE, "http://localhost:8081"),
        (Address("::1", 8081), "http://[::1]:8081"),
        (Address("localhost", 8081), "http://localhost:8081"),
        (Address("ip6-or-4.test", 8081), "http://10.1.2.3:8081"),
        (Address("unknown.test", 8081), "http://unknown.test:8081"),
        (Address(socket="/run/admin.sock"), ""),
    ],
)
def test_a_link_has_an_address_because_the_console_answers_to_no_name(
    admin: Address, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, *_: object, **__: object) -> list[Any]:
        if host == "unknown.test":
            raise OSError
        return [(0, 0, 0, "", ("10.1.2.3" if host.endswith(".test") else host, 0))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    assert base_of(admin) == base


def test_a_reload_keeps_the_key() -> None:
    gateway = console_of()
    gateway.adopt(compiled(console="write"), HERE)
    key = gateway.console.key
    gateway.adopt(compiled(console="read"), HERE)
    assert (gateway.console.key, gateway.console.power) == (key, "read")
    asyncio.run(gateway.close())


def test_without_a_key_file_the_console_is_off_unless_the_config_turns_it_on_which_logs_why(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in key_files(HERE, os.environ):
        monkeypatch.setattr("plugin_gateway.console.key_file._own_folder", lambda: runtime / "nope" / "nope")
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(path / "nope"))
    off = console_of()
    off.adopt(compiled(console="default"), HERE)
    assert off.link() == off.console.key == ""
    assert "console-key-failed" not in capfd.readouterr().err
    log = Log(level="warning")
    gateway = console_of(log=log)
    gateway.adopt(compiled(console="write"), HERE)
    log.close()
    assert "console-key-failed" in capfd.readouterr().err
    assert gateway.link() != ""
    asyncio.run(gateway.close())


def test_the_console_says_why_it_cannot_save(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("")
    gateway = console_of(config=path)
    gateway.console.power = "read"
    assert "`console`" in gateway.why_read_only()
    gateway.console.power = "write"
    assert gateway.why_read_only() == ""
    for options, why in (({"revision_file": Path("a.revision")}, "a.revision"), ({"text": ""}, "standard input")):
        other = console_of(**options)
        other.console.power = "write"
        assert why in other.why_read_only()


def test_the_config_file_is_the_one_that_the_gateway_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config_file(ServeOptions()) is None
    (tmp_path / "gateway.yaml").write_text("")
    assert config_file(ServeOptions()) == Path("gateway.yaml")
    assert config_file(ServeOptions(config=Path("other.yaml"))) == Path("other.yaml")
    assert config_file(ServeOptions(text="allow: []")) == Path("-")
    assert config_file(ServeOptions(revision_file=Path("a.revision"))) is None
