from pathlib import Path

import pytest

from plugin_gateway.console import known_document
from plugin_gateway.console.known_document import KnownDocument
from plugin_gateway.openapi.document import Document
from tests.console.pets_place import Place


def test_a_document_is_read_again_only_if_its_file_has_changed(place: Place) -> None:
    known, seen = KnownDocument(), list[Path]()

    def read() -> Document:
        return known.read(str(place.document), headers={}, on_file=seen.append, keep_in=None)

    first = read()
    assert read() is first
    assert seen[0] == seen[-1]
    assert len(seen) > 1
    place.document.write_text(place.document.read_text() + "\n")
    assert read() is not first


def test_another_source_is_another_document(place: Place) -> None:
    known = KnownDocument()
    first = known.read(str(place.document), headers={}, on_file=None, keep_in=None)

    assert known.read(str(place.document), headers={"a": "b"}, on_file=None, keep_in=None) is not first


def test_a_document_at_a_url_is_read_again_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, known = [0.0], KnownDocument(refresh_s=10, clock=lambda: now[0])
    monkeypatch.setattr(known_document, "read_document", lambda *_, **__: Document(root={}, name="d"))

    def read() -> Document:
        return known.read("https://example.com/o", headers={}, on_file=None, keep_in=None)

    first = read()
    assert read() is first
    now[0] = 11
    assert read() is not first


def test_a_document_whose_parts_are_awaited_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    known = KnownDocument()
    monkeypatch.setattr(known_document, "read_document", lambda *_, **__: Document(root={}, name="d", is_awaited=True))

    first = known.read("https://example.com/o", headers={}, on_file=None, keep_in=None)
    assert known.read("https://example.com/o", headers={}, on_file=None, keep_in=None) is not first
