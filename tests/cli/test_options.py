from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plugin_gateway.cli.options import ADDRESS, config_option


def test_the_config_is_a_path_or_left_to_be_found():
    @click.command()
    @config_option
    def command(config):
        click.echo(repr(config))

    runner = CliRunner()
    assert runner.invoke(command, ["-c", "a.yaml"]).output == f"{Path('a.yaml')!r}\n"
    assert runner.invoke(command, []).output == "None\n"


def test_an_address_is_checked_and_stays_text():
    assert ADDRESS.convert(":80", None, None) == "0.0.0.0:80"
    assert ADDRESS.convert("", None, None) == ""
    with pytest.raises(click.BadParameter, match=r"'nonsense' is not an address.*write HOST:PORT"):
        ADDRESS.convert("nonsense", None, None)
