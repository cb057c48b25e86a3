"""docs/audit.md: the gateway writes an audit as on the page, and `audit verify` says what the page says."""

import json
import re
from pathlib import Path

from click.testing import CliRunner

from plugin_gateway.cli.audit import command
from plugin_gateway.config.load import load_text
from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.telemetry.audit import Audit, AuditTerms
from plugin_gateway.telemetry.record import AccessRecord
from tests.docs.page import blocks, page

PAGE = page("audit.md")
LEAST = "openapi: o.yaml\nupstream: {url: https://api.example.com}\nallow: [a]\n"
(_, CONFIG), (_, ENTRY), (_, CHECK) = blocks(PAGE)
RULE = OperationRule(method="GET", path_template="/orders/{orderId}", operation_id="Orders_GetById")


def audit(folder: Path) -> Path:
    """Write an audit of one call with the config of the page."""
    said = load_text(LEAST + CONFIG, path=None, environ={}).config.audit
    assert said is not None
    file = folder / said.file.name
    audit = Audit(lambda _: "2026-11-27T09:10:01.776Z")
    audit.adopt(str(file), AuditTerms(frozenset(said.values), "05e7"), (RULE,), 1.0)
    call = AccessRecord(
        unix_time_s=0.0, method=b"GET", target=b"/orders/30", rule=RULE, status=200, bytes_in=0, bytes_out=9,
        duration_s=0.1, reason="", request_id=b"a72b4a6b-01e", client="192.0.2.7", consumer="agent",
    )  # fmt: skip
    audit.add([call])
    audit.close()
    return file


def test_the_entry_of_a_call_is_as_on_the_page(tmp_path: Path) -> None:
    written, shown = json.loads(audit(tmp_path).read_text().splitlines()[1]), json.loads(ENTRY)

    changing = ("seq", "prev", "revision")
    assert [*written] == [*shown]
    assert {name: value for name, value in written.items() if name not in changing} == {
        name: value for name, value in shown.items() if name not in changing
    }


def test_the_table_has_each_member_of_an_entry(tmp_path: Path) -> None:
    members = re.findall(r"`(\w+)`", " ".join(re.findall(r"(?m)^\| (`.+?) \|", PAGE)))

    assert {*json.loads(audit(tmp_path).read_text().splitlines()[1])} - {"time", "method"} <= {*members}


def test_verify_prints_what_the_page_says_and_notices_a_change(tmp_path: Path) -> None:
    file = audit(tmp_path)
    line = re.escape(CHECK.splitlines()[1]).replace("65", r"\d+").replace("2d49…", r"[0-9a-f]{64}")

    good = CliRunner().invoke(command, ["verify", str(file)], standalone_mode=False)
    file.write_text(file.read_text().replace("/orders/30", "/orders/31").replace('"30"', '"31"'))
    bad = CliRunner().invoke(command, ["verify", str(file)], standalone_mode=False)

    assert re.search(line, good.output), good.output
    assert (good.return_value, bad.return_value) == (0, 1), bad.output
