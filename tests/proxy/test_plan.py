"""A plan: the effect of its parts on a call."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.proxy.overflow import Cap
from tests.proxy.real import plan_of


@pytest.mark.parametrize(
    ("parts", "links", "is_open", "passes"),
    [
        ({}, (), True, True),
        ({"limiter": object()}, (), False, False),
        ({"granted": object()}, (), False, False),
        ({"cap": Cap(9)}, (), True, False),
        ({}, (("next",),), True, False),
    ],
)
def test_only_what_must_be_asked_or_changed_keeps_a_call_from_the_short_way(
    parts: dict[str, Any], links: tuple[tuple[str], ...], is_open: bool, passes: bool
) -> None:
    rule = OperationRule(method="GET", path_template="/p", operation_id="p", links=links)
    plan = plan_of(rule, **parts)
    assert (plan.is_open, plan.passes_whole_answers) == (is_open, passes)
