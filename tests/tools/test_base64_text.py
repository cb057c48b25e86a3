from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.shape.values.scalar import UnwritableError
from plugin_gateway.tools.base64_text import base64_octets


@given(st.binary(max_size=64))
def test_octets_come_back_from_every_common_spelling(octets: bytes) -> None:
    text = base64.b64encode(octets).decode()

    assert base64_octets(text) == octets
    assert base64_octets(text.rstrip("=")) == octets
    assert base64_octets(base64.urlsafe_b64encode(octets).decode()) == octets
    assert base64_octets(base64.encodebytes(octets).decode()) == octets
    assert base64_octets(f"data:image/png;base64,{text}") == octets


@pytest.mark.parametrize("value", ["a", "a*bc", "YQ==YQ==", "é", "data:text/plain,a b", 5, None, ["YQ=="]])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(UnwritableError):
        base64_octets(value)
