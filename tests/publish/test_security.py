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
    security_schemes,
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


def test_metadata_names_the_resource_and_whose_tokens_are_good() -> None:
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


def test_only_oauth_has_metadata() -> None:
    assert build_metadata_faces(ServiceHttp(), "https://gw", ()) == {}
