"""The fuzzer in front of real servers: that it runs, and that it tells what it finds."""

from __future__ import annotations

import sys

from fuzz.origins.__main__ import main
from fuzz.origins.programs import find_programs


def test_a_gateway_that_allows_what_is_denied_is_found_out(monkeypatch, capsys):
    programs, _ = find_programs(["uvicorn"])
    assert [program.name for program in programs] == ["uvicorn"]
    monkeypatch.setattr("fuzz.origins.verdict.ALLOWED_NAMES", frozenset({"listPets"}))
    monkeypatch.setattr(sys, "argv", ["fuzz.origins", "--targets", "300", "--seed", "5", "--origin", "uvicorn"])
    assert main() == 1
    said = capsys.readouterr().out
    assert "HOLE denied getPet: " in said
    assert "repeat with --seed 5" in said
