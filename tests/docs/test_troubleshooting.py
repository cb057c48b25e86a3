"""docs/troubleshooting.md: each message of a command, each event of the log and each error of MCP is there, and no other."""

import re

from plugin_gateway.mcp import message
from tests.docs.messages import events, messages
from tests.docs.page import page

PAGE = page("troubleshooting.md")


def rows(title: str) -> list[list[str]]:
    """Return the cells of the tables below a title, without their heads."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [line[2:-2].split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [row for row in cells if row[0] not in ("message", "event", "error")]


def test_each_message_that_ends_a_command_is_on_the_page() -> None:
    said = [row[0] for title in ("The start", "Commands") for row in rows(title)]

    assert sorted(said) == sorted(messages()), "write a row for a new message in docs/troubleshooting.md"


def test_each_event_of_the_log_is_on_the_page() -> None:
    # The log writes lines of libraries as `log` and calls as `access`; no call of `event` has these names.
    said = [row[0].strip("`") for row in rows("Events of the log")]

    assert sorted(said) == sorted(events() | {"log", "access"}), (
        "write a row for a new event in docs/troubleshooting.md"
    )


def test_each_error_of_mcp_is_on_the_page() -> None:
    codes = {value for name, value in vars(message).items() if name.isupper() and isinstance(value, int) and value < 0}

    assert {int(row[0]) for row in rows("MCP")} == codes


def test_the_page_leads_to_the_other_pages_by_message() -> None:
    assert {"problems.md", "findings.md", "monitoring.md", "mcp.md"} <= {*re.findall(r"\(([a-z]+\.md)", PAGE)}
