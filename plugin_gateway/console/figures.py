"""The figures of a gateway: how many operations it has, how large its document is, and how well it fits each platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_gateway.console.answer import shown_findings
from plugin_gateway.errors import ConfigError
from plugin_gateway.export.meters import meters_of
from plugin_gateway.export.platforms.rule import Platform
from plugin_gateway.publish.manifest import DOCUMENT_PATH
from plugin_gateway.reports.exporting import candidate_of
from plugin_gateway.reports.judged import judge_by_platform
from plugin_gateway.tools.tokens import tokens_of_size

if TYPE_CHECKING:
    from plugin_gateway.revision.build import Built


def size_of(built: Built | None) -> dict[str, int]:
    """Return the operations, the bytes and the tokens of what clients see."""
    if built is None:
        return {"operations": 0, "bytes": 0, "tokens": 0}
    size = len(built.revision.faces[DOCUMENT_PATH].body)
    return {"operations": len(built.revision.rules), "bytes": size, "tokens": tokens_of_size(size)}


def platforms_of(built: Built | None) -> list[dict[str, Any]]:
    """Return the meters and the findings of every platform; without a gateway, there are none."""
    if built is None:
        return []
    try:
        candidate = candidate_of(built, has_digest=False)
    except ConfigError as error:
        return [
            {"name": str(platform), "limits": [], "findings": shown_findings(error.findings)} for platform in Platform
        ]
    found = judge_by_platform(built, Platform, candidate)
    return [
        {
            "name": str(platform),
            "limits": [meter._asdict() for meter in meters],
            "findings": shown_findings(found[platform]),
        }
        for platform, meters in meters_of(candidate).items()
    ]
