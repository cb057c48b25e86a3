import pytest

from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError

MINIMAL = "openapi: openapi.yaml\nupstream: {url: https://h}\nallow: []\n"


@pytest.mark.parametrize(
    ("written", "mode"),
    [
        ("", "default"),
        ("console: true", "write"),
        ("console: {}", "write"),
        ("console: {write: true}", "write"),
        ("console: {write: false}", "read"),
        ("console: false", "off"),
    ],
)
def test_the_config_says_what_the_console_may_do(written: str, mode: str) -> None:
    assert load_text(MINIMAL + written, path=None, environ={}).config.console_mode == mode


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({"PLUGIN_GATEWAY__CONSOLE": "true"}, "write"),
        ({"PLUGIN_GATEWAY__CONSOLE": "false"}, "off"),
        ({"PLUGIN_GATEWAY__CONSOLE__WRITE": "false"}, "read"),
    ],
)
def test_an_environment_variable_says_what_the_console_may_do(variables: dict[str, str], mode: str) -> None:
    assert load_text(MINIMAL, path=None, environ=variables).config.console_mode == mode


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("console: {wirte: false}", "did you mean `write`"),
        ("console: {write: 1}", "true or false"),
        ("console: 1", "expected true, false or a mapping"),
        ('console: "off"', "write `false`"),
        ("console:", "write `false`"),
        ("console: [write]", "for example `console: {write: false}`"),
    ],
)
def test_a_mistake_in_console_is_an_error_with_a_hint(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_text(MINIMAL + written, path=None, environ={})
