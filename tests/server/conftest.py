from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.pets import CONFIG, DOCUMENT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the path of the pets' gateway.yaml, with the document beside it."""
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    return tmp_path / "gateway.yaml"
