"""docs/attack.md: the command prints what the page says, for the gateway.yaml of this repository."""

from plugin_gateway.hostile.case import Feature
from tests.docs.page import blocks, page, run_here

PAGE = page("attack.md")


def test_the_command_prints_what_the_page_says() -> None:
    ((_, console),) = blocks(PAGE)
    first, *shown = console.splitlines()
    program, *arguments = first.removeprefix("$ ").split()
    assert program == "plugin-gateway"

    done = run_here(*arguments)

    assert done.returncode == 0, done.stderr
    # Some cases are drawn, so their number may change with the config. The results may not.
    assert [line.split()[:-2] for line in done.stdout.splitlines()][:-1] == [line.split()[:-2] for line in shown][:-1]
    assert done.stdout.splitlines()[-1].partition(",")[2] == shown[-1].partition(",")[2] == " nothing leaked"


def test_the_page_explains_each_kind_of_case() -> None:
    rows = [line.partition(" | ")[0].removeprefix("| ") for line in PAGE.splitlines() if line.startswith("| ")]

    assert {str(one) for one in Feature if one is not Feature.CONTROL} <= {*rows}
