"""Fields that directories and registries show or read."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.published_fields import (
    DescriptionForHuman,
    DescriptionForModel,
    Email,
    Line,
    NameForHuman,
    NameForModel,
    OpenText,
    PackageName,
    Prose,
    RegistryName,
    RegistryProof,
)
from plugin_gateway.config.reader import MistakesError, read_as
from plugin_gateway.config.surroundings import Surroundings

POINT = "A" * 64 + "AA=="


def read(kind: Any, value: Any, **around: Any) -> Any:
    return read_as(kind, value, Surroundings(**around))


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (PackageName, "shop", "shop"),
        (PackageName, "a.b-c9", "a.b-c9"),
        (PackageName, "x" * 64, "x" * 64),
        (RegistryName, "com.example/shop_1", "com.example/shop_1"),
        (Line, " Shop ", "Shop"),
        (Prose, " a\nb ", "a\nb"),
        (OpenText, " token\n", "token"),
        (RegistryProof, f"v=MCPv1; k=ed25519; p={'A' * 43}=", f"v=MCPv1; k=ed25519; p={'A' * 43}="),
        (RegistryProof, f"v=MCPv1; k=ecdsap384; p={POINT}", f"v=MCPv1; k=ecdsap384; p={POINT}"),
    ],
)
def test_a_value_is_read(kind: Any, value: Any, kept: Any) -> None:
    assert read(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (PackageName, "Shop"),
        (PackageName, "a--b"),
        (PackageName, "a..b"),
        (PackageName, "a-"),
        (PackageName, "x" * 65),
        (PackageName, ""),
        (PackageName, 1),
        (RegistryName, "shop"),
        (RegistryName, "a/b/c"),
        (RegistryName, "a/" + "b" * 199),
        (Line, "a\nb"),
        (Line, " "),
        (Line, "\x1b[31m"),
        (Prose, "\n"),
        (OpenText, ""),
        (OpenText, "a\nb"),
        (OpenText, 1),
        (OpenText, {"env": "GONE"}),
        (RegistryProof, "v=MCPv1; k=ed25519; p=AAAA"),
        (RegistryProof, f"v=MCPv1; k=ed25519; p={'A' * 42}"),
        (RegistryProof, f"v=MCPv1; k=ed25519; p={POINT}"),
        (RegistryProof, "-----BEGIN PRIVATE KEY-----"),
    ],
    ids=map(str, count()),
)
def test_a_value_that_no_directory_takes_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(MistakesError):
        read(kind, value)


def test_a_text_comes_from_a_file_or_the_environment_and_its_file_is_watched(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    watched: list[Path] = []
    assert read(OpenText, {"file": "token"}, folder=tmp_path, on_file=watched.append) == "from-file"
    assert watched == [tmp_path / "token"]
    assert read(OpenText, {"env": "T"}, environ={"T": "from-env"}) == "from-env"


def test_a_missing_text_is_made_up_where_secrets_are_not_needed() -> None:
    assert read(OpenText, {"env": "GONE"}, needs_secrets=False).startswith("placeholder")
    assert read(RegistryProof, {"env": "GONE"}, needs_secrets=False)


@pytest.mark.parametrize(
    ("kind", "value", "rule"),
    [
        (Email, "nobody", "bad-email"),
        (NameForHuman, "x" * 21, "too-long"),
        (NameForHuman, " ", "empty"),
        (NameForModel, "x" * 51, "too-long"),
        (NameForModel, "a b", "bad-name"),
        (DescriptionForHuman, "x" * 101, "too-long"),
        (DescriptionForModel, "x" * 8001, "too-long"),
    ],
)
def test_a_text_of_the_manifest_that_clients_refuse_is_a_mistake(kind: Any, value: str, rule: str) -> None:
    with pytest.raises(MistakesError) as caught:
        read(kind, value)
    [(_, mistake)] = caught.value.found
    assert mistake.rule == rule
