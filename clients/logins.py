"""`python -m clients.logins`: log in as ChatGPT, Claude and Claude Code do, at an OpenID provider, and call the MCP endpoint.

Each login begins with nothing but the URL of the endpoint. The provider is npm's `oidc-provider`; it and Node 22 are installed into
a folder on the first run. The steps and URLs are those that OpenAI and Anthropic document for their clients.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import secrets
import select
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from clients.__main__ import VENVS
from clients.bookshop import DOCUMENT
from clients.programs import START_BOUND_S, free_port, node_in, npm_install, start, without_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES: Final = ("node@22", "oidc-provider@9")
SCRIPT: Final = Path(__file__).with_name("scripts") / "login_provider.mjs"
FOLDER: Final = VENVS / "logins"
BOUND_S: Final = 5
_CONFIG: Final = """\
openapi: ./document.json
upstream: {url: "http://127.0.0.1:%(api)d/api", credential: {header: X-Api-Key, value: {env: KEY}}}
public: {url: "http://localhost:%(port)d"}
auth:
  type: oauth
  issuer: %(issuer)s
  client_url: %(issuer)s/auth
  authorization_url: %(issuer)s/token
  scope: pets:read offline_access
  required_scope: pets:read
allow: [addBook]
"""
_KEY: Final = ec.generate_private_key(ec.SECP256R1())
_JWK: Final = {
    **json.loads(jwt.algorithms.ECAlgorithm.to_jwk(_KEY.public_key())),
    "kid": "1",
    "use": "sig",
    "alg": "ES256",
}


class Way(NamedTuple):
    """How one client introduces itself and comes back.

    `client_id` is the URL of its metadata document, or empty for a client that registers itself (RFC 7591).
    """

    name: str
    client_id: str
    redirect_uri: str
    authenticates: str = "none"
    has_slash: bool = False
    """The user enters the URL of the endpoint with a slash at its end, and the client asks for a token for that."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the client, as its document or its registration says it."""
        said: dict[str, Any] = {
            "client_name": self.name,
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": self.authenticates,
            "application_type": "native" if self.redirect_uri.startswith("http:") else "web",
        }
        if self.authenticates == "private_key_jwt":
            said |= {"jwks": {"keys": [_JWK]}, "token_endpoint_auth_signing_alg": "ES256"}
        return said | ({"client_id": self.client_id} if self.client_id else {})


WAYS: Final = (
    Way(
        "ChatGPT, by its metadata document",
        "https://chatgpt.com/oauth/client.json",
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "private_key_jwt",
    ),
    Way("ChatGPT, registered for one connector", "", "https://chatgpt.com/connector/oauth/Ab3dE5"),
    Way("Claude", "", "https://claude.ai/api/mcp/auth_callback"),
    Way("Claude at claude.com, with a slash", "", "https://claude.com/api/mcp/auth_callback", has_slash=True),
    Way(
        "Claude Code, by its metadata document",
        "https://claude.ai/oauth/claude-code-client-metadata",
        "http://localhost/callback",
    ),
)


class Wrong(Exception):  # noqa: N818  # a step failed, which the report says
    """A step of a login did not go as the client expects."""


def main() -> int:
    """Print one line for each login. Return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m clients.logins", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the npm packages (%(default)s)")
    parser.add_argument("--install-only", action="store_true", help="only install the npm packages")
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    if reason := install(folder):
        print(f"the logins are skipped: {reason}", file=sys.stderr)
        return 0
    if arguments.install_only:
        return 0
    failed = 0
    with running(folder) as (issuer, base):
        for way in WAYS:
            try:
                steps = log_in_and_call(way, issuer, base)
            except (Wrong, httpx2.HTTPError, KeyError, ValueError) as error:
                failed += 1
                print(f"{way.name}: FAILED: {error!r}", flush=True)
            else:
                print(f"{way.name}: {steps} steps, all as the client expects", flush=True)
    return 1 if failed else 0


def is_installed(folder: Path) -> bool:
    return node_in(folder).exists() and (folder / "node_modules" / "oidc-provider").exists()


def install(folder: Path) -> str:
    """Install the packages if they are missing. Return the reason if that is not possible."""
    return "" if is_installed(folder) else npm_install(folder, PACKAGES)


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the provider, the bookshop and a gateway between them; yield the issuer and the gateway's URL."""
    api, port, admin = (free_port() for _ in range(3))
    documents = {way.client_id: way.metadata for way in WAYS if way.client_id}
    with tempfile.TemporaryDirectory() as place, ExitStack() as programs:
        command = [str(node_in(folder)), str(SCRIPT), str(folder), json.dumps(documents)]
        provider = programs.enter_context(
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=without_proxy(),
            )
        )
        programs.callback(provider.terminate)
        if provider.stdout is None or not select.select([provider.stdout], [], [], START_BOUND_S)[0]:
            raise RuntimeError(f"the provider did not start within {START_BOUND_S:g} s")
        if not (line := provider.stdout.readline()):
            raise RuntimeError("the provider ended when it started")
        issuer = json.loads(line)["issuer"]
        Path(place, "document.json").write_text(json.dumps(DOCUMENT))
        config = Path(place, "gateway.yaml")
        config.write_text(_CONFIG % {"api": api, "port": port, "issuer": issuer})
        start(programs, api, "clients.bookshop", str(api), KEY="bookshop-key")
        addresses = ("--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}")
        start(programs, port, "plugin_gateway", "serve", "--config", str(config), *addresses, KEY="bookshop-key")
        yield issuer, f"http://localhost:{port}"


