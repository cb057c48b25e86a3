"""The remains of a config that is wrong: the parts of it that are right by themselves, to go on with a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from plugin_gateway.config.model import DocumentSource
from plugin_gateway.config.selector import AllowEntry, Selector
from plugin_gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plugin_gateway.config.fields import Surroundings
    from plugin_gateway.config.places import Places
    from plugin_gateway.diagnostics import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """Where the document is, and the entries of the lists; each entry knows at which index it is written."""

    openapi: DocumentSource
    allow: tuple[AllowEntry, ...]
    deny: tuple[Selector, ...]
    places: Places

    def located(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Yield the findings with a location for each that has a pointer into the config but none."""
        for finding in findings:
            is_placed = finding.location or finding.pointer is None
            yield finding if is_placed else finding.at(self.places.locate(finding.pointer or ()))


class RefusedConfigError(ConfigError):
    """The config is wrong; `remains` is what could be judged all the same, None where there is nothing."""

    def __init__(self, findings: Iterable[Finding], remains: Remains | None) -> None:
        super().__init__(findings)
        self.remains = remains


def remains_of(value: Any, around: Surroundings, places: Places) -> Remains | None:
    """Judge the document's place and each entry by itself."""
    if not isinstance(value, dict) or "openapi" not in value:
        return None
    try:
        openapi = DocumentSource.model_validate(value["openapi"], context=around)
    except ValidationError:
        return None
    return Remains(
        openapi=openapi,
        allow=tuple(_entries(value, "allow", TypeAdapter(AllowEntry), around)),
        deny=tuple(_entries(value, "deny", TypeAdapter(Selector), around)),
        places=places,
    )


def _entries(value: Mapping[str, Any], key: str, adapter: TypeAdapter[Any], around: Surroundings) -> Iterator[Any]:
    written = value.get(key)
    for index, entry in enumerate(written if isinstance(written, list) else []):
        try:
            yield adapter.validate_python(entry, context=around).numbered(index)
        except ValidationError:
            # Its mistakes are in the report already.
            continue
