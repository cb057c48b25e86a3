from pathlib import Path

import pytest

from plugin_gateway.cli import banner
from plugin_gateway.cli.entry import run
from plugin_gateway.reload.child_process import ChildProcess
from plugin_gateway.server import startup
from plugin_gateway.server.start import ServeOptions


def test_the_command_line_becomes_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen, running = [], []

    def serve(options: ServeOptions, _: object, child: ChildProcess) -> None:
        seen.append(options)
        assert child.status is None
        running.append(child)

    monkeypatch.setattr(startup, "run", serve)
    monkeypatch.setenv("PLUGIN_GATEWAY_WORKERS", "3")
    monkeypatch.setenv("PLUGIN_GATEWAY_DRAIN_TIMEOUT", "45s")
    assert (
        run(
            [
                "serve",
                "-c",
                str(tmp_path / "g.yaml"),
                "--listen",
                ":1",
                "--admin",
                ":2",
                "--metrics",
                ":3",
                "--front",
                "asgi",
            ]
        )
        == 0
    )
    assert run(["serve", "--workers", "2", "--wait-for-document", "2m", "--log", "debug", "--drain-delay", "5s"]) == 0
    assert seen == [
        ServeOptions(
            config=tmp_path / "g.yaml",
            listen="0.0.0.0:1",
            admin="0.0.0.0:2",
            metrics="0.0.0.0:3",
            workers=3,
            front="asgi",
            drain_timeout_s=45.0,
        ),
        ServeOptions(workers=2, wait_s=120.0, log_level="debug", drain_delay_s=5.0, drain_timeout_s=45.0),
    ]
    assert all(child.status is not None for child in running)


@pytest.mark.parametrize("listen", ["nonsense", "1.2.3.4", "unix:relative"])
def test_an_invalid_address_is_a_mistake(listen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--listen", listen]) == 2
    assert "--listen" in capsys.readouterr().err


def test_the_removed_http2_front_is_refused_with_the_proxies_to_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--front", "http2"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "nginx, Caddy, Envoy or HAProxy" in said
    assert "docs/adr/0013-http2-ends-in-front.md" in said
    assert run(["serve", "--front", "h2"]) == 2
    assert "'connection', 'asgi'" in capsys.readouterr().err


def test_the_console_is_opened_if_the_command_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[str] = []
    for name in ("announce", "announce_and_open"):
        monkeypatch.setattr(banner, name, lambda *_, name=name: announced.append(name))
    monkeypatch.setattr(startup, "run", lambda _, announce, __: announce(None, None))
    run(["serve"])
    run(["serve", "--open"])
    assert announced == ["announce", "announce_and_open"]


def test_a_revision_cannot_come_from_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--revision", "-"]) == 2
    assert "reads the file again when it reloads" in capsys.readouterr().err