class Steps:
    """Counts the steps that went as expected, and stops at the first other one."""

    def __init__(self) -> None:
        self.count = 0

    def expect(self, got: object, wanted: object, what: str) -> None:
        if got != wanted:
            raise Wrong(f"{what}: {got!r} instead of {wanted!r}")
        self.count += 1


def log_in_and_call(way: Way, issuer: str, base: str) -> int:
    """Go the client's whole way. Return the number of steps."""
    steps = Steps()
    with httpx2.Client(timeout=BOUND_S, trust_env=False) as http:
        endpoint = base + "/mcp"
        # The call without a token says where to log in (RFC 9728, 5.1), and for which scope.
        refused = ask(http, endpoint, "")
        steps.expect(refused.status_code, 401, "a call without a token")
        challenge = refused.headers["www-authenticate"]
        metadata_url = _parameter(challenge, "resource_metadata")
        steps.expect(metadata_url, f"{base}/.well-known/oauth-protected-resource/mcp", "resource_metadata")
        scope = _parameter(challenge, "scope")
        steps.expect({*scope.split()}, {"pets:read", "offline_access"}, "the scope of the challenge")
        resource = http.get(metadata_url).json()
        steps.expect(resource["resource"], endpoint, "`resource` is the URL that the user entered")
        steps.expect(resource["authorization_servers"], [issuer], "authorization_servers")
        # RFC 8414, 3.1; both clients insist on S256.
        server = http.get(f"{issuer}/.well-known/oauth-authorization-server").json()
        steps.expect("S256" in server["code_challenge_methods_supported"], True, "PKCE with S256")
        client_id = way.client_id or http.post(server["registration_endpoint"], json=way.metadata).json()["client_id"]

        wanted = endpoint + "/" * way.has_slash
        tokens = authorize(http, way, server, client_id, scope, wanted, steps)
        claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
        steps.expect(claims["aud"], wanted, "the audience of the token")
        call(http, endpoint, tokens["access_token"], steps)

        # The client stays logged in, and the new token has the same audience.
        fresh = token_of(
            http, way, server, client_id, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
        )
        steps.expect(ask(http, endpoint, fresh["access_token"]).status_code, 200, "a call with a refreshed token")

        # Tokens that are not for this gateway, or not for this much.
        other = authorize(http, way, server, client_id, scope, "http://localhost:1/mcp", Steps())
        foreign = ask(http, endpoint, other["access_token"])
        steps.expect(foreign.status_code, 401, "a token for another resource")
        steps.expect(_parameter(foreign.headers["www-authenticate"], "error"), "invalid_token", "its challenge")
        less = authorize(http, way, server, client_id, "pets:write", wanted, Steps())
        narrow = ask(http, endpoint, less["access_token"])
        steps.expect(narrow.status_code, 403, "a token without the scope")
        challenge = narrow.headers["www-authenticate"]
        steps.expect(_parameter(challenge, "error"), "insufficient_scope", "its challenge")
        steps.expect(_parameter(challenge, "scope"), "pets:read", "the scope to ask for")
        steps.expect(_parameter(challenge, "resource_metadata"), metadata_url, "its resource_metadata")
        steps.expect(
            ask(http, endpoint, tokens["access_token"] + "x").status_code, 401, "a token with a wrong signature"
        )
        steps.expect(
            http.get(f"{endpoint}?access_token={tokens['access_token']}").status_code != 200, True, "a token in the URL"
        )
    return steps.count


