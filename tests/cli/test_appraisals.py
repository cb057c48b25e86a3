from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.cli.appraisals import lines_of, proposal_of, values_of
from plugin_gateway.config.selector import AllowEntry
from plugin_gateway.openapi.document import OperationKey
from plugin_gateway.revision.appraisal import Appraisal, Tokens
from plugin_gateway.revision.doubts import Doubt


def appraisal(**changes: Any) -> Appraisal:
    known: dict[str, Any] = {
        "key": OperationKey("GET", "/issues"),
        "operation_id": "list_issues",
        "entry": AllowEntry.parse("listIssues"),
        "tool": Tokens(812, 390),
        "reply": Tokens(None, 61_000),
        "doubts": (Doubt("upload", "it takes files"),),
        "keep": ("/*/id", "/*/title"),
        "reply_kept": 2_300,
    }
    return Appraisal(**{**known, **changes})


def test_a_block_has_the_costs_and_the_doubts() -> None:
    assert [*lines_of([appraisal()])] == [
        "\x1b[1mlist_issues\x1b[0m  GET /issues",
        "  tool   812 → 390 tokens",
        "  reply  ~61,000 tokens; ~2,300 with the fields proposed below",
        "  \x1b[33m\x1b[1m!\x1b[0m it takes files",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"reply": Tokens(None, None), "reply_kept": None}, "  reply  not JSON"),
        ({"reply": Tokens(900, 90), "reply_kept": None}, "  reply  ~900 → ~90 tokens"),
        ({"reply": Tokens(90, 90), "reply_kept": None}, "  reply  ~90 tokens"),
        ({"tool": Tokens(None, None)}, "  tool   none"),
    ],
)
def test_a_cost_is_shown_where_there_is_one(changes: Any, line: str) -> None:
    assert line in [*lines_of([appraisal(**changes)])]


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=12
)


@example(["/a"], "NULL")
@example(["/a"], "no")
@example(["/a"], "GET /a")
@given(
    st.lists(NAMES.map(lambda name: "/" + name.replace("~", "~0").replace("/", "~1")), min_size=1, max_size=12), NAMES
)
def test_the_yaml_to_paste_parses_to_the_proposed_entry(keep: list[str], operation: str) -> None:
    entry = AllowEntry(operation=operation)
    text = "\n".join(proposal_of([appraisal(keep=tuple(keep), entry=entry)]))

    assert yaml.safe_load(text) == [{"operation": operation, "response": {"keep": keep}}]


def test_the_operation_of_a_group_is_named_by_method_and_path() -> None:
    lines = [*proposal_of([appraisal(entry=AllowEntry.parse({"tag": "issues"}))])]

    assert "- operation: GET /issues  # ~61,000 → ~2,300 tokens" in lines


def test_nothing_is_proposed_without_a_proposal() -> None:
    assert [*proposal_of([appraisal(keep=())])] == []


def test_programs_get_the_same_facts() -> None:
    (value,) = values_of([appraisal()])

    assert value == {
        "operation_id": "list_issues",
        "method": "GET",
        "path": "/issues",
        "tool_tokens": {"before": 812, "after": 390},
        "reply_tokens": {"before": None, "after": 61_000},
        "doubts": [{"kind": "upload", "text": "it takes files"}],
        "keep": ["/*/id", "/*/title"],
        "reply_tokens_with_keep": 2_300,
    }
