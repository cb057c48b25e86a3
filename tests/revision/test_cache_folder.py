from pathlib import Path
from typing import Any

import pytest

from plugin_gateway.config.document_source import DocumentSource
from plugin_gateway.revision.cache_folder import cache_folder

URL = "https://h.example/openapi.json"


def folder(environ: dict[str, str], **source: Any) -> Path | None:
    return cache_folder(DocumentSource.parse({"source": URL, "refresh": "1h", **source}), environ)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"CACHE_DIRECTORY": "/a:/b", "XDG_CACHE_HOME": "/x"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/plugin-gateway")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "plugin-gateway"),
    ],
)
def test_the_folder_is_where_the_system_wants_it(environ: dict[str, str], found: Path) -> None:
    assert folder(environ) == found


def test_the_config_wins() -> None:
    assert folder({"CACHE_DIRECTORY": "/a"}, cache="/c") == Path("/c")


def test_no_copy_is_kept_unless_the_config_asks_for_it() -> None:
    assert folder({}, refresh="0") is None
    assert cache_folder(DocumentSource.parse({"source": "openapi.yaml"}), {}) is None


def test_a_user_without_a_home_has_the_folder_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert folder({}) == Path("/var/cache/plugin-gateway")
