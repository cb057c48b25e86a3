"""The references of kept objects: the target of each is kept, too, and the reference gets the text that leads to it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.openapi.grammar import ObjectKind, components_at, is_reference, sections
from plugin_gateway.openapi.prune.broken import BrokenReferences
from plugin_gateway.openapi.prune.chains import Chains
from plugin_gateway.openapi.prune.hoist import Hoist, components_in
from plugin_gateway.openapi.prune.readings import Readings
from plugin_gateway.openapi.prune.subtypes import is_undefined_schema
from plugin_gateway.openapi.prune.targets import Landing, Place, Region, Targets, pointer_of
from plugin_gateway.openapi.refs import RefError, Tokens, to_ref, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, Json, JsonObject

    Copy = Callable[[ObjectKind, Json, Place, Json, str | int], None]
    """Copies an object of a kind, and the place that it has, into a holder under a key."""


class References:
    """Keeps what the references of one pruned document lead to, by asking for a copy of each target."""

    def __init__(
        self, document: Document, targets: Targets, extensions: Collection[str], copy: Copy, warnings: list[Finding]
    ) -> None:
        self.components: dict[str, JsonObject] = {}
        """The kept components by section and name, unordered."""
        self.is_alone = True
        """Whether each target is the same, whichever other operations are kept beside these."""
        self.hoisted = Hoist(document)
        """The components that the full document has in other places."""
        self._document = document
        self._targets = targets
        self._copy = copy
        self._sections = sections(document.version)
        self._readings = Readings(targets, extensions)
        self._chains = Chains(targets)
        self.broken = BrokenReferences(document, self._chains, warnings)
        self._texts: dict[tuple[ObjectKind, str], tuple[str | None, Tokens]] = {}

    def keep(self, unit: Tokens) -> None:
        """Keep the component at this place."""
        section, name = unit[-2:]
        kept = self.components.setdefault(section, {})
        if name not in kept:
            self._copy(self._sections[section], walk(self._document.root, unit), Region(unit), kept, name)

    def keep_target(self, kind: ObjectKind, ref: str, place: Place) -> tuple[str | None, Tokens]:
        """Keep the target of a reference.

        Return the reference's text in the pruned document and the target's place in the full one.

        The text is None if this version has no components for the target's kind. The place is empty for a broken reference.
        """
        if (known := self._texts.get((kind, ref))) is not None:
            return known
        try:
            landing = self._targets.land(ref, place, kind)
        except RefError as error:
            if not is_undefined_schema(self._document, kind, ref):
                self.broken.report(error, place)
                return None, ()
            self._texts[kind, ref] = ref, ()  # report each broken reference once
            self.broken.warn_of_schema(error, place)
            return ref, ()
        if (circle := self._chains.find_circle(kind, landing, ref)) is not None:
            self.broken.report(circle, place)
            return None, ()
        text = self._text(kind, landing, ref)
        if landing.tokens == pointer_of(ref):  # a plain pointer has the same target from every place
            self._texts[kind, ref] = text, landing.tokens
        return text, landing.tokens

    def _text(self, kind: ObjectKind, landing: Landing, ref: str) -> str | None:
        tokens = landing.tokens
        unit = self._targets.unit_of(tokens)
        own = self._targets.kept_kind(tokens)
        if own is not kind or unit != tokens or not landing.holds_as_written:
            self.is_alone = False
        # A reference to a component of another kind is a mistake in the document; a second component would not correct it. But
        # the reference needs a second component if its kind reads the same text differently.
        if own is kind or (unit == tokens and self._readings.agree(own, kind, landing)):
            if unit is not None:
                self.keep(unit)
            return ref if landing.holds_as_written else to_ref(tokens)
        return self.hoist(kind, landing)

    def hoist(self, kind: ObjectKind, landing: Landing) -> str | None:
        """Make a component of a target that the pruned document lacks, such as a schema under a denied path."""
        self.is_alone = False
        hoisted = self.hoisted.find(kind, landing.tokens)
        if hoisted is None and (hoisted := self.hoisted.give(kind, landing.tokens)) is not None:
            holder, key = self.components.setdefault(hoisted.section, {}), hoisted.name
            if hoisted.key is not None:
                holder[key] = {}
                holder, key = holder[key], hoisted.key
            self._copy(kind, landing.value, Region(landing.tokens, is_moved=True), holder, key)
        return hoisted and hoisted.text

    def followed(self, kind: ObjectKind, node: Json, place: Place) -> tuple[Json, Place]:
        """Return the last target of a chain of references, for kinds without components in this version."""
        seen: set[Tokens] = set()
        while is_reference(kind, node):
            try:
                landing = self._targets.land(node["$ref"], place, kind)
            except RefError as error:
                self.broken.report(error, (place, "$ref"))
                break
            if landing.tokens in seen:
                break  # a circle; `keep_target` has reported it
            seen.add(landing.tokens)
            node, place = landing.value, Region(landing.tokens, is_moved=True)
        return node, place

    def require_schemes(self, security: Json, place: Place) -> None:
        """Keep the security schemes that a list of requirements names. Undefined names are ignored."""
        section = next(name for name, kind in self._sections.items() if kind is ObjectKind.SECURITY_SCHEME)
        schemes = components_in(self._document, section)
        for requirement in security if isinstance(security, list) else ():
            for name in requirement if isinstance(requirement, dict) else ():
                if name in schemes:
                    self.keep((*components_at(self._document.version), section, name))
                elif name.startswith("#"):  # 3.2 also names schemes by URI
                    self._keep_scheme_at(name, place)

    def _keep_scheme_at(self, ref: str, place: Place) -> None:
        self.is_alone = False
        try:
            landing = self._targets.land(ref, place)
        except RefError:
            return
        if self._targets.kept_kind(landing.tokens) is ObjectKind.SECURITY_SCHEME:
            self.keep(landing.tokens)
