"""A plan: the effect of its parts on a call."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.overflow import Cap
from tests.proxy.real import plan_of


@pytest.mark.parametrize(
    ("parts", "links", "is_open", "needs_no_stage"),
    [
        ({}, (), True, True),
        ({"limiter": object()}, (), False, False),
        ({"granted": object()}, (), False, False),
        ({"cap": Cap(9)}, (), True, False),
        ({}, (("next",),), True, False),
    ],
)
def test_a_plan_is_open_unless_a_call_must_be_checked_or_changed(
    parts: dict[str, Any], links: tuple[tuple[str], ...], is_open: bool, needs_no_stage: bool
) -> None:
    rule = OperationRule(method="GET", path_template="/p", operation_id="p", links=links)
    plan = plan_of(rule, **parts)
    assert (plan.is_open, plan.needs_no_stage) == (is_open, needs_no_stage)
