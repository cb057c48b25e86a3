"""The fuzzer itself: it runs, and it reports what it finds."""

from __future__ import annotations

import re
import sys

import pytest

from fuzz import world
from fuzz.__main__ import main
from fuzz.invariant import ViolationError


def test_some_thousand_hostile_messages_break_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz", "--requests", "3000", "--seed", "3"])
    assert main() == 0
    assert re.search(r"requests, [1-9]\d+ forwarded", capsys.readouterr().out)


def test_a_violation_is_reported_with_the_bytes_that_led_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(world, "_POISON", b"")
    monkeypatch.setattr(world, "AUTHORITY", b"other.test")
    monkeypatch.setattr(sys, "argv", ["fuzz", "--requests", "3000"])
    with pytest.raises(ViolationError):
        main()
    assert "not exactly one Host, the upstream's\n[b'" in capsys.readouterr().err
