import pytest

from plugin_gateway.config.manifest import Manifest
from plugin_gateway.config.reader import MistakesError


def test_every_key_may_be_left_out() -> None:
    assert {getattr(Manifest(), name) for name in Manifest.field_names()} == {None}


def test_a_key_of_the_served_manifest_is_an_unknown_key_with_the_key_that_is_meant() -> None:
    with pytest.raises(MistakesError) as caught:
        Manifest.parse({"logo_url": "https://h/logo.png"})
    assert caught.value.found[0][1].instead_of == "logo"
