import io
import sys
from types import SimpleNamespace

import pytest

from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.read import standard_input
from plugin_gateway.openapi.read.source import read_standard_input

ROOT = b'{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"$ref": "a.json"}}}'


def given(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_document_comes_over_standard_input_and_its_parts_from_where_we_are(monkeypatch, tmp_path):
    (tmp_path / "a.json").write_text('{"get": {"responses": {}}}')
    monkeypatch.chdir(tmp_path)
    given(monkeypatch, ROOT)
    assert [str(key) for key in read_standard_input().operations] == ["GET /a"]


def test_what_is_wrong_with_it_is_located_there(monkeypatch):
    given(monkeypatch, b"{")
    with pytest.raises(DocumentError, match="<stdin>"):
        read_standard_input()


def test_more_than_a_document_may_have_is_refused(monkeypatch):
    monkeypatch.setattr(standard_input, "MAX_BYTES", 10)
    given(monkeypatch, ROOT)
    with pytest.raises(DocumentError, match="standard input has more than"):
        read_standard_input()
