import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.secret_text import SecretPlace
from plugin_gateway.config.secrets import Secret, SecretSource, resolve


@given(st.text("abcdefgh0123456789", min_size=12))
def test_a_secret_never_shows(text: str) -> None:
    secret = Secret(text, SecretSource(env="API_KEY"))
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>30}",
        repr([secret]),
        repr({"k": secret}),
    ):
        assert text not in shown


def test_a_secret_can_be_revealed_and_compared() -> None:
    assert Secret("a").reveal() == "a"
    assert Secret("a") == Secret("a", SecretSource(env="X"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    with pytest.raises(TypeError):
        hash(Secret("a"))


def test_a_secret_can_go_to_a_worker() -> None:
    secret = Secret("a", SecretSource(env="X"))
    copy = pickle.loads(pickle.dumps(secret))
    assert copy == secret
    assert copy.source == secret.source


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    secret = resolve({"env": "KEY"}, environ={"KEY": "s"}, folder=tmp_path)
    assert (secret.reveal(), str(secret.source)) == ("s", "env KEY")


@pytest.mark.parametrize("content", [b"s", b"s\n", b"\xef\xbb\xbfs \r\n\n"])
def test_a_secret_file_is_relative_to_the_folder_and_surrounding_white_space_is_removed(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "key").write_bytes(content)
    secret = resolve({"file": "key"}, environ={}, folder=tmp_path)
    assert secret.reveal() == "s"
    assert secret.source.file == tmp_path / "key"
    assert str(secret.source) == f"file {tmp_path / 'key'}"


def test_a_secret_may_be_written_down(tmp_path: Path) -> None:
    secret = resolve({"value": "s"}, environ={}, folder=tmp_path)
    assert (secret.reveal(), str(secret.source)) == ("s", "gateway.yaml")


@pytest.mark.parametrize(
    ("source", "rule", "at"),
    [
        ("plain", "secret-source", ()),
        ({}, "exactly-one", ()),
        ({"env": "A", "file": "b"}, "exactly-one", ()),
        ({"evn": "A"}, "unknown-key", ("evn",)),
        ({"env": 3}, "wrong-type", ("env",)),
        ({"env": ""}, "wrong-type", ("env",)),
        ({"env": "MISSING"}, "secret-missing", ("env",)),
        ({"env": "EMPTY"}, "secret-empty", ("env",)),
        ({"env": "BREAK"}, "secret-unusable", ("env",)),
        ({"env": "NUL"}, "secret-unusable", ("env",)),
        ({"env": "SURROGATE"}, "secret-unusable", ("env",)),
        ({"file": "missing"}, "secret-missing", ("file",)),
        ({"file": "a\0b"}, "secret-missing", ("file",)),
        ({"file": "."}, "secret-missing", ("file",)),
        ({"file": "pipe"}, "secret-missing", ("file",)),
        ({"file": "large"}, "secret-unusable", ("file",)),
        ({"file": "two"}, "secret-unusable", ("file",)),
        ({"env": "TWO"}, "secret-unusable", ("env",)),
        ({"file": "binary"}, "secret-unusable", ("file",)),
        ({"file": "empty"}, "secret-empty", ("file",)),
        ({"value": "a\nb"}, "secret-unusable", ("value",)),
    ],
)
def test_a_source_that_gives_no_usable_secret_is_a_mistake_at_its_place(
    tmp_path: Path, source: dict[str, Any] | str, rule: str, at: tuple[str, ...]
) -> None:
    environ = {
        "EMPTY": " ",
        "BREAK": "top\r\nsecret",
        "NUL": "top\0secret",
        "SURROGATE": "\udcff",
        "TWO": "top\nsecret",
    }
    (tmp_path / "two").write_bytes(b"top\nsecret\n")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 70_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").write_bytes(b"\n")
    with pytest.raises(Mistake) as caught:
        resolve(source, environ=environ, folder=tmp_path)
    assert (caught.value.rule, caught.value.at) == (rule, at)
    assert "top" not in f"{caught.value.message}{caught.value.hint}"


def test_a_missing_variable_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="secret-missing") as caught:
        resolve({"env": "UPSTREAM_KEY"}, environ={"UPSTREAM_KEYS": "x"}, folder=tmp_path)
    assert "did you mean `UPSTREAM_KEYS`?" in caught.value.hint


def test_a_directory_in_place_of_a_secret_file_is_a_mistake_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    with pytest.raises(Mistake) as caught:
        resolve({"file": "secrets"}, environ={}, folder=tmp_path)
    assert caught.value.message == "`secrets` is a directory"
    assert "name the file in it" in caught.value.hint


def test_a_secret_has_only_characters_that_its_place_can_carry(tmp_path: Path) -> None:
    for place, header in ((SecretPlace.COOKIE, ""), (SecretPlace.FIELD, "X-Key")):
        with pytest.raises(Mistake) as caught:
            resolve({"env": "KEY"}, environ={"KEY": "X-Key: a;b"}, folder=tmp_path, place=place, header=header)
        assert (caught.value.rule, caught.value.at) == ("secret-unusable", ("env",))
