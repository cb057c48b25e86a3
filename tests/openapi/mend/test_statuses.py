"""Statuses: the names of responses are written as the standard has them."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.mend.notes import Notes
from plugin_gateway.openapi.mend.statuses import mend_statuses


@pytest.mark.parametrize(
    ("written", "served", "told"),
    [
        ({"200": {}, "default": {}, "x-a": 1}, {"200": {}, "default": {}, "x-a": 1}, []),
        ({"4xx": {"description": "bad"}}, {"4XX": {"description": "bad"}}, ["4xx"]),
        ({"Default": {"description": "bad"}}, {"default": {"description": "bad"}}, ["Default"]),
        ({"4xx": {"description": "a"}, "4XX": {"description": "b"}}, {"4XX": {"description": "b"}}, ["4xx"]),
        ({"200": {}, "x-a": 1, "ok": {}}, {"200": {}, "x-a": 1}, ["ok"]),
        ({"ok": {}}, {"default": {"description": ""}}, ["ok"]),
        ({"$ref": 5}, {"default": {"description": ""}}, ["$ref"]),
        ({"x-a": 1}, {"x-a": 1, "default": {"description": ""}}, []),
        ({}, {"default": {"description": ""}}, []),
    ],
)
def test_status_codes_are_written_as_the_standard_has_them(
    written: dict[str, Any], served: dict[str, Any], told: list[str]
) -> None:
    notes = Notes()
    mend_statuses(written, ("responses",), notes)
    assert written == served
    assert [finding.pointer for finding in notes.findings] == [("responses", name) for name in told]
    assert all(finding.severity is Severity.WARNING for finding in notes.findings)
