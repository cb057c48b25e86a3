"""The faces of one revision: the prepared responses of the public listener, by path."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.openapi.render import to_json, to_yaml
from plugin_gateway.publish.document import build_served_document
from plugin_gateway.publish.face import Face, build_face
from plugin_gateway.publish.manifest import DOCUMENT_PATH, MANIFEST_PATH
from plugin_gateway.publish.profile import Profile, ProfiledDocument, cut_to_profile, has_long_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plugin_gateway.openapi.document import Document, JsonObject, OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.logo import Logo

JSON = "application/json"
YAML = "application/yaml"  # RFC 9512
_PROFILE_VERSIONS = {Profile.GPT_ACTIONS: "3.1", Profile.PLUGIN: "", Profile.OPENAPI_3_0: "3.0", Profile.LEAN: "3.0"}


class BuildServedDocument(Protocol):
    """Does the work of `build_served_document`."""

    def __call__(
        self,
        pruned: Document,
        operations: Mapping[OperationKey, PublishedOperation],
        presentation: Presentation,
        /,
        *,
        has_answers: bool = True,
    ) -> tuple[Document, tuple[Finding, ...]]: ...


class DocumentFaces(NamedTuple):
    """The document's faces by path, the warnings about the document, and notes on the cuts of each profile.

    Tools are made from `served`: the document in the served version, or in 3.1 if that is 3.0, whose schemas are not JSON
    Schema 2020-12.
    """

    served: Document
    faces: dict[str, Face]
    warnings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    path: str
    """The path of the document whose texts are within the plugin limits: the plain document's path, if its texts are."""


def build_document_faces(
    pruned: Document,
    operations: Mapping[OperationKey, PublishedOperation],
    presentation: Presentation,
    *,
    has_notes: bool = True,
    build: BuildServedDocument = build_served_document,
) -> DocumentFaces:
    """Build the document's faces in JSON and YAML, whole and for each profile (`/openapi.json?profile=3.0`).

    Without notes, each profile is made when it is read, which saves a third of a compile. `build` builds the served document;
    it may know parts of it.
    """
    served, warnings = build(pruned, operations, presentation)
    faces, notes = _faces(lambda: served, ""), list[Finding]()

    @cache
    def in_version(version: str) -> tuple[Document, tuple[Finding, ...]]:
        if version == presentation.version:
            return served, ()
        return build(pruned, operations, replace(presentation, version=version))

    def cut(profile: Profile) -> ProfiledDocument:
        if profile is Profile.LEAN and not has_notes and presentation.version != "3.0":
            # The notes need the whole document in 3.0. Without them, do not prepare the schemas that only answers use.
            lean = replace(presentation, version="3.0")
            return cut_to_profile(build(pruned, operations, lean, has_answers=False)[0], profile)
        return cut_to_profile(in_version(_PROFILE_VERSIONS[profile] or presentation.version)[0], profile)

    def cut_document(profile: Profile) -> Document:
        return cut(profile).document()

    for profile, wanted in _PROFILE_VERSIONS.items():
        if not has_notes:
            faces |= _faces(partial(cut_document, profile), f"?profile={profile}")
            continue
        document, findings = cut(profile)
        faces |= _faces(document, f"?profile={profile}")
        _, lost = in_version(wanted or presentation.version)
        of_version = (finding for finding in lost if finding not in warnings)
        notes += [
            replace(finding, rule=f"profile-{profile}", severity=Severity.NOTE) for finding in (*of_version, *findings)
        ]
    for_tools = in_version("3.1")[0] if presentation.version == "3.0" else served
    path = f"{DOCUMENT_PATH}?profile={Profile.PLUGIN}" if has_long_texts(served.root) else DOCUMENT_PATH
    return DocumentFaces(for_tools, faces, warnings, tuple(notes), path)


def build_manifest_faces(manifest: JsonObject, logo: Logo) -> dict[str, Face]:
    return {
        MANIFEST_PATH: build_face(JSON, to_json(manifest, indent=True)),
        logo.path: build_face(logo.media_type, logo.body),
    }


def _faces(document: Callable[[], Document], query: str) -> dict[str, Face]:
    once = cache(document)
    return {
        f"/openapi.json{query}": Face(JSON, lambda: to_json(once().root)),
        f"/openapi.yaml{query}": Face(YAML, lambda: to_yaml(once().root)),
    }
