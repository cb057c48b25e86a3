"""The systemd unit is hardened, starts the gateway with options that it has, and gives it time to drain."""

from __future__ import annotations

import configparser
import subprocess
from typing import TYPE_CHECKING

from plugin_gateway.cli.serve import command
from plugin_gateway.config.units import parse_duration
from tests.bounds import BOUND_S
from tests.deploy.proxies import DEPLOY, program

if TYPE_CHECKING:
    from pathlib import Path

UNIT = DEPLOY / "systemd" / "plugin-gateway.service"


class UnitParser(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr  # the names of systemd have capitals


def read(path: Path = UNIT) -> dict[str, str]:
    parser = UnitParser(strict=False, interpolation=None)
    parser.read(path)
    return dict(parser["Service"])


def exposure(path: Path) -> subprocess.CompletedProcess[str]:
    # The threshold is ten times the exposure that the report shows.
    arguments = [program("systemd-analyze"), "security", "--offline=yes", "--no-pager", "--threshold=20", str(path)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=BOUND_S, check=False)


def test_its_exposure_is_two_at_most() -> None:
    result = exposure(UNIT)

    assert result.returncode == 0, result.stdout


def test_the_threshold_would_find_a_slip(tmp_path: Path) -> None:
    slipped = tmp_path / UNIT.name
    slipped.write_text(
        UNIT.read_text().replace("SystemCallFilter=", "#").replace("PrivateUsers=yes", "").replace("ProtectKernel", "#")
    )

    assert exposure(slipped).returncode != 0


def test_it_starts_the_gateway_with_options_that_it_has_and_time_to_drain() -> None:
    unit = read()
    program, name, *given = unit["ExecStart"].split()
    options = {option for parameter in command.params for option in parameter.opts}
    values = dict(zip(given[::2], given[1::2], strict=True))

    assert (program, name) == ("/opt/plugin-gateway/bin/plugin-gateway", "serve")
    assert {*values} <= options
    drain_s = parse_duration(values["--drain-delay"]) + parse_duration(values["--drain-timeout"])
    assert int(unit["TimeoutStopSec"]) > drain_s
    assert unit["KillMode"] == "mixed", "SIGTERM is for the supervisor, which drains its workers"


def test_the_secret_is_a_credential_of_the_service_and_no_variable() -> None:
    unit = read()

    assert unit["LoadCredentialEncrypted"].startswith("upstream-key:")
    assert "Environment" not in unit
    assert "/run/credentials/plugin-gateway.service/upstream-key" in UNIT.read_text()
