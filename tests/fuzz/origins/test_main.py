"""Hostile targets in front of the real servers that this machine has, drawn again in each run."""

from __future__ import annotations

import sys

import pytest

from fuzz.origins.__main__ import main
from fuzz.origins.programs import find_programs


@pytest.mark.parametrize("front", ["connection", "asgi"])
def test_no_target_reaches_a_denied_route_of_any_origin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], front: str
) -> None:
    if not find_programs([])[0]:
        pytest.skip("; ".join(find_programs([])[1]))
    monkeypatch.setattr(sys, "argv", ["fuzz.origins", "--targets", "3000", "--front", front])
    status = main()
    said = capsys.readouterr().out
    with capsys.disabled():
        sys.stdout.write("".join(f"{line}\n" for line in said.splitlines() if "left out" in line))
    assert status == 0, said


def test_a_gateway_that_allows_a_denied_route_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs, _ = find_programs(["uvicorn"])
    assert [program.name for program in programs] == ["uvicorn"]
    monkeypatch.setattr("fuzz.origins.verdict.ALLOWED_NAMES", frozenset({"listPets"}))
    monkeypatch.setattr(sys, "argv", ["fuzz.origins", "--targets", "300", "--seed", "5", "--origin", "uvicorn"])
    assert main() == 1
    said = capsys.readouterr().out
    assert "HOLE denied getPet: " in said
    assert "repeat with --seed 5" in said
