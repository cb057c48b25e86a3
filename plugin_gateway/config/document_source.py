"""A document source: `openapi` of gateway.yaml, which says where the full document is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import field

from plugin_gateway.config.fields import URL_PATTERN, Duration, HeaderSecret, InjectedHeader, ToTuple, is_url
from plugin_gateway.config.mistake import Mistake
from plugin_gateway.config.path_fields import SOURCE_SCHEMA, FilePath, FolderPath, SourceText
from plugin_gateway.config.record import Record, given

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class DocumentSource(Record):
    """Where the full OpenAPI document is."""

    example: ClassVar[str] = "{source: openapi.yaml}"
    other_words: ClassVar[dict[str, str]] = dict.fromkeys(
        ("file", "url", "path", "document", "spec", "location", "uri", "src"), "source"
    )

    short_form: ClassVar[dict[str, Any] | None] = SOURCE_SCHEMA
    between: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {"if": given(key), "then": {"properties": {"source": {"pattern": URL_PATTERN}}}} for key in ("refresh", "cache")
    )

    source: SourceText
    """A file, or an http or https URL.
    Example: `source: openapi.yaml`"""
    refresh: Duration | None = None
    """How often `serve` looks for a new version of a document at a URL, give or take a tenth. It asks by ETag. If the
    server fails, the gateway asks again after 1, 2, 4 … seconds, up to this interval. Meanwhile it uses the last good
    copy, which it keeps on disk for the next start, too.
    Example: `source: https://api.example.com/openapi.json, refresh: 1h`"""
    cache: FolderPath | None = None
    """The folder for the last good copy; by default `$CACHE_DIRECTORY`, as systemd sets it, or
    `$XDG_CACHE_HOME/plugin-gateway`, or `~/.cache/plugin-gateway`.
    Example: `source: https://api.example.com/openapi.json, cache: /var/cache/gateway`"""
    headers: dict[InjectedHeader, HeaderSecret] = field(default_factory=dict)
    """Header fields to send when the gateway fetches the document.
    Example: `headers: {X-Api-Key: {env: DOCUMENT_KEY}}`"""
    overlays: Annotated[tuple[FilePath, ...], ToTuple] = ()
    """OpenAPI Overlays to apply to it, in this order.
    Example: `overlays: [overlay.yaml]`"""

    @classmethod
    def expand(cls, value: Any) -> Any:
        if value is None or isinstance(value, bool | list):
            named = value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else ""
            hint = f"write `openapi: {named}`" if named else "for example `openapi: openapi.yaml`"
            raise Mistake("wrong-type", "expected a file or URL", got=value, hint=hint)
        if isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"[1-3](\.[0-9]+){1,2}", value)):
            hint = "for example `openapi: openapi.yaml`; the gateway reads the version from the document"
            raise Mistake("wrong-type", "expected a file or URL, not a version", got=value, hint=hint)
        return {"source": value} if isinstance(value, str) else value

    @classmethod
    def mistakes(cls, written: Mapping[str, Any]) -> Iterator[Mistake]:
        source = written.get("source")
        for key in ("refresh", "cache"):
            if written.get(key) and isinstance(source, str) and not is_url(source):
                hint = "leave it out: `serve` watches files"
                yield Mistake("goes-together", f"`{key}` needs a document at a URL", hint=hint, at=(key,), on_key=True)

    @property
    def is_url(self) -> bool:
        return is_url(self.source)
