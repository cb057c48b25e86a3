"""Refusals are values."""

from __future__ import annotations

import dataclasses

import pytest

from plugin_gateway.policy.refusal import Refusal


def test_a_refusal_cannot_be_changed():
    refusal = Refusal(status=404, code="operation-not-found", detail="d")

    with pytest.raises(dataclasses.FrozenInstanceError):
        refusal.status = 200
    assert (refusal.hint, refusal.members, refusal.headers) == ("", {}, ())
