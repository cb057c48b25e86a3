from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.openapi.read import last_good
from plugin_gateway.openapi.read.last_good import (
    NOTHING_KEPT,
    FetchedBody,
    LastGood,
    load_last_good,
    mark_of,
    save_last_good,
)

COPY = LastGood(answers={"a": FetchedBody(b"one", '"1"', "yesterday"), "b": FetchedBody(b"two\n")}, confirmed_at=7.5)


def test_a_copy_reads_back_and_is_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x"
    save_last_good(path, COPY)
    assert load_last_good(path) == COPY
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [*path.parent.iterdir()] == [path]


def test_a_copy_names_no_url(tmp_path: Path) -> None:
    mark = mark_of("https://me:secret@example.com/?key=secret")
    assert mark == mark_of("https://me:secret@example.com/?key=secret") != mark_of("https://example.com/")
    save_last_good(tmp_path / "x", LastGood(answers={mark: FetchedBody(b"")}))
    assert b"example" not in (tmp_path / "x").read_bytes()


def test_a_missing_file_is_no_copy(tmp_path: Path) -> None:
    assert load_last_good(tmp_path / "x") == NOTHING_KEPT
    assert load_last_good(tmp_path) == NOTHING_KEPT


@given(st.integers(0, 300), st.binary(max_size=3))
def test_a_damaged_file_is_no_copy_or_an_equal_one(
    tmp_path_factory: pytest.TempPathFactory, at: int, more: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    save_last_good(path, COPY)
    text = path.read_bytes()
    path.write_bytes(text[:at] + more + text[at + 1 :])
    bodies = [answer.body for answer in load_last_good(path).answers.values()]
    # The digest guards each body; a validator that is damaged only makes the server send the document again.
    assert bodies in ([], [b"one", b"two\n"])


@pytest.mark.parametrize(
    "text", [b"", b"{}\n", b"[]\n", b'{"format": 2, "answers": []}\n', b"\xff\n", b'{"format": 1, "answers": [1]}\n']
)
def test_another_file_is_no_copy(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x").write_bytes(text)
    assert load_last_good(tmp_path / "x") == NOTHING_KEPT


def test_a_copy_that_is_too_large_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_last_good(tmp_path / "x", COPY)
    monkeypatch.setattr(last_good, "MAX_BYTES", 5)
    assert load_last_good(tmp_path / "x") == NOTHING_KEPT


def test_a_folder_that_cannot_be_written_raises_and_no_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"directory|exists"):
        save_last_good(tmp_path / "file" / "x", COPY)
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match=r"directory|exists"):
        save_last_good(tmp_path / "x", COPY)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "x"}
