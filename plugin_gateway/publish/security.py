"""Published security: the manifest's `auth`, the document's security schemes, and RFC 9728 metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, assert_never
from urllib.parse import urlsplit

from msgspec import Struct, field

from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.face import build_face

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.publish.face import Face

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"
_SCHEME_NAMES: Final = {"bearer": "gatewayToken", "basic": "gatewayLogin"}
_OAUTH_NAME: Final = "gatewayOAuth"


class NoSecurity(Struct, frozen=True):
    """Clients call without a credential."""


class ServiceHttp(Struct, frozen=True, kw_only=True):
    """The client has one token for all its users."""

    scheme: str = "bearer"
    verification_tokens: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""


class UserHttp(Struct, frozen=True, kw_only=True):
    """Each user of the client has their own token."""

    scheme: str = "bearer"
    instructions: str = ""


class OAuth(Struct, frozen=True, kw_only=True):
    """Users log in at an authorization server."""

    client_url: str = ""
    authorization_url: str = ""
    content_type: str = "application/json"
    scope: str = ""
    """Scopes that clients ask for, separated by spaces."""
    required_scope: str = ""
    """Scopes without which no call passes."""
    issuer: str = ""
    verification_tokens: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""


Security: TypeAlias = NoSecurity | ServiceHttp | UserHttp | OAuth
"""The public part of `auth` in gateway.yaml."""


def manifest_auth(security: Security) -> JsonObject:
    """Build the `auth` of the manifest, with exactly the fields of its kind."""
    match security:
        case NoSecurity():
            return {"type": "none"}
        case ServiceHttp():
            auth: JsonObject = {
                "type": "service_http",
                "authorization_type": security.scheme,
                "verification_tokens": dict(security.verification_tokens),
            }
        case UserHttp():
            auth = {"type": "user_http", "authorization_type": security.scheme}
        case OAuth():
            auth = {
                "type": "oauth",
                "client_url": security.client_url,
                "scope": security.scope,
                "authorization_url": security.authorization_url,
                "authorization_content_type": security.content_type,
                "verification_tokens": dict(security.verification_tokens),
            }
        case _:
            assert_never(security)
    if security.instructions:
        auth["instructions"] = security.instructions
    return auth


def security_schemes(security: Security) -> dict[str, JsonObject]:
    """Build the security schemes of the served document. Without a scheme, clients call without a credential."""
    match security:
        case NoSecurity():
            return {}
        case ServiceHttp(scheme=scheme) | UserHttp(scheme=scheme):
            return {_SCHEME_NAMES[scheme]: {"type": "http", "scheme": scheme}}
        case OAuth():
            scopes: dict[str, Json] = dict.fromkeys(security.scope.split(), "")
            flow: JsonObject = {
                "authorizationUrl": security.client_url,
                "tokenUrl": security.authorization_url,
                "scopes": scopes,
            }
            return {_OAUTH_NAME: {"type": "oauth2", "flows": {"authorizationCode": flow}}}
        case _:
            assert_never(security)


def build_metadata_faces(security: Security, public_url: str, resource_paths: tuple[str, ...]) -> dict[str, Face]:
    """Build the protected resource metadata (RFC 9728) of the gateway and of each resource path, such as `/mcp`.

    Each is at the path that `metadata_path` gives. A gateway below a path also has them at the paths without it, for
    clients that ask the root or the gateway itself.
    """
    if not isinstance(security, OAuth):
        return {}
    public_url = public_url.rstrip("/")
    faces: dict[str, Face] = {}
    inserted: dict[str, Face] = {}
    for path in ("", *resource_paths):
        metadata: JsonObject = {"resource": public_url + path, "bearer_methods_supported": ["header"]}
        if security.issuer:
            metadata["authorization_servers"] = [security.issuer]
        if scopes := [*dict.fromkeys(f"{security.scope} {security.required_scope}".split())]:
            # Most MCP clients ask for all of these, and for no others.
            metadata["scopes_supported"] = scopes
        face = build_face("application/json", to_json(metadata))
        faces[METADATA_PATH + path] = inserted[metadata_path(public_url, path)] = face
    # If `mcp.path` equals the path of the public URL, two faces have one path; RFC 9728 gives it to the second.
    return faces | inserted


def metadata_path(public_url: str, path: str = "") -> str:
    """Return the path of a resource's metadata on its host.

    The resource's own path follows the well-known one (RFC 9728, 3.1).
    """
    return METADATA_PATH + urlsplit(public_url).path.rstrip("/") + path


def metadata_url(public_url: str, path: str = "") -> str:
    """Return the URL of the metadata of the gateway, or of a resource path of it."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{parts.netloc}{metadata_path(public_url, path)}"


def well_known_at_root(faces: Iterable[str], public_url: str) -> frozenset[str]:
    """Return the faces of a gateway below a path that its host serves at the root.

    The metadata of another resource path, such as `/mcp` at the root, may be the API's own.
    """
    inserted = metadata_path(public_url)
    return frozenset(
        path
        for path in faces
        if path.startswith("/.well-known/")
        and (not path.startswith(f"{METADATA_PATH}/") or path == inserted or path.startswith(f"{inserted}/"))
    )
