"""The material of the workshop: gateway.yaml, its lock and its document, as they were read and compiled last.

Each question reads the config again. The document is read and the config compiled again only if one of their files has changed.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import field

from plugin_gateway.config.find import STANDARD_INPUT, decode, find_config, read_content
from plugin_gateway.config.load import load_text
from plugin_gateway.config.remains import RefusedConfigError
from plugin_gateway.config.secrets import secrets_in
from plugin_gateway.console.known_document import KnownDocument
from plugin_gateway.console.mark import mark_of
from plugin_gateway.console.remembered import RememberedSteps
from plugin_gateway.diagnostics import Finding, Location
from plugin_gateway.discreet import Discreet
from plugin_gateway.errors import ConfigError, FindingsError
from plugin_gateway.reload.fingerprint import fingerprint
from plugin_gateway.revision.agreed import NOTHING_AGREED, Agreed
from plugin_gateway.revision.allowlist import select
from plugin_gateway.revision.beside import completed
from plugin_gateway.revision.build import Built, build
from plugin_gateway.revision.cache_folder import cache_folder
from plugin_gateway.revision.lock_file import load_lock, lock_path
from plugin_gateway.revision.stages import load_agreed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plugin_gateway.config.find import OnFile
    from plugin_gateway.config.load import LoadedConfig
    from plugin_gateway.openapi.document import Document, OperationKey
    from plugin_gateway.reload.outcome import Fingerprint
    from plugin_gateway.revision.kept import KeptOperation

_MOST_TEXTS: Final = 16


class MaterialReading(Discreet, frozen=True, kw_only=True, dict=True):
    """One state of the files: `loaded` is the valid part of the config, `findings` say why the gateway would refuse it."""

    HIDDEN = ("content", "mark_key", "text", "document", "agreed", "watched")

    path: Path | None
    content: bytes
    mark_key: bytes
    text: str
    loaded: LoadedConfig
    document: Document
    agreed: Agreed = NOTHING_AGREED
    built: Built | None = None
    findings: tuple[Finding, ...] = ()
    watched: Mapping[Path, Fingerprint] = field(default_factory=dict)

    @cached_property
    def base(self) -> str:
        """The mark of the content of gateway.yaml, which an edit names."""
        return mark_of(self.content, self.mark_key)

    @cached_property
    def kept(self) -> Mapping[OperationKey, KeptOperation]:
        """The operations that the config allows, even if it has mistakes."""
        config, agreed = self.loaded.config, self.agreed
        return select(self.document, config.allow, config.deny, agreed.pins(), agreed).kept

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The secrets in the config and in the sources that it names. A missing secret has a placeholder."""
        return tuple({one.reveal() for one in secrets_in(self.loaded.config)})

    @property
    def is_current(self) -> bool:
        return all(fingerprint(path) == before for path, before in self.watched.items())


