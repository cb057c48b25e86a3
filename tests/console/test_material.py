from pathlib import Path

import pytest

from plugin_gateway.console.mark import mark_of
from plugin_gateway.console.material import Material
from plugin_gateway.errors import ConfigError, DocumentError
from tests.console.pets_place import CONFIG, MARK_KEY, Place


def test_files_that_have_not_changed_are_not_read_again(place: Place) -> None:
    reading = place.material.reading()

    assert place.material.reading() is reading
    assert reading.base == mark_of(CONFIG.encode(), MARK_KEY)
    assert reading.built is not None


def test_another_config_is_compiled_with_the_document_that_is_known(place: Place) -> None:
    before = place.material.reading()
    place.write(CONFIG + "  - addPet\n")
    after = place.material.reading()

    assert after.document is before.document
    assert [str(key) for key in after.kept] == ["GET /pets", "POST /pets"]
    assert place.material.text_of(before.base) == CONFIG


def test_a_changed_document_is_read(place: Place) -> None:
    before = place.material.reading()
    place.document.write_text(place.document.read_text().replace("Pets,", "Animals,"))

    assert place.material.reading().document.root["info"]["title"] == "Animals"
    assert place.material.reading().document is not before.document


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (CONFIG + "  - noSuchPet\n", "unknown-operation"),
        (CONFIG + "nonsense: 1\n", "unknown-key"),
    ],
)
def test_the_valid_part_of_a_broken_config_is_kept_with_the_findings(place: Place, text: str, rule: str) -> None:
    place.write(text)
    reading = place.material.reading()

    assert reading.built is None
    assert rule in [one.rule for one in reading.findings]
    assert [str(key) for key in reading.kept] == ["GET /pets"]


def test_a_config_without_a_document_is_refused(place: Place) -> None:
    place.write("openapi: 3\n")
    with pytest.raises(ConfigError):
        place.material.reading()
    place.write(CONFIG)
    place.document.unlink()
    with pytest.raises(DocumentError):
        place.material.reading()


def test_only_a_call_needs_the_real_secrets(place: Place) -> None:
    place.write(CONFIG.replace("value: s3cret-value", "env: NOT_SET"))

    assert place.material.reading().built is not None
    with pytest.raises(ConfigError, match="NOT_SET"):
        place.material.build_with_secrets()


def test_a_build_with_secrets_is_kept_while_the_files_are_the_same(place: Place) -> None:
    assert place.material.build_with_secrets() is place.material.build_with_secrets()


def test_a_config_from_standard_input_is_the_given_text(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.config.parent)

    assert Material(Path("-"), environ={}, text=CONFIG, mark_key=b"key").reading().text == CONFIG


def test_a_revision_file_has_no_document() -> None:
    with pytest.raises(ConfigError, match="neither the config nor the whole document"):
        Material(None, environ={}, revision_file="revision.bin", mark_key=b"key").reading()


def test_few_earlier_texts_are_remembered(place: Place) -> None:
    first = place.material.reading().base
    for number in range(20):
        place.write(f"{CONFIG}# {number}\n")
        place.material.reading()

    assert place.material.text_of(first) is None
