"""Compiled credentials: the injection that each call gets, and the findings for the operator."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from plugin_gateway.config import credential as written
from plugin_gateway.config.credential import (
    BasicCredential,
    BearerCredential,
    CookieCredential,
    Credential,
    HeaderCredential,
    Login,
    OAuth2Credential,
    PassthroughCredential,
    QueryCredential,
    TokenExchangeCredential,
)
from plugin_gateway.config.secrets import Secret
from plugin_gateway.credentials.compile import Injections, find_short_secrets, injection
from plugin_gateway.credentials.grant import ClientCredentialsGrant, Passthrough, TokenExchangeGrant
from plugin_gateway.credentials.injection import Injection, injected_names
from plugin_gateway.diagnostics import Severity
from plugin_gateway.errors import ConfigError
from plugin_gateway.gate.override import fold_name
from plugin_gateway.refusal import Refusal
from tests.narrow import as_a
from tests.pets import ISSUER, compiled, rules_of


def test_an_operation_gets_its_own_credential_or_the_one_for_its_method() -> None:
    read, write, own = (Injection(headers=((name, b"k"),)) for name in (b"R", b"W", b"O"))
    injections = Injections(read=read, write=write, operations={"a": own})

    assert injections.of("a", "GET") is injections.of("a", "POST") is own
    assert injections.of("b", "GET") is injections.of("b", "HEAD") is read
    assert injections.of("b", "POST") is injections.of("b", "DELETE") is write


def test_an_entrys_own_credential_is_for_every_operation_that_it_names_and_no_other() -> None:
    revision = compiled(allow="listPets, {tag: write, credential: {header: X-Own, value: {env: OTHER}}}")
    own = {name: one.headers for name, one in revision.operation_injections.items()}
    assert own == {"createPet": ((b"X-Own", b"0ther-7f3a9c"),), "putPets": ((b"X-Own", b"0ther-7f3a9c"),)}
    assert revision.read_injection is revision.write_injection


def test_an_injected_query_parameter_is_refused_from_callers_and_absent_from_the_document() -> None:
    revision = compiled(allow="listPets, {operation: createPet, credential: {query: api_key, value: {env: OTHER}}}")
    assert b"api_key" not in revision.faces["/openapi.json"].body
    assert as_a(Refusal, revision.gate.judge(b"GET", b"/pets?api_key=theirs")).code == "undeclared-query-parameter"


@pytest.mark.parametrize(
    ("credential", "kind"),
    [
        (f"{{oauth2: {{{ISSUER}}}}}", ClientCredentialsGrant),
        (f"{{token_exchange: {{{ISSUER}}}}}", TokenExchangeGrant),
        ("{passthrough: true}", Passthrough),
    ],
)
def test_a_grant_is_compiled_and_its_field_is_ours(credential: str, kind: type[Any]) -> None:
    revision = compiled(credential)
    assert isinstance(revision.read_injection.grant, kind)
    assert "Authorization" not in json.loads(revision.faces["/openapi.json"].body)["paths"]["/pets"]["get"].get(
        "parameters", []
    )
    assert not revision.rules[0].header_names


@pytest.mark.parametrize("more", ["", "auth: {type: user_http, passthrough: true}"])
def test_callers_whom_the_upstream_judges_are_passed_through(more: str) -> None:
    revision = compiled("[{passthrough: true}, {header: X-Key, value: {env: KEY}}]", more=more)
    assert revision.read_injection.grant == Passthrough()


def test_without_a_judge_of_callers_no_operation_gets_our_key() -> None:
    allow = "listPets, {operation: createPet, credential: {bearer: {env: KEY}}}"
    more = "auth: {type: user_http, passthrough: true}"
    assert rules_of(credential="{passthrough: true}", allow=allow, more=more) == [
        ("passthrough-goes-nowhere", ("allow", 1, "credential"))
    ]
    credential = "{passthrough: true}, write_credential: {bearer: {env: KEY}}"
    assert rules_of(credential=credential, more=more) == [
        ("passthrough-goes-nowhere", ("upstream", "write_credential"))
    ]


@pytest.mark.parametrize(
    "auth",
    [
        "{type: service_http, tokens: [{name: a, env: OTHER}]}",
        "{type: user_http, verify: {introspection: 'https://issuer.example/i'}}",
    ],
)
def test_passthrough_of_a_credential_that_is_meant_for_the_gateway_is_a_finding(auth: str) -> None:
    assert ("passthrough-of-ours", ("upstream", "credential", 0)) in rules_of(
        credential="{passthrough: true}", more=f"auth: {auth}"
    )


def test_each_place_where_a_credential_goes_astray_is_reported_once_with_a_hint() -> None:
    passes = "auth: {type: user_http, passthrough: true}"
    ours = "auth: {type: service_http, tokens: [{name: a, env: OTHER}]}"
    credential = "{passthrough: true}, write_credential: {bearer: {env: KEY}}"
    assert told("passthrough-goes-nowhere", credential=credential, more=passes) == [
        (
            "`auth` lets the upstream check callers, but it would get the gateway's credential instead of theirs",
            "write `passthrough: true` here, or leave the key out",
        )
    ]
    # `callers.compile` tells it of the main credential.
    assert rules_of(credential="{bearer: {env: KEY}}", more=passes) == [
        ("passthrough-goes-nowhere", ("auth", "passthrough"))
    ]
    assert told(
        "passthrough-of-ours", credential="[{header: X, value: {env: KEY}}, {passthrough: true}]", more=ours
    ) == [
        (
            "the credentials of callers under `auth: service_http` are for this gateway, but would go upstream",
            "use another credential, such as token_exchange, or `auth: {type: user_http, passthrough: true}`",
        )
    ]


def test_a_passthrough_beside_other_credentials_is_enough_for_callers_whom_the_upstream_judges() -> None:
    both = "[{header: X, value: {env: KEY}}, {passthrough: true}]"
    revision = compiled(
        f"{{passthrough: true}}, write_credential: {both}", more="auth: {type: user_http, passthrough: true}"
    )
    assert revision.write_injection.grant == Passthrough()


def told(rule: str, **given: str) -> list[tuple[str, str]]:
    """The message and hint of each finding by the rule."""
    with pytest.raises(ConfigError) as caught:
        compiled(**given)
    return [(finding.message, finding.hint) for finding in caught.value.findings if finding.rule == rule]


def test_a_short_secret_of_an_entry_is_warned_of_once() -> None:
    revision = compiled(allow="listPets, {tag: write, credential: {bearer: {env: SHORT}}}")
    pointers = [finding.pointer for finding in revision.warnings if finding.rule == "short-secret"]
    assert pointers == [("allow", 1, "credential", 0)]


def test_two_credentials_of_an_entry_do_not_go_to_the_same_place() -> None:
    allow = "{operation: listPets, credential: [{bearer: {env: KEY}}, {passthrough: true}]}"
    assert rules_of(allow=allow) == [("duplicate-key", ("allow", 0, "credential", 1))]


LONG_KEY = 'k€y/+ "&=\\long'


def secret(text: str = LONG_KEY) -> Secret:
    return Secret(text)


FORMS: dict[str, Credential] = {
    "header": HeaderCredential(header="X-API-Key", value=secret()),
    "query": QueryCredential(query="api key", value=secret()),
    "cookie": CookieCredential(cookie="sid", value=secret()),
    "bearer": BearerCredential(bearer=secret()),
    "basic": BasicCredential(basic=Login(username="user", password=secret())),
    "passthrough": PassthroughCredential(passthrough=True),
    "oauth2": OAuth2Credential(
        oauth2=written.ClientCredentials(
            token_url="https://h/t", client_id="me", client_secret=secret(), scope="a b", audience="billing"
        )
    ),
    "token_exchange": TokenExchangeCredential(
        token_exchange=written.TokenExchange(
            token_url="https://h/x", client_id="me", client_secret=None, scope="", audience="api"
        )
    ),
}
FIXED = [FORMS[form] for form in ("header", "query", "cookie", "bearer", "basic", "passthrough")]


@pytest.mark.parametrize(
    ("form", "headers", "query", "cookies"),
    [
        ("header", ((b"X-API-Key", LONG_KEY.encode()),), b"", b""),
        ("query", (), b"api%20key=" + quote(LONG_KEY, safe="").encode(), b""),
        ("cookie", (), b"", b"sid=" + LONG_KEY.encode()),
        ("bearer", ((b"Authorization", b"Bearer " + LONG_KEY.encode()),), b"", b""),
        ("basic", ((b"Authorization", b"Basic " + base64.b64encode(f"user:{LONG_KEY}".encode())),), b"", b""),
        ("passthrough", (), b"", b""),
    ],
)
def test_each_form_goes_to_its_place(
    form: str, headers: tuple[tuple[bytes, bytes], ...], query: bytes, cookies: bytes
) -> None:
    ready = injection([FORMS[form]])

    assert (ready.headers, ready.query, ready.cookies) == (headers, query, cookies)


def test_a_fixed_credential_is_no_grant() -> None:
    assert injection([FORMS["bearer"]]).grant is None


@pytest.mark.parametrize(
    ("form", "grant"),
    [
        (
            "oauth2",
            ClientCredentialsGrant(
                token_url="https://h/t", client_id="me", client_secret=LONG_KEY, scope="a b", audience="billing"
            ),
        ),
        (
            "token_exchange",
            TokenExchangeGrant(token_url="https://h/x", client_id="me", client_secret="", scope="", audience="api"),
        ),
        ("passthrough", Passthrough()),
    ],
)
def test_a_grant_asks_for_what_the_config_says(
    form: str, grant: ClientCredentialsGrant | Passthrough | TokenExchangeGrant
) -> None:
    assert injection([FORMS[form]]).grant == grant


def test_an_exchange_with_a_secret_sends_and_masks_it() -> None:
    exchange = written.TokenExchange(
        token_url="https://h/x", client_id="me", client_secret=secret(), scope="a", audience="api"
    )
    ready = injection([TokenExchangeCredential(token_exchange=exchange)])
    assert ready.grant == TokenExchangeGrant(
        token_url="https://h/x", client_id="me", client_secret=LONG_KEY, scope="a", audience="api"
    )
    assert ready.secrets == (LONG_KEY,)


def test_several_parameters_and_cookies_are_joined_as_a_request_has_them() -> None:
    ready = injection(
        [
            QueryCredential(query="a/b", value=secret("1/2")),
            QueryCredential(query="c", value=secret("3")),
            CookieCredential(cookie="x", value=secret("4 5")),
            CookieCredential(cookie="y", value=secret("6")),
        ]
    )
    assert ready.query == b"a%2Fb=1%2F2&c=3"
    assert ready.cookies == b"x=4 5; y=6"
    assert injected_names([ready]).cookies == {b"x", b"y"}
    assert [*ready.names()] == ["query a/b", "query c", "cookie x", "cookie y"]


def test_several_credentials_go_together() -> None:
    ready = injection(FIXED)

    assert [name for name, _ in ready.headers] == [b"X-API-Key", b"Authorization", b"Authorization"]
    assert list(ready.names()) == [
        "header X-API-Key", "header Authorization", "header Authorization", "header Authorization",
        "query api key", "cookie sid",
    ]  # fmt: skip


def test_the_pair_of_basic_and_its_password_are_secrets() -> None:
    secrets = injection([FORMS["basic"]]).secrets

    assert set(secrets) == {base64.b64encode(f"user:{LONG_KEY}".encode()).decode(), LONG_KEY}


@pytest.mark.parametrize("form", ["oauth2", "token_exchange", "passthrough"])
def test_a_form_without_a_fixed_value_takes_the_authorization_field_all_the_same(form: str) -> None:
    ready = injection([FORMS[form]])

    assert ready.grant is not None
    assert list(ready.names()) == ["header Authorization"]
    assert fold_name(b"Authorization") in injected_names([ready]).headers


def test_the_secret_of_a_grant_is_masked_too_and_in_no_repr() -> None:
    ready = injection([FORMS["oauth2"]])

    assert LONG_KEY in ready.secrets
    assert as_a(ClientCredentialsGrant, ready.grant).client_secret == LONG_KEY
    assert LONG_KEY not in repr(ready.grant) + repr(ready)


GUESSED = "the secret has fewer than 8 bytes"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("12345", [f"{GUESSED}, too few for the gateway to mask it in the upstream's answers"]),
        ("123456", [GUESSED]),
        ("1234567", [GUESSED]),
        ("12345678", []),
    ],
)
def test_a_short_secret_is_warned_of_without_being_shown(text: str, messages: list[str]) -> None:
    found = list(find_short_secrets([BearerCredential(bearer=secret(text))], ("upstream", "credential")))

    assert [finding.message for finding in found] == messages
    for finding in found:
        assert finding.pointer == ("upstream", "credential", 0)
        assert (finding.rule, finding.severity) == ("short-secret", Severity.WARNING)
        assert finding.hint == "ask for a longer key"
        assert text not in str(finding)


def test_nothing_secret_is_in_a_repr() -> None:
    ready = injection(FIXED)

    assert repr(ready).startswith("Injection(header X-API-Key")
    assert not any(secret in repr(ready) for secret in ready.secrets)
