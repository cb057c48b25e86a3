from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from plugin_gateway.cli.options import (
    as_option,
    checked_address,
    checked_duration,
    checked_size,
    config_option,
    operations_in,
)
from plugin_gateway.cli.suggestions import suggest_consumers


def test_the_config_is_a_path_or_left_to_be_found() -> None:
    @click.command()
    @config_option
    def command(config: Path | None) -> None:
        click.echo(repr(config))

    runner = CliRunner()
    assert runner.invoke(command, ["-c", "a.yaml"]).output == f"{Path('a.yaml')!r}\n"
    assert runner.invoke(command, []).output == "None\n"


def test_an_address_is_checked_and_stays_text() -> None:
    @click.command()
    @click.option("--listen", callback=checked_address, default="")
    def command(listen: str) -> None:
        click.echo(repr(listen))

    runner = CliRunner()
    assert runner.invoke(command, ["--listen", ":80"]).output == "'0.0.0.0:80'\n"
    assert runner.invoke(command, []).output == "''\n"
    refused = runner.invoke(command, ["--listen", "nonsense"])
    assert refused.exit_code == 2
    assert "'nonsense': not an address" in refused.output


def test_a_duration_is_read_as_in_the_config() -> None:
    @click.command()
    @click.option("--wait", callback=checked_duration, default=None)
    def command(wait: float | None) -> None:
        click.echo(repr(wait))

    runner = CliRunner()
    assert runner.invoke(command, ["--wait", "1m30s"]).output == "90.0\n"
    assert runner.invoke(command, ["--wait", "0"]).output == "0.0\n"
    assert runner.invoke(command, []).output == "None\n"
    refused = runner.invoke(command, ["--wait", "5"])
    assert refused.exit_code == 2
    assert "'5': not a duration" in refused.output


def test_a_size_needs_a_unit() -> None:
    context, option = click.Context(click.Command("x")), click.Option(["--max-bytes"])

    assert checked_size(context, option, "2kB") == 2000
    assert checked_size(context, option, None) is None
    with pytest.raises(click.BadParameter):
        checked_size(context, option, "2")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["listPets", "GET  /pets"], ["listPets", "GET /pets"]),
        (["GET", "/pets", "post", "/pets"], ["GET /pets", "post /pets"]),
        (["GET", "listPets"], ["GET", "listPets"]),
        (["/pets", "GET"], ["/pets", "GET"]),
        (["listPets", "listPets"], ["listPets"]),
    ],
)
def test_a_method_and_a_path_are_one_operation_also_without_quotes(words: list[str], names: list[str]) -> None:
    assert operations_in(words) == names


def test_a_consumer_is_named_and_completed() -> None:
    @click.command()
    @as_option("Call as this consumer.")
    def command(consumer: str) -> None:
        click.echo(repr(consumer))

    runner = CliRunner()
    assert runner.invoke(command, ["--as", "reporter"]).output == "'reporter'\n"
    assert runner.invoke(command, []).output == "''\n"
    assert command.params[0]._custom_shell_complete is suggest_consumers
