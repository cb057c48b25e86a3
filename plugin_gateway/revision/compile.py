"""Compiling: turns a config and a document into a revision, and reports the mistakes of both together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from plugin_gateway.admission.compile import compile_bounds, compile_call_limits
from plugin_gateway.approvals.compile import compile_approvals
from plugin_gateway.callers.authentication import IntrospectionSettings
from plugin_gateway.callers.compile import compile_callers, compile_security
from plugin_gateway.config.secrets import secrets_in
from plugin_gateway.credentials.compile import compile_injections
from plugin_gateway.credentials.injection import injected_names, refusable
from plugin_gateway.diagnostics import Finding, Location, Severity
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.export.well_known import find_published_secrets
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.mount import mount_at
from plugin_gateway.gate.override import find_declared_overrides
from plugin_gateway.gate.refused_name import find_refused_names
from plugin_gateway.gate.required_name import find_required_names
from plugin_gateway.openapi.near_misses import find_near_misses
from plugin_gateway.openapi.prune.leaks import leaks_in_prose
from plugin_gateway.openapi.refs import split_pointer
from plugin_gateway.publish.page import PAGE_PATH
from plugin_gateway.publish.security import well_known_at_root
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.allowed_part import (
    choose_operations,
    cut_allowed_part,
    findings_without_broken,
    placed_rules,
)
from plugin_gateway.revision.carriers import find_carriers
from plugin_gateway.revision.cleartext import find_secrets_in_clear
from plugin_gateway.revision.collector import compile_collector, judge_collector
from plugin_gateway.revision.contradictions import find_contradictions
from plugin_gateway.revision.model import AuditSettings, LogSettings, Revision, holds_secrets
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.publication import find_hidden_operations, manifest_faces, publish
from plugin_gateway.revision.steps import WHOLE_DOCUMENT
from plugin_gateway.revision.tls_files import NO_TLS_FILES
from plugin_gateway.revision.upstream import compile_upstream, find_useless_fields
from plugin_gateway.revision.views import WholeView, compile_views
from plugin_gateway.shape.shape import NO_SHAPE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugin_gateway.callers.model import Callers
    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.config.model import Config
    from plugin_gateway.credentials.compile import Injections
    from plugin_gateway.gate.mount import Mount
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.kept import KeptOperation
    from plugin_gateway.revision.steps import CompileSteps
    from plugin_gateway.revision.tls_files import TlsFiles
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
    steps: CompileSteps = WHOLE_DOCUMENT,
) -> Revision:
    """Compile. Pure: `logo`, `users` and `tls_files` are the contents of the files that the config names, if it names them.

    `steps` does the work on the document; it may know parts of it from earlier compiles.
    `found` are the findings from reading these files; `pinned` comes from the previous revision of a running gateway; `agreed`
    is the lock, applied to this document.

    Raises:
        ConfigError: the config does not fit the document, or the gateway cannot do what it asks for.
        DocumentError: an allowed operation cannot be cut out of the document.
    """
    config = loaded.config
    pinned = agreed.pins(pinned)
    choice = choose_operations(config, document, pinned, agreed)
    kept = choice.kept
    callers, callers_findings = compile_callers(config, users)
    _, manifest_findings = manifest_faces(config, document, logo, compile_security(config))
    findings = [
        *loaded.warnings,
        *found,
        *find_secrets_in_clear(config),
        *choice.findings,
        *callers_findings,
        *manifest_findings,
        *(find_contradictions(document, kept, config.upstream.url) if config.upstream.servers == "check" else ()),
    ]
    near_misses = tuple(find_near_misses(document))
    try:
        part = cut_allowed_part(config, document, kept, steps)
    except DocumentError as error:
        findings += findings_without_broken(config, document, kept, steps)
        _raise_errors(loaded, findings, (*near_misses, *error.findings))
        raise
    injections, injection_findings = compile_injections(
        config, {part.ids[key]: entry for key, one in kept.items() if (entry := one.credential_entry) is not None}
    )
    call_limits, limit_findings = compile_call_limits(
        config, {part.ids[key]: one.rate for key, one in kept.items() if one.rate is not None}
    )
    approvals, approval_findings = compile_approvals(
        config, {str(key): one.entries[0].index for key, one in kept.items() if one.needs_approval}
    )
    other_secrets = _other_secrets(config, callers)
    is_searched = config.upstream.echoes == "possible" and holds_secrets(injections.every, other_secrets)
    findings += [
        *part.findings,
        *injection_findings,
        *limit_findings,
        *approval_findings,
        *judge_collector(config),
        *(find_useless_fields(config) if is_searched else ()),
        *find_published_secrets(config),
    ]
    _raise_errors(loaded, findings, near_misses)
    allowed = {key: _allowed(config, one, part.ids[key], injections, part.shapes.get(key)) for key, one in kept.items()}
    injected = injected_names(injections.every, is_searched=is_searched)
    gate = compile_gate(document, allowed, injected)
    refused = find_refused_names(document, allowed, injected, gate.rules_by_key, placed_rules(kept, part.shapes))
    _raise_errors(loaded, [*findings, *refused])
    published = publish(config, document, part, kept, gate, call_limits, logo, steps)
    mcp, page = published.mcp, published.page
    own_paths = {*published.faces, *callers.local_paths, *((mcp.path,) if mcp else ())}
    findings += find_hidden_operations(kept, own_paths)
    entries = {key: one.entries[0].index for key, one in kept.items()}
    findings += find_declared_overrides(
        document.operations, entries, gate.rules, {key: one.terms for key, one in allowed.items()}
    )
    findings += find_required_names(published.served, gate.rules_by_key, entries)
    findings += find_carriers(published.served, entries)
    views = compile_views(
        WholeView(
            document=document,
            part=part,
            allowed=allowed,
            injected=injected,
            gate=gate,
            published=published,
            steps=steps,
        ),
        [one.keys for one in choice.consumers],
        [consumer.name for consumer in config.consumers],
    )
    of_document: Iterable[Finding] = ()
    if steps.has_notes:
        leaks = leaks_in_prose(document, part.document, published.served, kept)
        doubts = [*part.document.warnings, *part.mended, *published.warnings, *leaks]
        of_document = *document.warnings, *_of_document(document, near_misses), *_of_document(document, doubts)
    return Revision(
        number=number,
        public_url=config.public_url,
        mount=_mount(config, published.faces),
        gate=gate,
        rules=gate.rules,
        faces=published.faces,
        page=page,
        upstream=compile_upstream(config, tls_files),
        read_injection=injections.read,
        write_injection=injections.write,
        operation_injections=injections.operations,
        other_secrets=other_secrets,
        limits=compile_bounds(config),
        cors_origins=config.cors,
        operations_total=len(document.operations),
        callers=callers,
        call_limits=call_limits,
        approvals=approvals,
        mcp=mcp,
        tools=published.tools,
        views=views,
        log=LogSettings(format=config.log.format, level=config.log.level),
        audit=_audit(config),
        otel=compile_collector(config, own_paths | {PAGE_PATH} if page is not None else own_paths),
        warnings=(*loaded.located(findings), *of_document),
        notes=_of_document(document, published.notes),
        pinned=choice.pinned,
        held=tuple(choice.held(config)),
        drifted=agreed.drifted,
    )


def _mount(config: Config, faces: Iterable[str]) -> Mount | None:
    if config.public.path_stripped:
        return None
    return mount_at(config.public_path, well_known_at_root(faces, config.public_url))


def _audit(config: Config) -> AuditSettings | None:
    audit = config.audit
    return AuditSettings(file=str(audit.file), values=frozenset(audit.values)) if audit else None


def _allowed(
    config: Config, one: KeptOperation, operation_id: str, injections: Injections, shape: Shape | None
) -> AllowedOperation:
    hides_refusals = config.upstream.unauthorized == "refuse"
    injected = injections.of(operation_id, one.operation.key.method)
    pointers = config.upstream.links if one.links is None else one.links
    return AllowedOperation(
        operation_id=operation_id,
        slashes=one.slashes,
        credential=refusable(injected) if hides_refusals else "",
        links=tuple(split_pointer(pointer) for pointer in pointers),
        shape=replace(shape or NO_SHAPE, needs_approval=True) if one.needs_approval else shape,
        terms=one.terms,
    )


def _raise_errors(loaded: LoadedConfig, findings: Iterable[Finding], of_document: Iterable[Finding] = ()) -> None:
    """Raise if the findings include an error. The warnings go with it, because they may explain the error."""
    findings = tuple(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        placed = (one if one.location else one.at(loaded.locate(())) for one in loaded.located(findings))
        raise ConfigError([*placed, *of_document])


def _of_document(document: Document, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Locate findings whose pointers lead into the document at the document's name."""
    return tuple(finding if finding.location else finding.at(Location(document.name)) for finding in findings)


def _other_secrets(config: Config, callers: Callers) -> tuple[str, ...]:
    """The secrets that the gateway sends to other servers. Callers' keys are not sent, and are kept as hashes."""
    sent = [secret.reveal() for secret in secrets_in((config.openapi, config.upstream, config.limits, config.otel))]
    judge = callers.authentication.judge if callers.authentication is not None else None
    if isinstance(judge, IntrospectionSettings) and judge.client_secret:
        sent.append(judge.client_secret)
    return (*sent, *filter(None, map(_password_in, sent)))


def _password_in(secret: str) -> str:
    """The password in a secret that is a URL, such as the URL of Redis; empty if there is none."""
    try:
        return unquote(urlsplit(secret).password or "")
    except ValueError:
        return ""
