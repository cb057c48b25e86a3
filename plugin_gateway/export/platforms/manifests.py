"""The manifest, as frameworks that still read the first kind of plugins load it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.export.platforms.rule import Breach, Platform, rule
from plugin_gateway.export.platforms.sources import LLAMAINDEX, RUN, SEMANTIC_KERNEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.export.candidate import Candidate


@rule("llamaindex-auth", f"{RUN} {LLAMAINDEX}", Platform.LLAMAINDEX)
def auth_none(candidate: Candidate) -> Iterator[Breach]:
    """LlamaIndex loads manifests without authentication only."""
    kind = _auth_type(candidate)
    if kind != "none":
        yield Breach(
            message=f"LlamaIndex raises a ValueError for a manifest with `auth: {{type: {kind}}}`",
            hint="write `auth: {type: none}`, or have agents use the MCP endpoint",
            pointer=("auth", "type"),
        )


@rule("semantic-kernel-auth", f"{RUN} {SEMANTIC_KERNEL}", Platform.SEMANTIC_KERNEL)
def auth_oauth(candidate: Candidate) -> Iterator[Breach]:
    """Semantic Kernel 0.9 loads manifests with OAuth or without authentication."""
    kind = _auth_type(candidate)
    if kind not in {"none", "oauth"}:
        yield Breach(
            message=f"Semantic Kernel 0.9 refuses a manifest with `auth: {{type: {kind}}}`",
            hint="write `auth: {type: none}` or `oauth`, or load `/openapi.json` with `add_plugin_from_openapi`",
            pointer=("auth", "type"),
        )


def _auth_type(candidate: Candidate) -> str:
    auth = candidate.manifest.get("auth")
    return str(auth.get("type")) if isinstance(auth, dict) else "none"


RULES: Final = (auth_none, auth_oauth)
