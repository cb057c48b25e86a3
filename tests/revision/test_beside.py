import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.diagnostics import Finding, Severity, in_file_order
from plugin_gateway.errors import ConfigError, FindingsError
from plugin_gateway.rendering import render_text
from plugin_gateway.revision.build import build, load_config
from tests.narrow import present

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: listPets, responses: {"200": {$ref: "#/components/responses/Nope"}}}}
"""
CONFIG = 'openapi: ./openapi.yaml\nupstream: {url: "htp://x"}\nallow: [listPets, listPet, {operation: x, nope: 1}]\ndeny: [nope]\n'


def rules(
    tmp_path: Path, document: str | None = DOCUMENT, config: str = CONFIG, **options: Any
) -> set[tuple[str, str, int]]:
    if document is not None:
        (tmp_path / "openapi.yaml").write_text(document)
    (tmp_path / "gateway.yaml").write_text(config)
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "gateway.yaml", environ={}, **options)
    return {
        (finding.rule, present(finding.location).file.rpartition("/")[2], present(finding.location).line)
        for finding in caught.value.findings
    }


def test_config_operations_and_document_are_in_one_report(tmp_path: Path) -> None:
    found = rules(tmp_path, in_one_report=True)
    assert {("bad-url", "gateway.yaml", 2), ("unknown-key", "gateway.yaml", 3)} < found
    assert {("unknown-operation", "gateway.yaml", 3), ("unknown-operation", "gateway.yaml", 4)} < found
    assert any(file == "openapi.yaml" for _, file, _ in found)


def test_a_broken_operation_does_not_hide_mistakes_in_other_entries(tmp_path: Path) -> None:
    document = DOCUMENT + '  /shops: {get: {operationId: listShops, responses: {"200": {description: ok}}}}\n'
    config = "openapi: ./openapi.yaml\nupstream: {url: https://x.example}\nallow:\n- listPets\n- {operation: listShops, request: {drop: [/no]}}\n"
    (tmp_path / "openapi.yaml").write_text(document)
    (tmp_path / "gateway.yaml").write_text(config)
    with pytest.raises(ConfigError) as caught:
        build(load_config(tmp_path / "gateway.yaml", environ={}))
    assert {"unresolved-ref", "pointer-leads-nowhere"} <= {one.rule for one in caught.value.findings}


def test_a_missing_overlay_hides_no_mistake_in_the_files_that_the_config_names(tmp_path: Path) -> None:
    config = (
        "openapi: {source: ./openapi.yaml, overlays: [./gone.yaml]}\n"
        "upstream: {url: https://x.example, tls: {ca: ./ca.pem}}\nauth: {type: user_http, users: ./users}\nallow: [nope]\n"
    )
    (tmp_path / "ca.pem").write_text("nothing")
    (tmp_path / "users").write_text("nothing")
    assert rules(tmp_path, DOCUMENT.replace("/pets:", "pets:"), config, in_one_report=True) == {
        ("file-missing", "gateway.yaml", 1),
        ("tls-file", "gateway.yaml", 2),
        ("bad-users-file", "gateway.yaml", 3),
        ("document-path", "openapi.yaml", 5),
    }


def test_an_unreadable_document_is_in_the_report_on_the_config(tmp_path: Path) -> None:
    assert ("document-unreadable", "gateway.yaml", 1) in rules(tmp_path, None, in_one_report=True)


def test_a_report_about_the_config_alone_has_no_finding_about_the_document(tmp_path: Path) -> None:
    assert {file for _, file, _ in rules(tmp_path)} == {"gateway.yaml"}


def test_the_document_is_watched_although_the_config_is_refused(tmp_path: Path) -> None:
    told: list[Path] = []
    rules(tmp_path, in_one_report=True, on_file=told.append)
    assert "openapi.yaml" in {path.name for path in told}


# Common mistakes in gateway.yaml, and every finding that `check` shows for them: place, rule and hint. A `→` is a tab;
# `<head>` and `<allow>` stand for correct sections.
MISTAKES = Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8")
HEAD = """\
openapi: openapi.yaml
upstream:
  url: https://api.example.com
  credential: {header: X-API-Key, value: {env: KEY}}
"""
ALLOW = "allow:\n  - listIssues\n"
ISSUES = """\
openapi: 3.1.0
info: {title: Issues, version: "1", contact: {email: a@example.com}, termsOfService: https://example.com/terms}
paths:
  /issues:
    get: {operationId: listIssues, tags: [issues], summary: List, responses: {"200": {description: ok}}}
    post: {operationId: createIssue, tags: [issues], summary: Create, responses: {"201": {description: ok}}}
  /issues/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: getIssue, tags: [issues], summary: Get, responses: {"200": {description: ok}}}
    delete: {operationId: deleteIssue, summary: Delete, responses: {"204": {description: ok}}}
  /reports:
    get: {operationId: listReports, tags: [reports], summary: Reports, responses: {"200": {description: ok}}}
