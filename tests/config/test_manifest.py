import pytest
from pydantic import ValidationError

from plugin_gateway.config.manifest import Manifest


def test_every_key_may_be_left_out() -> None:
    assert set(Manifest.model_validate({}).model_dump().values()) == {None}


def test_a_key_of_the_served_manifest_is_an_unknown_key_with_the_key_that_is_meant() -> None:
    with pytest.raises(ValidationError) as caught:
        Manifest.model_validate({"logo_url": "https://h/logo.png"})
    assert caught.value.errors()[0]["ctx"]["mistake"].instead_of == "logo"
