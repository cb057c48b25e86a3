import os

import pytest
from msgspec.structs import replace

from plugin_gateway.cli.banner import announce, announce_and_open, as_text
from plugin_gateway.config.address import Address
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.revision import LogSettings
from plugin_gateway.server.start import Started
from plugin_gateway.telemetry import Log
from tests.compiled import compiled

COMPILED = compiled(warnings=(Finding(rule="manifest-missing", message="no contact", severity=Severity.WARNING),))
STARTED = Started(
    compiled=COMPILED,
    listen=Address("127.0.0.1", 8080),
    admin=Address("127.0.0.1", 8081),
    metrics=None,
    workers=2,
    took_s=0.5,
)


def test_the_banner_shows_urls_operations_time_and_warnings() -> None:
    text = as_text(STARTED)
    for said in (
        "ready after 0.50 s",
        "https://plugin.example.com/openapi.json",
        "https://plugin.example.com/.well-known/ai-plugin.json",
        "127.0.0.1:8080, 2 workers",
        "http://127.0.0.1:8081/readyz",
        "8 of 47",
        "1, see above",
    ):
        assert said in text
    assert "none" in as_text(replace(STARTED, admin=None))
    assert "/metrics" in as_text(replace(STARTED, metrics=Address("10.0.0.1", 9090))).partition("metrics  ")[2]


@pytest.mark.parametrize("shape", ["json", "text"])
def test_programs_get_lines_of_the_log_and_people_text(shape: str, capfd: pytest.CaptureFixture[str]) -> None:
    reader, writer = os.pipe()
    log = Log(fd=writer, format=shape)
    announce(replace(STARTED, compiled=replace(COMPILED, log=LogSettings(format=shape))), log)
    log.close()
    os.close(writer)
    with os.fdopen(reader) as file:
        lines = file.read()
    shown = capfd.readouterr().err
    if shape == "json":
        assert '"event":"started"' in lines
        assert "8 of 47 operations" in lines
        assert "manifest-missing" in lines
        assert shown == ""
    else:
        assert lines == ""
        assert "warning[manifest-missing]: no contact" in shown


def test_the_banner_names_the_console_without_a_link_that_enters() -> None:
    text = as_text(replace(STARTED, console="http://127.0.0.1:8081/console/", link=lambda: "secret"))
    assert "http://127.0.0.1:8081/console/, enter with `plugin-gateway console`" in text
    assert "secret" not in text
    assert "console" not in as_text(STARTED)


def test_the_link_that_enters_goes_to_standard_output_and_not_to_the_log(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def open_second(link: str) -> bool:
        opened.append(link)
        return len(opened) == 2

    monkeypatch.setattr("plugin_gateway.cli.banner.open_link", open_second)
    log = Log(format="json")
    on = replace(STARTED, console="http://127.0.0.1:8081/console/", link=lambda: "http://127.0.0.1:8081/c?token=t")
    announce_and_open(on, log)
    announce_and_open(on, log)
    log.close()
    shown = capfd.readouterr()
    assert opened == ["http://127.0.0.1:8081/c?token=t"] * 2
    assert shown.out.splitlines() == opened
    assert "token" not in shown.err
    assert shown.err.count("no display") == 1
    announce_and_open(STARTED, Log(format="json"))
    assert "write `console: true`" in capfd.readouterr().err
    announce_and_open(replace(STARTED, admin=None), Log(format="json"))
    assert "write `admin: 127.0.0.1:8081`" in capfd.readouterr().err
    assert len(opened) == 2
