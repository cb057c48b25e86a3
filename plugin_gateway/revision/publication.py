"""A publication: what clients see of a revision, which is its documents, manifest, tools and page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plugin_gateway import methods
from plugin_gateway.callers.compile import compile_security
from plugin_gateway.config.auth import NoAuth
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.errors import ConfigError
from plugin_gateway.export.well_known import build_well_known
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.faces import build_manifest_faces
from plugin_gateway.publish.logo import read_logo
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH, ManifestText, build_manifest
from plugin_gateway.publish.own_problems import ALWAYS, WITH_CALLERS, WITH_CAP, WITH_LIMITS
from plugin_gateway.publish.page import PAGE_PATH, PageLinks, build_page
from plugin_gateway.publish.security import build_metadata_faces, manifest_auth, security_schemes
from plugin_gateway.revision.mcp import compile_mcp
from plugin_gateway.shape.values.keywords import MCP_HEADER
from plugin_gateway.tools.tool_set import ToolSettings

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from plugin_gateway.admission.limits import CallLimits
    from plugin_gateway.config.model import Config
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.publish.face import Face
    from plugin_gateway.publish.security import Security
    from plugin_gateway.revision.allowed_part import AllowedPart
    from plugin_gateway.revision.kept import KeptOperation
    from plugin_gateway.revision.mcp import McpSettings
    from plugin_gateway.revision.steps import CompileSteps
    from plugin_gateway.tools.tool_set import ToolSet

_READS: Final = frozenset({"GET", "HEAD"})


class Publication(Struct, frozen=True, kw_only=True):
    """The documents, and everything made from them. The fields besides the faces and the page serve to cut consumers' views."""

    operations: Mapping[OperationKey, PublishedOperation]
    presentation: Presentation
    served: Document
    documents: Mapping[str, Face]
    """The faces of the document alone."""
    faces: Mapping[str, Face]
    tool_settings: Mapping[OperationKey, ToolSettings]
    tools: ToolSet
    mcp: McpSettings | None
    page: Face | None
    warnings: tuple[Finding, ...]
    """About the document."""
    notes: tuple[Finding, ...]
    """What each profile leaves out."""


def publish(
    config: Config,
    document: Document,
    part: AllowedPart,
    kept: Mapping[OperationKey, KeptOperation],
    gate: Gate,
    call_limits: CallLimits,
    logo: bytes | None,
    steps: CompileSteps,
) -> Publication:
    """Publish the allowed part of a document."""
    security = compile_security(config)
    operations, presentation = _operations(kept, gate), _presentation(config, security, call_limits)
    served, documents, warnings, notes, document_path = steps.show(part.document, operations, presentation)
    tool_settings = {
        key: ToolSettings(title=one.title or "", hints=one.hints, slashes=one.slashes) for key, one in kept.items()
    }
    tools = steps.define(served, tool_settings, is_searched=config.mcp.mode == "search")
    manifest, _ = manifest_faces(config, document, logo, security, document_path)
    faces = {
        **documents,
        **manifest,
        **build_well_known(config, manifest[MANIFEST_PATH].body, document.root.get("info")),
        **build_metadata_faces(security, config.public_url, (config.mcp.path,) if config.mcp.is_on else ()),
    }
    return Publication(
        operations=operations,
        presentation=presentation,
        served=served,
        documents=documents,
        faces=faces,
        tool_settings=tool_settings,
        tools=tools,
        mcp=compile_mcp(config, document, faces),
        page=compile_page(config, manifest, gate.rules),
        warnings=warnings,
        notes=notes,
    )


def manifest_faces(
    config: Config,
    document: Document,
    logo: bytes | None,
    security: Security,
    document_path: str = DOCUMENT_PATH,
) -> tuple[dict[str, Face], tuple[Finding, ...]]:
    """Build the manifest and its logo, which are the same for all consumers; return their faces and findings about them."""
    try:
        image = read_logo(logo)
    except ConfigError as error:
        return {}, error.findings
    written = config.manifest
    text = ManifestText(
        name_for_human=written.name_for_human or "",
        name_for_model=written.name_for_model or "",
        description_for_human=written.description_for_human or "",
        description_for_model=written.description_for_model or "",
        contact_email=written.contact_email or "",
        legal_info_url=written.legal_info_url or "",
    )
    info = document.root.get("info")
    manifest, findings = build_manifest(
        text,
        info if isinstance(info, dict) else {},
        config.public_url,
        logo_url=config.public_url + image.path,
        auth=manifest_auth(security),
        document_path=document_path,
    )
    return build_manifest_faces(manifest, image), findings


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


def _operations(kept: Mapping[OperationKey, KeptOperation], gate: Gate) -> dict[OperationKey, PublishedOperation]:
    rules = gate.rules_by_key
    return {
        key: PublishedOperation(
            operation_id=rules[key].operation_id,
            description=one.description or "",
            summary=one.summary or "",
            consequential=one.consequential,
            rule=rules[key],
        )
        for key, one in kept.items()
    }


def _presentation(config: Config, security: Security, call_limits: CallLimits) -> Presentation:
    return Presentation(
        public_url=config.public_url,
        version=config.public.openapi_version,
        # MCP clients read this extension of a parameter. It reveals nothing about the API.
        extensions=frozenset({*config.public.extensions, MCP_HEADER}),
        security_schemes=security_schemes(security),
        statuses=_statuses(config, call_limits),
    )


def _statuses(config: Config, call_limits: CallLimits) -> frozenset[int]:
    """Gather the statuses with which the gateway itself may answer any operation."""
    callers = WITH_CALLERS if not isinstance(config.auth, NoAuth) else frozenset()
    cap = frozenset() if config.limits.response_body is None else WITH_CAP
    return ALWAYS | callers | cap | (frozenset() if call_limits.is_empty else WITH_LIMITS)


def find_hidden_operations(
    kept: Mapping[OperationKey, KeptOperation], local_paths: Container[str]
) -> Iterator[Finding]:
    """Warn of allowed operations that the gateway never forwards, because it answers them itself."""
    for key, one in kept.items():
        if key.path in local_paths:
            message = f"`{key}` is never forwarded: the gateway serves its own {key.path} at that path"
        elif key.method == methods.PREFLIGHT:
            message = f"`{key}` is never forwarded: the gateway answers {methods.PREFLIGHT} itself"
        else:
            continue
        yield Finding(
            rule="hidden-operation",
            severity=Severity.WARNING,
            message=message,
            hint="remove the entry",
            pointer=("allow", one.entries[0].index),
        )
