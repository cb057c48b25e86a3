"""The static files: the pages, styles and modules of the console, as they are in the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from plugin_gateway.publish.face import Face, build_face

FOLDER: Final = Path(__file__).parent / "static"
INDEX: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def static_files() -> dict[str, Face]:
    """Return each file by its path. A request is looked up here and never becomes a path of the file system."""
    return {
        path.relative_to(FOLDER).as_posix(): build_face(_MEDIA_TYPES[path.suffix], path.read_bytes())
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in _MEDIA_TYPES
    }