"""
ENVIRON = {"KEY": "s3cr3t-key-value", "UPSTREAM_API_KEY": "k3y-of-upstream"}


def rows() -> Iterator[Any]:
    for row in re.split(r"(?m)^=== ", MISTAKES)[1:]:
        name, _, rest = row.partition("\n")
        written, _, expected = rest.rpartition("\n---\n")
        text = written.replace("→", "\t").replace("<head>\n", HEAD) + "\n"
        yield pytest.param(text.replace("<allow>\n", ALLOW), expected.strip().splitlines(), id=name)


def errors_of(folder: Path, content: bytes) -> list[Finding]:
    (folder / "openapi.yaml").write_text(ISSUES)
    (folder / "gateway.yaml").write_bytes(content)
    with pytest.raises(FindingsError) as caught:
        build(load_config(Path("gateway.yaml"), environ=ENVIRON, in_one_report=True))
    assert not [secret for secret in ENVIRON.values() if secret in render_text(caught.value.findings)]
    return [finding for finding in in_file_order(caught.value.findings) if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(("text", "expected"), [*rows()])
def test_common_mistakes_are_in_one_report_with_the_lines_that_correct_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [
        f"{present(one.location).line}:{present(one.location).column} {one.rule}: {one.hint.partition('valid here:')[0]}".strip()
        for one in errors_of(tmp_path, text.encode())
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("content", "rule", "hint"),
    [
        (b"", "empty-config", "init SPEC"),
        ((HEAD + ALLOW).encode("utf-16"), "not-utf-8", "save the file as UTF-8"),
        ((HEAD + ALLOW + "# caf\xe9\n").encode("latin-1"), "not-utf-8", "save the file as UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "not-utf-8", "name the YAML file"),
        ((HEAD + ALLOW).encode() + b"\0", "yaml-syntax", "delete it"),
        (ISSUES.encode(), "not-a-config", "plugin-gateway init FILE"),
    ],
)
def test_a_file_that_is_not_a_config_is_one_finding_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, rule: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    [finding] = errors_of(tmp_path, content)
    assert (finding.rule, present(finding.location).file) == (rule, "gateway.yaml")
    assert present(finding.location).line
    assert hint in finding.hint


@pytest.mark.parametrize("content", [(HEAD + ALLOW).replace("\n", "\r\n"), "\ufeff" + HEAD + ALLOW])
def test_line_ends_of_windows_and_a_byte_order_mark_are_no_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(ISSUES)
    (tmp_path / "gateway.yaml").write_bytes(content.encode())
    assert build(load_config(Path("gateway.yaml"), environ=ENVIRON)).revision.rules


def test_mistakes_in_a_key_a_secret_an_operation_and_the_document_are_in_one_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "openapi: gone.yaml\nupstream: {url: https://h, credental: {bearer: {file: gone}}}\nallow: [a\nlisen: :80\n"
    assert [(one.rule, present(one.location).line) for one in errors_of(tmp_path, text.encode())] == [
        ("document-unreadable", 1),
        ("unknown-key", 2),
        ("secret-missing", 2),
        ("yaml-syntax", 3),
        ("unknown-key", 4),
    ]


# A right config; mistakes, each with its line, the rule that reports it, and the line as it is written with the mistake; and
# mistakes of syntax, each with the line at which it is reported and the lines as they are written with it.
RIGHT = """\
openapi: openapi.yaml
upstream:
  url: https://api.example.com
  credential: {header: X-API-Key, value: {env: KEY}}
  timeout:
    connect: 3s
    read: 30s
allow:
  - listIssues
  - operation: getIssue
    consequential: false
    rate: 10/min
  - createIssue
auth:
  type: service_http
  tokens:
    - name: ci
      env: KEY
manifest:
  name_for_human: Issues
  contact_email: a@example.com
