"""The page of a revision: whether the gateway shows people a page at `/`, and what is on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH
from plugin_gateway.publish.page import PAGE_PATH, PageLinks, build_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.config.model import Config
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.publish.face import Face

_READS: Final = frozenset({"GET", "HEAD"})


def compile_page(config: Config, faces: Mapping[str, Face], rules: Iterable[OperationRule]) -> Face | None:
    """Build the page, unless it is off or an allowed operation reads the same path.

    The manifest among the faces has its texts.
    """
    is_taken = any(rule.method in _READS and rule.path_template.partition("?")[0] == PAGE_PATH for rule in rules)
    if is_taken or not config.public.page:
        return None
    manifest: dict[str, Any] = json.loads(faces[MANIFEST_PATH].body)
    links = PageLinks(document=DOCUMENT_PATH, manifest=MANIFEST_PATH, mcp=config.mcp.path if config.mcp.is_on else "")
    return build_page(manifest, config.public_url, links)
