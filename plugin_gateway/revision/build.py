"""Building: reads the files that the operator wrote and compiles them into a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from plugin_gateway.callers.compile import compile_callers
from plugin_gateway.config.find import find_config
from plugin_gateway.config.load import LoadedConfig, load, load_text
from plugin_gateway.config.remains import RefusedConfigError
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.openapi.read.source import awaited, read_document
from plugin_gateway.publish.logo import read_logo
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed, find_unlocked
from plugin_gateway.revision.catalogue import Catalogue
from plugin_gateway.revision.cleartext import find_secrets_in_clear
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.lock_file import load_lock, lock_path
from plugin_gateway.revision.named_files import (
    load_logo,
    load_users,
    or_placeholders,
    read_for_calls,
    unless_refused,
    users_path,
)
from plugin_gateway.revision.pinned import NOTHING_PINNED, Pinned
from plugin_gateway.revision.placing import place_in_document, place_warnings
from plugin_gateway.revision.stages import load_agreed, load_document
from plugin_gateway.revision.steps import WHOLE_DOCUMENT
from plugin_gateway.revision.tls_files import read_tls_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.config.model import Config
    from plugin_gateway.openapi.document import Document
    from plugin_gateway.revision.model import Revision
    from plugin_gateway.revision.stages import ReadDocument
    from plugin_gateway.revision.steps import CompileSteps

T = TypeVar("T")


class Built(Discreet, frozen=True, kw_only=True):
    """A revision, with the config and the document that it was built from."""

    HIDDEN = ("document", "stages", "logo")

    revision: Revision
    loaded: LoadedConfig
    document: Document
    stages: tuple[Document, ...] = ()
    """The API's own document, and the document after each overlay; the last is `document`."""
    agreed: Agreed = NOTHING_AGREED
    logo: bytes | None = None


def load_config(
    config: Path | None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    on_file: OnFile | None = None,
    needs_secrets: bool = True,
    text: str | None = None,
    in_one_report: bool = False,
) -> LoadedConfig:
    """Find the config and read it. `on_file` is called with the config and each file that it names, before each is read.

    `text` is the text of standard input, if that was read already. With `in_one_report`, a wrong config does not stop the
    reading of the document, so that one report has the mistakes of both.

    Raises:
        ConfigError: with every mistake found.
    """
    try:
        return _load(
            config, environ=environ, overrides=overrides, on_file=on_file, needs_secrets=needs_secrets, text=text
        )
    except RefusedConfigError as error:
        if not in_one_report:
            raise
        from plugin_gateway.revision.beside import completed  # noqa: PLC0415  # only a wrong config needs it

        # Without its overlays, the document may lack what the rest of the config names.
        is_document_whole = not any(finding.pointer and finding.pointer[0] == "openapi" for finding in error.findings)
        read: Callable[..., object] = build if is_document_whole else _read_without_list
        raise completed(error, lambda remains: read(remains, on_file=on_file)) from error


def _load(
    config: Path | None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None,
    on_file: OnFile | None,
    needs_secrets: bool,
    text: str | None,
) -> LoadedConfig:
    path = find_config(config, environ=environ, on_file=on_file)
    if text is not None:
        return load_text(
            text, path=path, environ=environ, overrides=overrides, on_file=on_file, needs_secrets=needs_secrets
        )
    return load(path, environ=environ, overrides=overrides, on_file=on_file, needs_secrets=needs_secrets)


def _read_without_list(loaded: LoadedConfig, *, on_file: OnFile | None) -> None:
    """Read all files that a config names, and judge everything but its lists.

    Raises:
        DocumentError: with every mistake found, in the config or in a file.
    """
    found: list[Finding] = []
    logo = unless_refused(load_logo, loaded, found)
    users, _ = read_for_calls(loaded, found)
    found = [*loaded.located([*found, *_of_config_alone(loaded, logo, users)])]
    try:
        load_document(loaded, on_file=on_file)
    except DocumentError as error:
        found += error.findings
    if any(finding.severity is Severity.ERROR for finding in found):
        raise DocumentError(found)