def authorize(
    http: httpx2.Client, way: Way, server: dict[str, Any], client_id: str, scope: str, resource: str, steps: Steps
) -> dict[str, Any]:
    """Send the browser to the provider, and exchange the code that it brings back."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    # A loopback client listens on any port (RFC 8252, 7.3).
    redirect = way.redirect_uri.replace("http://localhost/", f"http://localhost:{free_port()}/")
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect,
        "scope": scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": resource,
        "prompt": "consent",
    }
    brought = browse(f"{server['authorization_endpoint']}?{urlencode(asked)}", redirect)
    steps.expect(brought.get("state"), state, "the state")
    # RFC 9207: the client checks that the answer comes from the server that it asked.
    steps.expect(brought.get("iss"), server["issuer"], "the issuer of the answer")
    if "code" not in brought:
        raise Wrong(f"no code: {brought}")
    said = {"grant_type": "authorization_code", "code": brought["code"], "redirect_uri": redirect}
    return token_of(http, way, server, client_id, **said, code_verifier=verifier, resource=resource)


def browse(url: str, callback: str) -> dict[str, str]:
    """Follow a browser through the provider's pages; return the query with which it comes back."""
    with httpx2.Client(timeout=BOUND_S, trust_env=False) as browser:
        response = browser.get(url)
        for _ in range(20):
            if response.is_redirect:
                where = urljoin(str(response.url), response.headers["location"])
                if where.startswith(callback):
                    return dict(parse_qsl(urlsplit(where).query))
                response = browser.get(where)
            else:
                action = re.search(r'<form[^>]* action="([^"]+)"', response.text)
                prompt = re.search(r'name="prompt" value="([^"]+)"', response.text)
                if action is None or prompt is None:
                    raise Wrong(f"the provider's page has no form: {_text_of(response.text)}")
                form = {"prompt": prompt[1]} | ({"login": "alice", "password": "x"} if prompt[1] == "login" else {})
                response = browser.post(urljoin(str(response.url), action[1]), data=form)
    raise Wrong("the provider sends the browser in circles")


def token_of(http: httpx2.Client, way: Way, server: dict[str, Any], client_id: str, **said: str) -> dict[str, Any]:
    """Post a form to the token endpoint, authenticated as the client does it."""
    form = {**said, "client_id": client_id}
    if way.authenticates == "private_key_jwt":
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": server["issuer"], "jti": secrets.token_urlsafe(16)}
        assertion = jwt.encode({**claims, "iat": now, "exp": now + 60}, _KEY, "ES256", headers={"kid": "1"})
        form |= {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
    response = http.post(server["token_endpoint"], data=form)
    if response.status_code != 200:
        raise Wrong(f"the token endpoint answers {response.status_code}: {response.text[:300]}")
    tokens: dict[str, Any] = response.json()
    return tokens


def call(http: httpx2.Client, endpoint: str, token: str, steps: Steps) -> None:
    """List the tools and call one, in both eras of the protocol."""
    for is_modern in (True, False):
        listed = ask(http, endpoint, token, is_modern=is_modern).json()["result"]["tools"]
        steps.expect([tool["name"] for tool in listed], ["addBook"], "the tools")
        params = {"name": "addBook", "arguments": {"shelfId": "s1", "X-Reason": "a gift", "title": "Emma"}}
        done = ask(http, endpoint, token, "tools/call", params, is_modern=is_modern).json()["result"]
        steps.expect(done["isError"], False, f"the call: {done['content']}")
        # The API gets the gateway's credential and never the caller's token.
        got = done["structuredContent"]
        steps.expect((got["keyed"], got["authorization"]), (True, None), "what the API received")


def ask(
    http: httpx2.Client,
    endpoint: str,
    token: str,
    method: str = "tools/list",
    params: dict[str, Any] | None = None,
    *,
    is_modern: bool = False,
) -> httpx2.Response:
    """Send one message to the endpoint."""
    version = "2026-07-28" if is_modern else "2025-11-25"
    said: dict[str, Any] = dict(params or {})
    fields = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if is_modern:
        prefix = "io.modelcontextprotocol/"
        said["_meta"] = {f"{prefix}protocolVersion": version, f"{prefix}clientCapabilities": {}}
        fields["Mcp-Method"] = method
        if "name" in said:
            fields["Mcp-Name"] = said["name"]
    return http.post(endpoint, headers=fields, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": said})


def _parameter(challenge: str, name: str) -> str:
    found = re.search(rf'(?:^|[ ,]){name}="([^"]*)"', challenge)
    return found[1] if found else ""


def _text_of(page: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())[-300:]


if __name__ == "__main__":
    sys.exit(main())
