"""docs/attack.md: the command prints what the page says, for the gateway.yaml of this repository."""

import os
import subprocess
import sys

from plugin_gateway.hostile.case import Feature
from tests.docs.page import BOUND_S, ROOT, blocks, page

PAGE = page("attack.md")


def test_the_command_prints_what_the_page_says() -> None:
    ((_, console),) = blocks(PAGE)
    first, *shown = console.splitlines()
    program, *arguments = first.removeprefix("$ ").split()
    assert program == "plugin-gateway"

    done = subprocess.run(
        [sys.executable, "-m", "plugin_gateway", *arguments],
        cwd=ROOT, env={**os.environ, "LEGACY_API_KEY": "key-of-the-api-7f3a9c"}, capture_output=True, text=True, timeout=BOUND_S, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    # Some cases are drawn, so their number may change with the config; what holds may not.
    assert [line.split()[:-2] for line in done.stdout.splitlines()][:-1] == [line.split()[:-2] for line in shown][:-1]
    assert done.stdout.splitlines()[-1].partition(",")[2] == shown[-1].partition(",")[2] == " nothing leaked"


def test_the_page_explains_each_kind_of_case() -> None:
    rows = [line.partition(" | ")[0].removeprefix("| ") for line in PAGE.splitlines() if line.startswith("| ")]

    assert {str(one) for one in Feature if one is not Feature.CONTROL} <= {*rows}
