from pathlib import Path

import pytest

from plugin_gateway.cli.desk import KEY_VARIABLE, _key, ask_desk, said_by
from plugin_gateway.errors import UsageError


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("{env: APPROVER}", "from-env"),
        ("{file: key.txt}", "from-file"),
        ("{value: written}", "written"),
        ("text", ""),
    ],
)
def test_the_key_of_an_approver_comes_from_where_the_config_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, key: str
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("APPROVER", "from-env")
    (tmp_path / "key.txt").write_text("from-file\n")
    (tmp_path / "gateway.yaml").write_text(f"approvals: {{key: {source}}}\n")
    assert _key(tmp_path / "gateway.yaml") == key
    monkeypatch.setenv(KEY_VARIABLE, "first")
    assert _key(tmp_path / "gateway.yaml") == "first"


def test_a_missing_key_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    (tmp_path / "gateway.yaml").write_text("approvals: {key: {file: gone.txt}}\n")
    with pytest.raises(UsageError, match=r"gone\.txt"):
        _key(tmp_path / "gateway.yaml")


def test_a_gateway_that_is_away_is_named() -> None:
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9 does not answer"):
        ask_desk(None, "127.0.0.1:9", "/approvals")


def test_the_text_of_a_server_cannot_control_the_terminal() -> None:
    assert said_by({"detail": "No\x1b[2J", "hint": "go"}) == "No\ufffd[2J go"
    assert said_by([]) == "the gateway refused"
