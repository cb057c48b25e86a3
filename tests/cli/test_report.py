import json
from typing import Any

import pytest

from plugin_gateway.cli.report import REPORT_FORMATS, show_findings
from plugin_gateway.diagnostics import Finding, Location

FINDING = Finding(rule="bad-url", message="not a URL", hint="write one", location=Location("gateway.yaml", 3, 5))


def test_people_read_messages_and_programs_data(capsys: pytest.CaptureFixture[str]) -> None:
    formats: Any = REPORT_FORMATS
    for shape in formats:
        show_findings(iter([FINDING]), shape)
        captured = capsys.readouterr()
        shown = captured.err if shape == "text" else captured.out
        assert "not a URL" in shown
        assert not (captured.out if shape == "text" else captured.err)
        if shape in {"json", "sarif"}:
            assert json.loads(shown)


def test_colour_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    show_findings([FINDING])
    assert "\x1b" not in capsys.readouterr().err
