"""docs/providers.md: `check` accepts each config, and the gateway accepts the tokens that the page shows, and no others."""

import json
import time
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from plugin_gateway.callers.access_token import BadToken, read_head, verify_token
from plugin_gateway.callers.authentication import JwtSettings
from plugin_gateway.callers.consumers import Identity, find_consumer
from plugin_gateway.callers.signing_key import SigningKey, read_key
from plugin_gateway.cli.check import command
from plugin_gateway.config.auth import OAuthAuth
from plugin_gateway.revision.build import Built, build, load_config
from tests.docs.page import KEY, ORDERS, blocks, page

SIGNING_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = read_key({**jwt.get_algorithm_by_name("RS256").to_jwk(SIGNING_KEY.public_key(), as_dict=True), "kid": "k"})
PARTS = page("providers.md").split("\n## ")[1:-1]
NAMES = [part.partition("\n")[0] for part in PARTS]
NOW = int(time.time())


def built(part: str, folder: Path) -> Built:
    (config,) = (content for language, content in blocks(part) if language == "yaml")
    (folder / "openapi.yaml").write_text(ORDERS)
    (folder / "gateway.yaml").write_text(config)
    return build(load_config(folder / "gateway.yaml", environ={"LEGACY_API_KEY": KEY}))


def verified(claims: dict[str, object], settings: JwtSettings) -> BadToken | Identity:
    times = {"iat": NOW, "exp": NOW + 600}
    token = jwt.encode({**claims, **times}, SIGNING_KEY, "RS256", headers={"kid": "k"}).encode()
    head = read_head(token, settings)
    assert isinstance(PUBLIC, SigningKey)
    return head if isinstance(head, BadToken) else verify_token(token, head, [PUBLIC], settings, NOW)


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_check_has_nothing_to_say_about_the_config(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEGACY_API_KEY", KEY)
    revision = built(part, tmp_path).revision

    result = CliRunner().invoke(command, ["-c", str(tmp_path / "gateway.yaml"), "--strict"], standalone_mode=False)

    assert (result.return_value, revision.warnings) == (0, ()), result.output


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_the_gateway_accepts_a_token_of_the_provider_and_no_token_for_another_audience(
    part: str, tmp_path: Path
) -> None:
    (claims,) = (json.loads(content) for language, content in blocks(part) if language == "json")
    callers = built(part, tmp_path).revision.callers
    authentication = callers.authentication
    assert authentication is not None
    settings = authentication.judge
    assert isinstance(settings, JwtSettings)

    identity = verified(claims, settings)

    assert isinstance(identity, Identity), identity
    without_scopes = replace(identity, scopes=frozenset())
    if callers.consumers:
        assert find_consumer(callers.consumers, identity) == 0
        assert find_consumer(callers.consumers, without_scopes) is None
    else:
        assert frozenset() < authentication.required_scopes <= identity.scopes
    assert isinstance(verified(claims | {"aud": "https://other.example.com"}, settings), BadToken)
    assert isinstance(verified(claims | {"iss": f"{claims['iss']}x"}, settings), BadToken)


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_clients_find_the_provider_and_the_scopes_in_the_metadata(part: str, tmp_path: Path) -> None:
    made = built(part, tmp_path)
    auth = made.loaded.config.auth
    assert isinstance(auth, OAuthAuth)
    metadata = json.loads(made.revision.faces["/.well-known/oauth-protected-resource/mcp"].body)

    assert metadata["authorization_servers"] == [auth.issuer]
    assert metadata["scopes_supported"] == auth.scope.split()
    assert metadata["resource"] == "https://plugin.example.com/mcp"


def test_the_page_is_about_three_providers() -> None:
    assert NAMES == ["Keycloak", "Auth0", "Entra"]
