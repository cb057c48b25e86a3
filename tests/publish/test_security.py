import json
from typing import Any

import pytest
from openapi_spec_validator import validate

from plugin_gateway.publish.security import (
    NoSecurity,
    OAuth,
    ServiceHttp,
    UserHttp,
    build_metadata_faces,
    manifest_auth,
    metadata_url,
    security_schemes,
    well_known_at_root,
)

OAUTH = OAuth(
    client_url="https://gw/oauth/authorize", authorization_url="https://gw/oauth/token",
    content_type="application/json", scope="read write", issuer="https://idp", verification_tokens={"openai": "v"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (NoSecurity(), {"type": "none"}),
        (
            ServiceHttp(verification_tokens={"openai": "v", "other": "w"}),
            {
                "type": "service_http",
                "authorization_type": "bearer",
                "verification_tokens": {"openai": "v", "other": "w"},
            },
        ),
        (
            UserHttp(scheme="basic", instructions="Ask us."),
            {"type": "user_http", "authorization_type": "basic", "instructions": "Ask us."},
        ),
        (
            OAUTH,
            {
                "type": "oauth",
                "client_url": "https://gw/oauth/authorize",
                "scope": "read write",
                "authorization_url": "https://gw/oauth/token",
                "authorization_content_type": "application/json",
                "verification_tokens": {"openai": "v"},
            },
        ),
    ],
)
def test_the_manifest_has_exactly_the_fields_of_its_kind(security: Any, expected: dict[str, Any]) -> None:
    assert manifest_auth(security) == expected


@pytest.mark.parametrize(
    ("security", "kind"),
    [(ServiceHttp(), "http"), (UserHttp(scheme="basic"), "http"), (OAUTH, "oauth2")],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_the_scheme_is_valid_in_a_document_of_either_version(security: Any, kind: str, version: str) -> None:
    schemes = security_schemes(security)
    ((name, scheme),) = schemes.items()
    assert scheme["type"] == kind
    document = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {}, "security": [{name: []}],
                "components": {"securitySchemes": schemes}}  # fmt: skip
    validate(document)


def test_a_gateway_without_auth_has_no_security_scheme() -> None:
    assert security_schemes(NoSecurity()) == {}


def test_metadata_names_the_resource_and_the_issuer_whose_tokens_are_accepted() -> None:
    faces = build_metadata_faces(OAUTH, "https://gw/", ("/mcp",))
    assert list(faces) == ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"]
    assert [json.loads(face.body) for face in faces.values()] == [
        {
            "resource": resource,
            "bearer_methods_supported": ["header"],
            "authorization_servers": ["https://idp"],
            "scopes_supported": ["read", "write"],
        }
        for resource in ("https://gw", "https://gw/mcp")
    ]
    bare = build_metadata_faces(OAuth(), "https://gw", ())
    assert json.loads(bare["/.well-known/oauth-protected-resource"].body) == {
        "resource": "https://gw",
        "bearer_methods_supported": ["header"],
    }


def test_metadata_names_every_scope_that_a_client_has_to_ask_for() -> None:
    faces = build_metadata_faces(OAuth(scope="read write", required_scope="call read"), "https://gw", ())
    (face,) = faces.values()
    assert json.loads(face.body)["scopes_supported"] == ["read", "write", "call"]


def test_the_path_of_the_gateway_follows_the_well_known_path_of_its_metadata() -> None:
    faces = build_metadata_faces(OAUTH, "https://api.test/plugin", ("/mcp",))
    resources = {path: json.loads(face.body)["resource"] for path, face in faces.items()}

    assert resources == {
        "/.well-known/oauth-protected-resource/plugin": "https://api.test/plugin",
        "/.well-known/oauth-protected-resource/plugin/mcp": "https://api.test/plugin/mcp",
        # For clients that ask the root of the host, or the gateway itself.
        "/.well-known/oauth-protected-resource": "https://api.test/plugin",
        "/.well-known/oauth-protected-resource/mcp": "https://api.test/plugin/mcp",
    }
    assert metadata_url("https://api.test/plugin") == "https://api.test/.well-known/oauth-protected-resource/plugin"
    assert metadata_url("https://gw", "/mcp") == "https://gw/.well-known/oauth-protected-resource/mcp"


def test_metadata_at_a_place_of_the_standard_wins_over_the_same_place_below_the_gateway() -> None:
    faces = build_metadata_faces(OAUTH, "https://api.test/mcp", ("/mcp",))

    assert json.loads(faces["/.well-known/oauth-protected-resource/mcp"].body)["resource"] == "https://api.test/mcp"


def test_the_root_has_the_well_known_files_and_no_metadata_of_another_resource() -> None:
    faces = {
        "/openapi.json",
        "/logo.png",
        "/mcp/server-card",
        "/.well-known/ai-plugin.json",
        *build_metadata_faces(OAUTH, "https://api.test/plugin", ("/mcp",)),
    }

    assert well_known_at_root(faces, "https://api.test/plugin") == {
        "/.well-known/ai-plugin.json",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/plugin",
        "/.well-known/oauth-protected-resource/plugin/mcp",
    }


def test_only_oauth_has_metadata() -> None:
    assert build_metadata_faces(ServiceHttp(), "https://gw", ()) == {}
