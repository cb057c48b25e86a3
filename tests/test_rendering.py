import json

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.rendering import render_github, render_json, render_sarif, render_text

LOCATED = Finding(
    rule="bad-value",
    message="not a level",
    hint="did you mean `info`?",
    pointer=("log", "level"),
    location=Location("gateway.yaml", 12, 9, 3, "  level: inf"),
)
LOOSE = Finding(rule="odd", message="something is odd", severity=Severity.WARNING)


def test_a_person_sees_the_place_the_line_the_carets_and_the_hint() -> None:
    assert render_text([LOCATED]) == (
        "gateway.yaml:12:9: error[bad-value]: not a level\n"
        "   |\n"
        "12 |   level: inf\n"
        "   |         ^^^"
        "\n  hint: did you mean `info`?\n\n1 error\n"
    )


def test_a_finding_without_a_place_is_one_line() -> None:
    assert render_text([LOOSE]) == "warning[odd]: something is odd\n\n1 warning\n"


def test_the_line_may_come_from_the_sources() -> None:
    finding = LOCATED.at(Location("x", 2, 1, 99))
    assert "2 | bc\n  | ^^\n" in render_text([finding], {"x": "a\nbc"})
    assert "|" not in render_text([finding], {"x": "a"})


def test_a_long_line_is_cut_around_the_place() -> None:
    shown = render_text([LOCATED.at(Location("x", 1, 301, 4, "a" * 300 + "HERE" + "b" * 300))]).splitlines()
    assert len(shown[2]) <= 4 + 110
    column = shown[3].index("^")
    assert shown[2][column : column + 4] == "HERE"


def test_colour_is_added_only_when_asked_for() -> None:
    assert "\x1b[" in render_text([LOCATED], color=True)
    assert "\x1b[" not in render_text([LOCATED])


def test_text_of_a_file_cannot_control_the_terminal() -> None:
    finding = Finding(rule="x", message="a\x1b[2Jb", hint="\x1b", location=Location("f\x1b", 1, 1, 1, "\x1b[31m\tx"))
    assert "\x1b" not in render_text([finding])


def test_a_program_gets_findings_in_file_order() -> None:
    later = LOCATED.at(Location("gateway.yaml", 20, 1))
    assert [item["line"] for item in json.loads(render_json([later, LOCATED, LOOSE]))] == [None, 12, 20]


def test_a_program_gets_every_member() -> None:
    assert json.loads(render_json([LOCATED])) == [
        {
            "rule": "bad-value", "severity": "error", "message": "not a level", "hint": "did you mean `info`?",
            "pointer": ["log", "level"], "file": "gateway.yaml", "line": 12, "column": 9, "length": 3,
        }
    ]  # fmt: skip


def test_a_note_is_a_notice_to_github_and_a_note_to_all_others() -> None:
    note = Finding(rule="r", message="m", severity=Severity.NOTE)
    assert render_github([note]).startswith("::notice title=r::")
    assert "note[r]: m" in render_text([note])
    assert json.loads(render_sarif([note]))["runs"][0]["results"][0]["level"] == "note"


def test_github_gets_one_workflow_command_for_each() -> None:
    tricky = Finding(rule="r", message="100%\nof it", location=Location("a:b,c", 3, 4))
    assert (
        render_github([LOOSE, tricky])
        == "::warning title=odd::something is odd\n::error file=a%3Ab%2Cc,title=r,line=3,col=4::100%25%0Aof it\n"
    )


def test_sarif_has_the_members_version_2_1_0_requires() -> None:
    log = json.loads(render_sarif([LOCATED, LOOSE], version="1.2"))
    [run] = log["runs"]
    assert (log["version"], run["tool"]["driver"]["name"], run["tool"]["driver"]["version"]) == (
        "2.1.0",
        "plugin-gateway",
        "1.2",
    )
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bad-value", "odd"]
    loose, located = run["results"]
    assert "locations" not in loose
    assert located["level"] == "error"
    assert located["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "gateway.yaml"},
        "region": {"startLine": 12, "startColumn": 9, "endColumn": 12},
    }


def test_the_uri_of_a_file_is_escaped() -> None:
    finding = LOCATED.at(Location("env A é%"))
    [result] = json.loads(render_sarif([finding]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {"artifactLocation": {"uri": "env%20A%20%C3%A9%25"}}


@given(
    st.lists(
        st.builds(
            Finding,
            rule=st.just("r"),
            message=st.text(),
            hint=st.text(),
            location=st.none()
            | st.builds(Location, st.text(), st.integers(0, 9), st.integers(1, 500), st.integers(0, 500), st.text()),
        ),
        max_size=3,
    )
)
def test_any_finding_can_be_shown(findings: list[Finding]) -> None:
    for render in (render_text, render_json, render_github, render_sarif):
        assert isinstance(render(findings), str)
    assert json.loads(render_json(findings)) is not None


def test_the_source_of_a_rule_is_shown_in_every_format() -> None:
    finding = Finding(rule="r", message="m", hint="h", source="a forum")
    assert "\n  source: a forum\n" in render_text([finding])
    assert json.loads(render_json([finding]))[0]["source"] == "a forum"
    assert "m (h) Source: a forum." in render_github([finding])
    [result] = json.loads(render_sarif([finding]))["runs"][0]["results"]
    assert result["message"]["text"] == "m. Hint: h. Source: a forum"
    assert "source" not in json.loads(render_json([Finding(rule="r", message="m")]))[0]
