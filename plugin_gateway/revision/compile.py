"""Compiling: turns a config and a document into a revision, and reports the mistakes of both together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_gateway import methods
from plugin_gateway.admission.compile import compile_bounds, compile_call_limits
from plugin_gateway.approvals.compile import compile_approvals
from plugin_gateway.callers.authentication import IntrospectionSettings
from plugin_gateway.callers.compile import compile_callers, compile_security
from plugin_gateway.config.auth import NoAuth
from plugin_gateway.config.secrets import secrets_in
from plugin_gateway.credentials.compile import compile_injections
from plugin_gateway.credentials.injection import injected_names, refusable
from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.export.well_known import build_well_known, find_published_secrets
from plugin_gateway.gate.gate import Allowed, compile_gate
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.override import find_declared_overrides
from plugin_gateway.gate.refused_name import PlacedRule, find_refused_names
from plugin_gateway.openapi.prune.leaks import leaks_in_prose
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.faces import build_manifest_faces
from plugin_gateway.publish.logo import read_logo
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH, ManifestText, build_manifest
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.publish.own_problems import ALWAYS, WITH_CALLERS, WITH_CAP, WITH_LIMITS
from plugin_gateway.publish.page import PAGE_PATH
from plugin_gateway.publish.security import build_metadata_faces, manifest_auth, security_schemes, well_known_at_root
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.cleartext import find_secrets_in_clear
from plugin_gateway.revision.collector import compile_collector, judge_collector
from plugin_gateway.revision.contradictions import find_contradictions
from plugin_gateway.revision.mcp import compile_mcp
from plugin_gateway.revision.model import AuditSettings, LogSettings, Revision, holds_secrets
from plugin_gateway.revision.page import compile_page
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.steps import ANEW
from plugin_gateway.revision.tls_files import NO_TLS_FILES
from plugin_gateway.revision.upstream import compile_upstream, find_useless_fields
from plugin_gateway.revision.views import Whole, choose_for_consumers, compile_views
from plugin_gateway.shape.extensions import extensions_to_keep
from plugin_gateway.shape.keywords import MCP_HEADER
from plugin_gateway.shape.settings import OperationSettings
from plugin_gateway.shape.shape import NO_SHAPE
from plugin_gateway.tools.tool_set import ToolSettings

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from plugin_gateway.admission.limits import CallLimits
    from plugin_gateway.callers.model import Callers
    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.config.model import Config
    from plugin_gateway.credentials.compile import Injections
    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.publish.face import Face
    from plugin_gateway.publish.security import Security
    from plugin_gateway.revision.allowlist import Selection
    from plugin_gateway.revision.kept import Kept
    from plugin_gateway.revision.steps import Steps
    from plugin_gateway.revision.tls_files import TlsFiles
    from plugin_gateway.revision.views import Chosen
    from plugin_gateway.shape.names import Key
    from plugin_gateway.shape.shape import Shape


def compile_revision(
    loaded: LoadedConfig,
    document: Document,
    *,
    number: int,
    logo: bytes | None = None,
    users: str | None = None,
    tls_files: TlsFiles = NO_TLS_FILES,
    found: Iterable[Finding] = (),
    pinned: Pinned = NOTHING_PINNED,
    agreed: Agreed = NOTHING_AGREED,
    steps: Steps = ANEW,
) -> Revision:
    """Compile. Pure: `logo`, `users` and `tls_files` are the contents of the files that the config names, if it names them.

    `steps` does the work on the document; it may know parts of it from earlier compiles.
    `found` are the findings from reading these files; `pinned` comes from the previous revision of a running gateway; `agreed` is
    the lock, applied to this document.

    Raises:
        ConfigError: the config does not fit the document, or the gateway cannot do what it asks for.
        DocumentError: an allowed operation cannot be cut out of the document.
    """
    config = loaded.config
    pinned = agreed.pins(pinned)
    selection = select(document, config.allow, config.deny, pinned, agreed)
    findings = [*loaded.warnings, *found, *find_secrets_in_clear(config), *selection.findings]
    callers, callers_findings = compile_callers(config, users)
    security = compile_security(config)
    manifest_faces, manifest_findings = _manifest_faces(config, document, logo, security)
    findings += [*callers_findings, *manifest_findings]
    kept = selection.kept
    if config.upstream.servers == "check":
        findings += find_contradictions(document, kept, config.upstream.url)
    chosen = choose_for_consumers(document, kept, config.consumers, pinned, agreed)
    findings += [finding for one in chosen for finding in one.findings]
    extensions = extensions_to_keep(config.public.extensions)
    try:
        pruned, mended_findings = steps.prune(
            document, kept, extensions=extensions, discriminator=config.public.discriminator
        )
    except DocumentError as error:
        _raise_errors(loaded, findings, error.findings)
        raise
    shaped = steps.shape(pruned, _shape_settings(config, kept), extensions)
    pruned = shaped.document
    findings += shaped.findings
    wanted = {key: one.operation_id for key, one in kept.items() if one.operation_id}
    ids = assign_operation_ids(pruned, wanted)
    own = {ids[key]: entry for key, one in kept.items() if (entry := one.credential_entry) is not None}
    injections, injection_findings = compile_injections(config, own)
    rates = {ids[key]: one.rate for key, one in kept.items() if one.rate is not None}
    call_limits, limit_findings = compile_call_limits(config, rates)
    held = {str(key): one.entries[0].index for key, one in kept.items() if one.needs_approval}
    approvals, approval_findings = compile_approvals(config, held)
    other_secrets = _other_secrets(config, callers)
    is_searched = config.upstream.echoes == "possible" and holds_secrets(injections.every, other_secrets)
    findings += [*injection_findings, *limit_findings, *approval_findings, *judge_collector(config)]
    findings += find_useless_fields(config) if is_searched else ()
    findings += find_published_secrets(config)
    _raise_errors(loaded, findings)
    allowed = {key: _allowed(config, one, ids[key], injections, shaped.shapes.get(key)) for key, one in kept.items()}
    injected = injected_names(injections.every, is_searched=is_searched)
    gate = compile_gate(document, allowed, injected)
    refused = [*find_refused_names(document, allowed, injected, gate.rules_by_key, _placed_rules(kept, shaped.shapes))]
    _raise_errors(loaded, [*findings, *refused])
    published, presentation = _published(kept, gate), _presentation(config, security, call_limits)
    served, document_faces, served_findings, notes, document_path = steps.show(pruned, published, presentation)
    tool_settings = {
        key: ToolSettings(title=one.title or "", hints=one.hints, slashes=one.slashes) for key, one in kept.items()
    }
    tools = steps.define(served, tool_settings, is_searched=config.mcp.mode == "search")
    if document_path != DOCUMENT_PATH:
        manifest_faces, _ = _manifest_faces(config, document, logo, security, document_path)
    faces = {
        **document_faces,
        **manifest_faces,
        **build_well_known(config, manifest_faces[MANIFEST_PATH].body, document.root.get("info")),
        **build_metadata_faces(security, config.public_url, (config.mcp.path,) if config.mcp.is_on else ()),
    }
    mcp = compile_mcp(config, document, faces)
    own_paths = {*faces, *callers.local_paths, *((mcp.path,) if mcp else ())}
    findings += _hidden_operations(kept, own_paths)
    page = compile_page(config, manifest_faces, gate.rules)
    entries = {key: one.entries[0].index for key, one in kept.items()}
    findings += find_declared_overrides(document.operations, entries, gate.rules)
    whole = Whole(
        document=document,
        pruned=pruned,
        allowed=allowed,
        injected=injected,
        published=published,
        presentation=presentation,
        tool_settings=tool_settings,
        extensions=extensions,
        gate=gate,
        faces=document_faces,
        tools=tools,
        steps=steps,
    )
    views = compile_views(whole, [one.keys for one in chosen], [consumer.name for consumer in config.consumers])
    of_document: list[Finding] = []
    if steps.has_notes:
        leaks = leaks_in_prose(document, pruned, kept)
        of_document = [
            *document.warnings,
            *_of_document(document, [*pruned.warnings, *mended_findings, *served_findings, *leaks]),
        ]
    target, limits = compile_upstream(config, tls_files), compile_bounds(config)
    return Revision(
        number=number,
        public_url=config.public_url,
        mount=None
        if config.public.path_stripped
        else mount_at(config.public_path, well_known_at_root(faces, config.public_url)),
        gate=gate,
        rules=gate.rules,
        faces=faces,
        page=page,
        upstream=target,
        read_injection=injections.read,
        write_injection=injections.write,
        operation_injections=injections.operations,
        other_secrets=other_secrets,
        limits=limits,
        cors_origins=config.cors,
        operations_total=len(document.operations),
        callers=callers,
        call_limits=call_limits,
        approvals=approvals,
        mcp=mcp,
        tools=tools,
        views=views,
        log=LogSettings(format=config.log.format, level=config.log.level),
        audit=AuditSettings(file=str(config.audit.file), values=frozenset(config.audit.values))
        if config.audit
        else None,
        otel=compile_collector(config, own_paths | {PAGE_PATH} if page is not None else own_paths),
        warnings=(
            *loaded.located(findings),
            *of_document,
        ),
        notes=_of_document(document, notes),
        pinned=Pinned(
            {**selection.pinned.entries, **{words: keys for one in chosen for words, keys in one.pins.items()}}
        ),
        held=tuple(_held(selection, config, chosen)),
        drifted=agreed.drifted,
    )


def _shape_settings(config: Config, kept: Mapping[OperationKey, Kept]) -> dict[OperationKey, OperationSettings]:
    """Gather the settings that shape the calls of each operation; an operation without such settings is left out."""
    check = config.validate_
    settings = {
        key: OperationSettings(
            entry=one.entries[0].index,
            parameters=one.parameters,
            origins=one.origins,
            replaced_texts=one.replaced_texts,
            request=one.request,
            request_origins=one.request_origins,
            request_of_groups=one.request_of_groups,
            response=one.response,
            response_origins=one.response_origins,
            validates_request=check.request,
            validates_response=check.response,
        )
        for key, one in kept.items()
    }
    return {key: one for key, one in settings.items() if not one.is_nothing}


def _placed_rules(
    kept: Mapping[OperationKey, Kept], shapes: Mapping[OperationKey, Shape]
) -> dict[tuple[OperationKey, Key], PlacedRule]:
    """Return the place in gateway.yaml of the rule for each parameter that a shape changes."""
    return {
        (key, (place, name)): PlacedRule(
            ("allow", kept[key].origins[word, ""], "parameters", word), only_hides=rule.hidden
        )
        for key, shape in shapes.items()
        for place, name in shape.names.closed | shape.names.guarded
        for word, rule in kept[key].parameters.items()
        if word in (name, f"{place}:{name}") or (place == "header" and word.lower() in (name, f"header:{name}"))
    }


def _held(selection: Selection, config: Config, chosen: Sequence[Chosen]) -> Iterator[str]:
    """Name the operations that the document added to groups, for the operator."""
    yield from map(str, selection.held)
    for consumer, one in zip(config.consumers, chosen, strict=True):
        yield from (f"{key} (consumer {consumer.name})" for key in one.held)


def _allowed(config: Config, one: Kept, operation_id: str, injections: Injections, shape: Shape | None) -> Allowed:
    hides_refusals = config.upstream.unauthorized == "refuse"
    injected = injections.of(operation_id, one.operation.key.method)
    pointers = config.upstream.links if one.links is None else one.links
    return Allowed(
        operation_id=operation_id,
        slashes=one.slashes,
        credential=refusable(injected) if hides_refusals else "",
        links=tuple(_tokens(pointer) for pointer in pointers),
        shape=replace(shape or NO_SHAPE, needs_approval=True) if one.needs_approval else shape,
    )


def _tokens(pointer: str) -> tuple[str, ...]:
    """Return the tokens of a JSON pointer (RFC 6901, 4)."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def _raise_errors(loaded: LoadedConfig, findings: Iterable[Finding], of_document: Iterable[Finding] = ()) -> None:
    """Raise if the findings include an error. The warnings go with it, because they may explain the error."""
    findings = tuple(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        placed = (one if one.location else one.at(loaded.locate(())) for one in loaded.located(findings))
        raise ConfigError([*placed, *of_document])


def _of_document(document: Document, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Locate findings whose pointers lead into the document at the document's name."""
    return tuple(finding if finding.location else finding.at(Location(document.name)) for finding in findings)


def _manifest_faces(
    config: Config,
    document: Document,
    logo: bytes | None,
    security: Security,
    document_path: str = DOCUMENT_PATH,
) -> tuple[dict[str, Face], tuple[Finding, ...]]:
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


def _published(kept: Mapping[OperationKey, Kept], gate: Gate) -> dict[OperationKey, PublishedOperation]:
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


def _hidden_operations(kept: Mapping[OperationKey, Kept], local_paths: Container[str]) -> Iterator[Finding]:
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


def _other_secrets(config: Config, callers: Callers) -> tuple[str, ...]:
    """The secrets that the gateway sends to other servers. Callers' keys are not sent, and are kept as hashes."""
    sent = [secret.reveal() for secret in secrets_in((config.openapi, config.upstream, config.limits, config.otel))]
    judge = callers.authentication.judge if callers.authentication is not None else None
    if isinstance(judge, IntrospectionSettings) and judge.client_secret:
        sent.append(judge.client_secret)
    return tuple(sent)
