import gc
from pathlib import Path

import pytest

from plugin_gateway.cli.reading import read, reading
from plugin_gateway.errors import DocumentError


def test_a_document_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("openapi: 3.1.0\npaths: {}\n")
    assert read(str(tmp_path / "a.yaml")).version == "3.1"


def test_garbage_collection_is_on_again_after_success_and_after_an_error() -> None:
    with reading("something"):
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(DocumentError):
        read("/nowhere")
    assert gc.isenabled()
