import json
import sys
from pathlib import Path

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.decode.text import decode

CASES = Path(__file__).parents[3].parent / "shared" / "attack" / "cases.json"


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        decode(data, "api")
    finding = caught.value.findings[0]
    return finding.rule, str(finding.location)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": [1, "x"]}',
        b'\xef\xbb\xbf{"a":\r\n[1, "x"]}',
        b"\n  {a: [1, x]}",
        b'{"a": [1, "x",],} # flow style',
        b"a: [1, x]",
        b"\xef\xbb\xbfa:\r\n- 1\r\n- x\r\n",
        b"%YAML 1.2\n---\na:\n  - 1\n  - x",
    ],
)
def test_json_and_yaml_in_any_style_give_the_same_value(data: bytes) -> None:
    assert decode(data, "x") == {"a": [1, "x"]}


@pytest.mark.parametrize(
    ("data", "rule", "location"),
    [
        (b"", "document-empty", "api"),
        (b"# nothing\n", "document-empty", "api"),
        ("{}".encode("utf-16"), "document-encoding", "api"),
        ("{}".encode("utf-16-le"), "document-encoding", "api"),
        ("{}".encode("utf-32-be"), "document-encoding", "api"),
        (b'{"a":\n"\xff"}', "document-encoding", "api:2:2"),
        (b"a: \xc3\xa9\nb: \xe9", "document-encoding", "api:2:4"),
        (b'{"a": [1, 2}', "document-syntax", "api:1:12"),
        (b'{"a": 1, "a": 2}', "duplicate-key", "api:1:10"),
        (b"{a: 1, a: 2}", "duplicate-key", "api:1:8"),
        (b"{a: !x 1}", "document-tag", "api:1:5"),
    ],
)
def test_each_mistake_is_refused_at_its_place(data: bytes, rule: str, location: str) -> None:
    assert refusal(data) == (rule, location)


@pytest.mark.parametrize("name", ["SPEC-004", "SPEC-005", "SPEC-006", "SPEC-010"])
def test_hostile_documents_are_refused(name: str) -> None:
    if not CASES.exists():
        pytest.skip(f"the shared attack cases are not at {CASES}")
    cases = json.loads(CASES.read_bytes())
    case = next(case for case in (cases if isinstance(cases, list) else cases["cases"]) if case["id"] == name)

    with pytest.raises(DocumentError):
        decode(case["files"]["openapi.yaml"].encode(), "openapi.yaml")


def test_json_is_read_without_loading_yaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plugin_gateway.openapi.decode.yaml_values", None)

    assert decode(b'{"a": 1}', "x") == {"a": 1}