cors: [https://chatgpt.com]
"""
MISTAKES_OF_MEANING = [
    (3, "bad-url", '  url: "https://api.example.com "'),
    (4, "unknown-key", "  credental: {header: X-API-Key, value: {env: KEY}}"),
    (6, "bad-duration", "    connect: 3"),
    (7, "unknown-key", "    raed: 30s"),
    (9, "unknown-operation", "  - listIsues"),
    (11, "ambiguous-yaml", "    consequential: yes"),
    (12, "bad-rate", "    rate: 10"),
    (13, "unknown-operation", "  - creatIssue"),
    (16, "unknown-key", "  token:"),
    (18, "secret-missing", "      env: NOPE"),
    (21, "bad-email", "  contact_email: nobody"),
    (22, "bad-url", "cors: [chatgpt.com]"),
]
MISTAKES_OF_SYNTAX = [
    (2, {2: "upstream"}),
    (3, {3: '  url: "https://api.example.com'}),
    (3, {3: "  url:https://api.example.com"}),
    (3, {3: "\turl: https://api.example.com"}),
    (4, {3: "   url: https://api.example.com"}),
    (4, {4: "  credential: {header: X-API-Key, value: ${KEY}}"}),
    (4, {4: "  credental: {header: X-API-Key, value: ${KEY}}"}),
    (4, {4: "  credential: {header: X-API-Key, value: {env: KEY}"}),
    (4, {4: "  credential: {header: X-API-Key; value: {env: KEY}}"}),
    (4, {4: "   credential: {header: X-API-Key, value: {env: KEY}}"}),
    (5, {5: "  timeout"}),
    (5, {5: " timeout:"}),
    (6, {6: "    connect = 3s"}),
    (6, {6: "    connect: {{ SECONDS }}"}),
    (7, {7: "   read: 30s"}),
    (9, {9: "  listIssues"}),
    (9, {9: "  - [listIssues"}),
    (10, {10: "   - operation: getIssue"}),
    (10, {10: "  operation: getIssue"}),
    (10, {10: "  - operation: @getIssue"}),
    (11, {11: "  \tconsequential: false"}),
    (12, {12: "     rate: 10/min"}),
    (13, {13: "  -createIssue"}),
    (14, {14: "auth"}),
    (15, {15: "  type: 'service_http"}),
    (16, {15: "    type: service_http", 16: "   tokens:"}),
    (17, {17: "    - name = ci"}),
    (18, {18: "      env: %KEY"}),
    (18, {18: "       env: KEY"}),
    (20, {20: "  name_for_human: Issues: all"}),
    (21, {21: "  contact_email: *a"}),
    (22, {22: "cors: [https://chatgpt.com"}),
    (22, {22: "cors: [https://chatgpt.com]]"}),
    (23, {23: "// the end"}),
    (23, {23: "<<<<<<< HEAD", 24: "mcp: false", 25: "=======", 26: "mcp: no", 27: ">>>>>>> main"}),
]


@given(
    syntax=st.lists(st.sampled_from(MISTAKES_OF_SYNTAX), min_size=1, max_size=2).filter(
        # Two on neighbouring lines may be one mistake to the parser.
        lambda chosen: len(chosen) == 1 or abs(chosen[0][0] - chosen[1][0]) > 2
    ),
    meaning=st.sets(st.sampled_from(MISTAKES_OF_MEANING)),
)
def test_a_mistake_of_syntax_hides_no_other_mistake_and_invents_none(
    syntax: list[tuple[int, dict[int, str]]],
    meaning: set[tuple[int, str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = dict(enumerate(RIGHT.splitlines(), start=1))
    taken = {number for at, change in syntax for number in (at, *change)}
    expected = {(number, rule) for number, rule, _ in meaning if number not in taken}
    lines |= {number: line for number, _, line in meaning if number not in taken}
    for at, change in syntax:
        lines |= change
        expected.add((at, "syntax"))
        if "credental" in change.get(4, ""):
            expected.add((4, "unknown-key"))

    folder = tmp_path_factory.mktemp("gateway")
    text = "".join(f"{lines[number]}\n" for number in sorted(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = [(present(one.location).line, one.rule) for one in errors_of(folder, text.encode())]
    assert {
        (line, "syntax" if rule in ("yaml-syntax", "yaml-alias", "bad-key") else rule) for line, rule in found
    } == expected
    assert len(found) == len(expected)


def test_a_method_in_capitals_is_a_warning_beside_the_operation_that_it_hides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text(
        ISSUES.replace("    get: {operationId: listIssues", "    GET: {operationId: listIssues")
    )
    (tmp_path / "gateway.yaml").write_text(HEAD + ALLOW)
    with pytest.raises(FindingsError) as caught:
        build(load_config(Path("gateway.yaml"), environ=ENVIRON))
    found = [one for one in in_file_order(caught.value.findings) if one.rule != "manifest-missing"]
    assert [(one.rule, one.severity, present(one.location).file, present(one.location).line) for one in found] == [
        ("unknown-operation", Severity.ERROR, "gateway.yaml", 6),
        ("document-near-miss", Severity.WARNING, "openapi.yaml", 5),
    ]
