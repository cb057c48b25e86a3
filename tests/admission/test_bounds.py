from plugin_gateway.admission.bounds import Bounds
from plugin_gateway.admission.compile import compile_bounds
from plugin_gateway.config.load import load_text


def test_the_default_bounds_equal_the_defaults_of_gateway_yaml() -> None:
    loaded = load_text("openapi: x\nupstream: {url: 'https://h'}\nallow: []\n", path=None, environ={})

    assert compile_bounds(loaded.config) == Bounds()
