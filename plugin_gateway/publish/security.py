"""Published security: the manifest's `auth`, the document's security schemes, and RFC 9728 metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from plugin_gateway.openapi.render import to_json
from plugin_gateway.publish.face import build_face

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.openapi.document import Json, JsonObject
    from plugin_gateway.publish.face import Face

METADATA_PATH: Final = "/.well-known/oauth-protected-resource"
_SCHEME_NAMES: Final = {"bearer": "gatewayToken", "basic": "gatewayLogin"}
_OAUTH_NAME: Final = "gatewayOAuth"


@dataclass(frozen=True, slots=True)
class NoSecurity:
    """Clients call without a credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHttp:
    """The client has one token for all its users."""

    scheme: str = "bearer"
    verification_tokens: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserHttp:
    """Each user of the client has their own token."""

    scheme: str = "bearer"
    instructions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
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
    """Build the protected resource metadata (RFC 9728) of the gateway and of each resource path, such as `/mcp`."""
    if not isinstance(security, OAuth):
        return {}
    public_url = public_url.rstrip("/")
    faces: dict[str, Face] = {}
    for path in ("", *resource_paths):
        metadata: JsonObject = {"resource": public_url + path, "bearer_methods_supported": ["header"]}
        if security.issuer:
            metadata["authorization_servers"] = [security.issuer]
        if scopes := [*dict.fromkeys(f"{security.scope} {security.required_scope}".split())]:
            # Most MCP clients ask for all of these, and for no others.
            metadata["scopes_supported"] = scopes
        faces[METADATA_PATH + path] = build_face("application/json", to_json(metadata))
    return faces
