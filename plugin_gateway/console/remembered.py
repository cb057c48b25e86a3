"""Remembered steps: a compile that repeats only the work on operations that have changed since earlier compiles.

The kept operations are divided into parts, by their paths. The result of a step for one part depends on that part alone. If the
document is unusual, it does not, and the step runs again for the whole document. A person who ticks an operation in the console
adds a part of one path to parts that are known.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from plugin_gateway.console.known_part import KeysByPath, KnownPart, ServedPart, are_alike, are_within_limit
from plugin_gateway.errors import DocumentError
from plugin_gateway.openapi.document import Document
from plugin_gateway.openapi.prune.joined import component_places, component_sections, join
from plugin_gateway.openapi.prune.pruned import prune_alone
from plugin_gateway.publish.document import build_served_document
from plugin_gateway.publish.faces import build_document_faces
from plugin_gateway.publish.own_problems import declaring
from plugin_gateway.revision.steps import CompileSteps
from plugin_gateway.shape.compile import ShapedDocument
from plugin_gateway.tools.define import finish
from plugin_gateway.tools.tool_set import ToolSet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Literal

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Json, JsonObject, OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.faces import DocumentFaces
    from plugin_gateway.shape.settings import OperationSettings
    from plugin_gateway.tools.tool import Tool
    from plugin_gateway.tools.tool_set import ToolSettings

_MOST_PARTS: Final = 64
_MOST_NEW: Final = 16
"""The most parts for operations that no earlier compile has seen."""
_MOST_SHARED: Final = 3
"""The most new parts to which a component may belong, on average."""
_FEW: Final = 1_000
"""Up to this many components in new parts, the average does not matter."""
_PLACES_IN_2_0: Final = {
    "schemas": "definitions",
    "responses": "responses",
    "parameters": "parameters",
    "requestBodies": "parameters",
    "securitySchemes": "securityDefinitions",
}


class _JoinedParts(NamedTuple):
    """A pruned document, the parts that were joined into it, and the served documents made of them, by their identity."""

    document: Document
    parts: tuple[KnownPart, ...]
    served: dict[int, tuple[Document, tuple[ServedPart, ...]]]


class RememberedSteps(CompileSteps):
    """Remembers the steps of the last compiles of one document."""

    has_notes = False

    def __init__(self) -> None:
        self._source: Document | None = None
        self._settings: tuple[object, ...] = ()
        self._parts: list[KnownPart] = []
        """The last used is the last."""
        self._components: dict[tuple[str, str], Json] = {}
        """The components of the parts. Equal components are one object."""
        self._is_entangled = False
        """Whether most components belong to most operations: then parts save nothing."""
        self._joined: _JoinedParts | None = None

    def prune(
        self,
        document: Document,
        kept: Collection[OperationKey],
        *,
        extensions: Collection[str],
        discriminator: Literal["follow", "trim"],
    ) -> tuple[Document, tuple[Finding, ...]]:
        self._joined = None
        if self._source is not document or self._settings != (extensions, discriminator):
            self._source, self._settings = document, (extensions, discriminator)
            self._parts, self._components, self._is_entangled = [], {}, False
        cut = partial(prune_alone, document, extensions=extensions, discriminator=discriminator)
        parts = self._parts_of(kept, cut)
        root = None
        if parts and all(part.pruned for part in parts) and are_within_limit(part.effort for part in parts):
            root = join([part.document.root for part in parts], document.root, document.version)
        if root is None:
            return super().prune(document, kept, extensions=extensions, discriminator=discriminator)
        pruned = Document(root=root, name=document.name)
        self._joined = _JoinedParts(pruned, parts, {})
        return pruned, ()

    def shape(
        self, pruned: Document, settings: Mapping[OperationKey, OperationSettings], extensions: Collection[str]
    ) -> ShapedDocument:
        joined = self._joined
        if joined is not None and pruned is joined.document and all(one.only_validates for one in settings.values()):
            shaped = [part.shaped(settings, extensions) for part in joined.parts]
            # The findings have the order of the operations, which lie in several parts.
            if sum(bool(one.findings) for one in shaped) <= 1:
                shapes = {key: shape for one in shaped for key, shape in one.shapes.items()}
                return ShapedDocument(
                    document=pruned,
                    shapes={key: shapes[key] for key in settings if key in shapes},
                    findings=tuple(finding for one in shaped for finding in one.findings),
                )
        return super().shape(pruned, settings, extensions)

    def show(
        self, pruned: Document, operations: Mapping[OperationKey, PublishedOperation], presentation: Presentation
    ) -> DocumentFaces:
        build = build_served_document
        if self._joined is not None and pruned is self._joined.document:
            build = partial(_serve, self._joined)
        return build_document_faces(pruned, operations, presentation, has_notes=False, build=build)

    def define(self, served: Document, settings: Mapping[OperationKey, ToolSettings], *, is_searched: bool) -> ToolSet:
        known = self._joined.served.get(id(served)) if self._joined is not None else None
        if known is None:
            return super().define(served, settings, is_searched=is_searched)

        def build() -> tuple[Tool, ...]:
            drafts = {draft.key: draft for part in known[1] for draft in part.drafted(settings)}
            return finish([drafts[key] for key in served.operations])

        return ToolSet(build, is_searched=is_searched)

    def _parts_of(
        self, kept: Collection[OperationKey], cut: Callable[[list[OperationKey]], Document | None]
    ) -> tuple[KnownPart, ...]:
        """Return parts that together have each kept operation once."""
        if self._is_entangled:
            return ()
        rest: KeysByPath = {}
        for key in kept:
            rest.setdefault(key.path, []).append(key)
        found: list[KnownPart] = []
        for part in reversed(self._parts):
            if all(rest.get(path) == keys for path, keys in part.keys.items()):
                found.append(part)
                for path in part.keys:
                    del rest[path]
        if rest:
            found += self._new_parts(rest, cut)
        if self._is_entangled:
            self._parts, self._components = [], {}
            return ()
        self._parts = [*(part for part in self._parts if part not in found), *found]
        if len(self._parts) > _MOST_PARTS:
            del self._parts[: -max(_MOST_PARTS, len(found))]
            self._components = {}
            for part in self._parts:
                self._share(part)
        return tuple(found)

    def _new_parts(self, keys: KeysByPath, cut: Callable[[list[OperationKey]], Document | None]) -> list[KnownPart]:
        paths = [*keys]
        size = -(-len(paths) // _MOST_NEW)
        divided = [{path: keys[path] for path in paths[at : at + size]} for at in range(0, len(paths), size)]
        pruned: list[Document | None] = []
        count, places = 0, set[tuple[str, str]]()
        for own in divided:
            pruned.append(_unless_refused(cut, [key for one in own.values() for key in one]))
            if (last := pruned[-1]) is not None:
                reached = component_places(last)
                count += len(reached)
                places.update(reached)
            if len(divided) > 1 and count > _FEW + _MOST_SHARED * len(places):
                self._is_entangled = True
                return []
        parts = [KnownPart(own, one) for own, one in zip(divided, pruned, strict=True)]
        for part in parts:
            self._share(part)
        return parts

    def _share(self, part: KnownPart) -> None:
        """Put the known components of a part in the place of equal ones."""
        if part.pruned is None:
            return
        holder = component_sections(part.document)
        for section, name in component_places(part.document):
            own = holder[section][name]
            known = self._components.setdefault((section, name), own)
            if known is not own and known == own:
                holder[section][name] = known


def _unless_refused(cut: Callable[[list[OperationKey]], Document | None], keys: list[OperationKey]) -> Document | None:
    try:
        return cut(keys)
    except DocumentError:
        return None  # the compile of the whole document reports it


def _serve(
    joined: _JoinedParts,
    pruned: Document,
    operations: Mapping[OperationKey, PublishedOperation],
    presentation: Presentation,
    /,
    *,
    has_answers: bool = True,
) -> tuple[Document, tuple[Finding, ...]]:
    if pruned.version != "3.0" or are_alike(joined.parts, presentation.version):
        parts = tuple(part.served(operations, presentation, has_answers=has_answers) for part in joined.parts)
        if are_within_limit(part.effort for part in parts):
            roots = [part.document.root for part in parts]
            root = join(roots, _order_of(pruned, roots), presentation.version, declaring)
            if root is not None:
                served = Document(root=root, name=pruned.name)
                joined.served[id(served)] = served, parts
                return served, ()
    return build_served_document(pruned, operations, presentation, has_answers=has_answers)


def _order_of(pruned: Document, roots: Sequence[JsonObject]) -> JsonObject:
    """Return the names of the parts of a served document, in its order."""
    longest = max(roots, key=len)
    if pruned.version == "2.0":
        components = {section: pruned.root[own] for section, own in _PLACES_IN_2_0.items() if own in pruned.root}
    else:
        components = dict(component_sections(pruned))
        for section in ("securitySchemes", "schemas", "responses"):
            # The gateway's own security and problems come last, if the API has no such section.
            components.setdefault(section, {})
    order = dict.fromkeys(longest)
    return order | {"paths": pruned.root["paths"], "components": components, "tags": pruned.root.get("tags")}