def build(
    loaded: LoadedConfig,
    *,
    number: int = 1,
    on_file: OnFile | None = None,
    pinned: Pinned = NOTHING_PINNED,
    keep_in: Path | None = None,
    read: ReadDocument = read_document,
    steps: CompileSteps = WHOLE_DOCUMENT,
) -> Built:
    """Read all files that a config names, and compile them.

    `pinned` comes from the previous revision of a running gateway; `keep_in` is the folder for the last good copy of the
    document. `read` reads the document; it may have read it before. `steps` does the work on the document.

    Raises:
        DocumentAwaitedError: the server of the document, or of a part that is needed, does not answer yet.
        ConfigError: the config does not fit the document, or the gateway cannot do what it asks for.
        DocumentError: the document cannot be read, or an allowed operation cannot be cut out of it.
    """
    found: list[Finding] = []
    lock_file, lock_found = lock_path(loaded.source_path), list[Finding]()
    lock = unless_refused(lambda _: load_lock(lock_file, on_file), loaded, lock_found)
    found += lock_found
    logo = unless_refused(load_logo, loaded, found)
    users, tls_files = read_for_calls(loaded, found)
    try:
        stages, agreed = load_agreed(loaded, lock, on_file=on_file, keep_in=keep_in, read=read)
        document = stages[-1]
    except DocumentError as error:
        found += _of_config_alone(loaded, logo, users)
        if not any(finding.severity is Severity.ERROR for finding in found):
            raise
        raise DocumentError([*loaded.warnings, *loaded.located(found), *error.findings]) from error
    found += agreed.findings
    if not lock_found:
        found += find_unlocked(loaded.config, agreed, Catalogue(document), lock_file.name)
    files: dict[str, Any] = {"logo": logo, "users": or_placeholders(loaded, users), "tls_files": tls_files}
    revision = _compile(
        loaded, document, number=number, found=found, pinned=pinned, agreed=agreed, steps=steps, **files
    )
    return Built(revision=revision, loaded=loaded, document=document, stages=stages, agreed=agreed, logo=logo)


def _compile(loaded: LoadedConfig, document: Document, **options: Any) -> Revision:
    """Compile, and give each finding its place in the document."""
    try:
        revision = compile_revision(loaded, document, **options)
    except DocumentError as error:
        placed = DocumentError(place_in_document(error.findings, document.name))
        raise awaited(placed) if document.is_awaited else placed from error
    except ConfigError as error:
        # Some of the findings may be about the document.
        raise ConfigError(place_in_document(error.findings, document.name)) from error
    return replace(revision, warnings=place_warnings(revision.warnings, document.name))


def recompile(built: Built, document: Document, config: Config | None = None) -> Revision:
    """Compile a built revision with another document, such as one without its last overlay, or also with another config.

    Raises:
        ConfigError: the config does not fit that document.
        DocumentError: an allowed operation cannot be cut out of it.
    """
    loaded = built.loaded if config is None else replace(built.loaded, config=config)
    return compile_revision(
        loaded,
        document,
        number=built.revision.number,
        logo=load_logo(loaded),
        users=load_users(loaded),
        tls_files=read_tls_files(loaded.config.upstream.tls)[0],
        pinned=built.revision.pinned,
        agreed=built.agreed,
    )


def _of_config_alone(loaded: LoadedConfig, logo: bytes | None, users: str | None) -> Iterator[Finding]:
    """Yield the findings about the config that do not depend on the document, for a document that cannot be read."""
    config = loaded.config
    yield from find_secrets_in_clear(config)
    try:
        read_logo(logo)
    except ConfigError as error:
        yield from error.findings
    if users is not None or users_path(loaded) is None:
        yield from compile_callers(config, users)[1]