class Material:
    """Reads and keeps the files of one gateway."""

    def __init__(
        self,
        config: Path | None,
        *,
        environ: Mapping[str, str],
        mark_key: bytes,
        overrides: Mapping[str, Any] | None = None,
        text: str | None = None,
        revision_file: str = "",
    ) -> None:
        """Take the arguments with which the gateway was started. `text` is the config if it came from standard input.

        `mark_key` is the key of the marks; see `mark_of`.
        """
        self._config = config
        self._revision_file = revision_file
        self._environ = environ
        self._mark_key = mark_key
        self._overrides = overrides or {}
        self._text = text
        self._known = KnownDocument()
        self._steps = RememberedSteps()
        self._reading: MaterialReading | None = None
        self._with_secrets: tuple[MaterialReading, Built] | None = None
        self._texts: dict[str, str] = {}

    def reading(self) -> MaterialReading:
        """Return the files as they are now.

        Raises:
            FindingsError: the part of the config that names the document is wrong, or the document cannot be read.
        """
        if self._revision_file:
            raise ConfigError([_without_document(self._revision_file)])
        watched: dict[Path, Fingerprint] = {}

        def on_file(path: Path) -> None:
            if (absolute := path.absolute()) not in watched:
                watched[absolute] = fingerprint(absolute)

        path = find_config(self._config, environ=self._environ, on_file=on_file)
        content, text = self._read(path)
        reading = self._reading
        if reading is not None and (reading.path, reading.content) == (path, content) and reading.is_current:
            return reading
        self._reading = None
        self._reading = reading = self._read_all(path, content, text, watched, on_file)
        self._remember(reading)
        return reading

    def text_of(self, base: str) -> str | None:
        """Return an earlier text of gateway.yaml by its mark; None if it is not remembered."""
        return self._texts.get(base)

    def load(
        self, text: str, path: Path | None, *, on_file: OnFile | None = None, needs_secrets: bool = False
    ) -> LoadedConfig:
        """Load a text as the config.

        Raises:
            ConfigError: with every mistake found.
        """
        return load_text(
            text,
            path=path,
            environ=self._environ,
            overrides=self._overrides,
            on_file=on_file,
            needs_secrets=needs_secrets,
        )

    def build(self, loaded: LoadedConfig, *, on_file: OnFile | None = None) -> Built:
        """Compile a config; the document is read only if it is another or has changed.

        Raises:
            FindingsError: the gateway would refuse it.
        """
        source = loaded.config.openapi
        self._known.refresh_s = source.refresh or 0.0
        keep_in = cache_folder(source, self._environ)
        return build(loaded, on_file=on_file, keep_in=keep_in, read=self._known.read, steps=self._steps)

    def build_with_secrets(self) -> Built:
        """Compile the config as it is now, with its real secrets.

        Raises:
            FindingsError: the gateway would refuse it, for example because a secret is missing.
        """
        reading = self.reading()
        if self._with_secrets is None or self._with_secrets[0] is not reading:
            self._with_secrets = reading, self.build(self.load(reading.text, reading.path, needs_secrets=True))
        return self._with_secrets[1]

    def _read(self, path: Path | None) -> tuple[bytes, str]:
        if path == STANDARD_INPUT:
            text = self._text or ""
            return text.encode(), text
        if path is None:
            return b"", ""
        content = read_content(path)
        return content, decode(content, path)

    def _read_all(
        self, path: Path | None, content: bytes, text: str, watched: dict[Path, Fingerprint], on_file: OnFile
    ) -> MaterialReading:
        findings: tuple[Finding, ...] = ()
        built: Built | None = None
        try:
            loaded = self.load(text, path, on_file=on_file)
        except RefusedConfigError as error:
            if error.remains is None:
                raise
            loaded = error.remains
            findings = completed(error, lambda remains: self.build(remains, on_file=on_file)).findings
        else:
            try:
                built = self.build(loaded, on_file=on_file)
            except FindingsError as error:
                findings = error.findings
        if built is not None:
            document, agreed = built.document, built.agreed
        else:
            document, agreed = self._document_of(loaded, on_file)
        return MaterialReading(
            path=path,
            content=content,
            mark_key=self._mark_key,
            text=text,
            loaded=loaded,
            document=document,
            agreed=agreed,
            built=built,
            findings=findings,
            watched=watched,
        )

    def _document_of(self, loaded: LoadedConfig, on_file: OnFile) -> tuple[Document, Agreed]:
        """Read the document of a config that cannot be compiled. A lock that cannot be read is ignored."""
        lock = None
        with suppress(ConfigError):
            lock = load_lock(lock_path(loaded.source_path))
        keep_in = cache_folder(loaded.config.openapi, self._environ)
        stages, agreed = load_agreed(loaded, lock, on_file=on_file, keep_in=keep_in, read=self._known.read)
        return stages[-1], agreed

    def _remember(self, reading: MaterialReading) -> None:
        self._texts.pop(reading.base, None)
        self._texts[reading.base] = reading.text
        while len(self._texts) > _MOST_TEXTS:
            del self._texts[next(iter(self._texts))]


def _without_document(file: str) -> Finding:
    return Finding(
        rule="no-document",
        message=f"the gateway serves {file}, which has neither the config nor the whole document",
        hint="run the console where the file is built: `plugin-gateway serve -c gateway.yaml --open`",
        location=Location(file),
    )
