"""Hooks of mkdocs: pages that are files at the root of the repository, and links that lead out of docs/."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
PAGES = {
    "index.md": "README.md",
    "security.md": "SECURITY.md",
    "architecture.md": "ARCHITECTURE.md",
    "changelog.md": "CHANGELOG.md",
}
"""Pages of the site by their name, with the file at the root that each is made of."""
_LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs/."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point the links of a page to pages of the site; name a file of the repository that is no page."""
    folder = (
        Path(PAGES[page.file.src_uri]).parent if page.file.src_uri in PAGES else Path("docs", page.file.src_uri).parent
    )

    def linked(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        path = (ROOT / folder / target).resolve().relative_to(ROOT)
        site = next((name for name, source in PAGES.items() if Path(source) == path), "")
        if path.parts[:1] == ("docs",):
            site = "/".join(path.parts[1:])
            site += "/README.md" if (ROOT / path).is_dir() else ""
        if not site:
            return text if text.strip("`").rstrip("/") == str(path) else f"{text} (`{path}`)"
        up = "../" * (len(Path(page.file.src_uri).parts) - 1)
        return f"[{text}]({up}{site}{anchor})"

    return _LINK.sub(linked, markdown)
