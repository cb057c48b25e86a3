from typing import Any

import pytest

from plugin_gateway.config.document_source import DocumentSource
from plugin_gateway.config.reader import MistakesError


def mistake_of(written: Any) -> Any:
    with pytest.raises(MistakesError) as caught:
        DocumentSource.parse(written)
    [(_, mistake)] = caught.value.found
    return mistake


@pytest.mark.parametrize(("source", "is_url"), [("https://h/openapi.json", True), ("openapi.yaml", False)])
def test_a_source_may_be_one_text(source: str, is_url: bool) -> None:
    found = DocumentSource.parse(source)

    assert found.source == source
    assert found.is_url is is_url


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        (None, "for example `openapi: openapi.yaml`"),
        (True, "for example `openapi: openapi.yaml`"),
        (["a.yaml"], "write `openapi: a.yaml`"),
        (["a.yaml", "b.yaml"], "for example `openapi: openapi.yaml`"),
    ],
)
def test_another_type_is_a_mistake_that_shows_how_to_write_a_source(written: Any, hint: str) -> None:
    mistake = mistake_of(written)

    assert (mistake.rule, mistake.hint) == ("wrong-type", hint)


@pytest.mark.parametrize("version", [3.1, "3.0.3"])
def test_a_version_is_not_a_source(version: Any) -> None:
    assert mistake_of(version).message == "expected a file or URL, not a version"


@pytest.mark.parametrize("key", ["refresh", "cache"])
def test_only_a_url_is_refreshed_and_cached(key: str) -> None:
    written = {"source": "a.yaml", key: "1h"}

    mistake = mistake_of(written)

    assert (mistake.rule, mistake.at) == ("goes-together", (key,))
    DocumentSource.parse(written | {"source": "https://h/a.yaml"})
