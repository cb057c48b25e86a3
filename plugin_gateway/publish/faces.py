"""The faces of one revision: every path on the public listener that answers with something prepared, and its bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plugin_gateway.openapi.render import to_json, to_yaml
from plugin_gateway.publish.document import build_served_document
from plugin_gateway.publish.face import build_face
from plugin_gateway.publish.manifest import MANIFEST_PATH
from plugin_gateway.publish.profile import Profile, cut_to_profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.openapi.document import Document, JsonObject, OperationKey
    from plugin_gateway.publish.document import Presentation, PublishedOperation
    from plugin_gateway.publish.face import Face
    from plugin_gateway.publish.logo import Logo

JSON = "application/json"
YAML = "application/yaml"  # RFC 9512
_PROFILE_VERSIONS = {Profile.GPT_ACTIONS: "3.1", Profile.PLUGIN: "", Profile.OPENAPI_3_0: "3.0"}


def build_document_faces(
    pruned: Document, operations: Mapping[OperationKey, PublishedOperation], presentation: Presentation
) -> tuple[dict[str, Face], tuple[Finding, ...]]:
    """Build the document's faces, in JSON and YAML, as it is and for each profile (`/openapi.json?profile=3.0`).

    The findings are those of the document as it is: what a profile does to it is said by `cut_to_profile`.
    """
    served, findings = build_served_document(pruned, operations, presentation)
    faces = _faces(served, "")
    for profile, version in _PROFILE_VERSIONS.items():
        base = served
        if version and version != presentation.version:
            base, _ = build_served_document(pruned, operations, replace(presentation, version=version))
        faces |= _faces(cut_to_profile(base, profile)[0], f"?profile={profile}")
    return faces, findings


def build_manifest_faces(manifest: JsonObject, logo: Logo) -> dict[str, Face]:
    return {
        MANIFEST_PATH: build_face(JSON, to_json(manifest, indent=True)),
        logo.path: build_face(logo.media_type, logo.body),
    }


def _faces(document: Document, query: str) -> dict[str, Face]:
    return {
        f"/openapi.json{query}": build_face(JSON, to_json(document.root)),
        f"/openapi.yaml{query}": build_face(YAML, to_yaml(document.root)),
    }
