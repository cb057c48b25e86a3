"""What the config says of keys, compiled: which calls get what, and what an operator is told of."""

import json

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.errors import ConfigError
from plugin_gateway.openapi.document import Document
from plugin_gateway.revision.compile import compile_revision

DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: api_key, in: query, schema: {type: string}}, {name: Authorization, in: header, schema: {type: string}}]
      responses: {"200": {description: ok}}
    post: {operationId: createPet, tags: [write], responses: {"201": {description: ok}}}
    put: {operationId: putPets, tags: [write], responses: {"201": {description: ok}}}
"""
ENVIRON = {
    "KEY": "sekret-7f3a9c",
    "OTHER": "0ther-7f3a9c",
    "SHORT": "abc",
    "REDIS": "redis://:hunter2@127.0.0.1:6379/0",
}
ISSUER = "token_url: https://issuer.example/t, client_id: me, client_secret: {env: KEY}"


def compiled(credential="{bearer: {env: KEY}}", allow="listPets, createPet", more=""):
    text = f"openapi: x\nupstream: {{url: 'https://h', credential: {credential}}}\nallow: [{allow}]\n{more}\n"
    loaded = load_text(text, path=None, environ=ENVIRON)
    return compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml"), number=1)


def rules_of(**given):
    with pytest.raises(ConfigError) as caught:
        compiled(**given)
    return [(finding.rule, finding.pointer) for finding in caught.value.findings if finding.severity == "error"]


def test_an_entrys_own_credential_is_for_every_operation_that_it_names_and_no_other():
    revision = compiled(allow="listPets, {tag: write, credential: {header: X-Own, value: {env: OTHER}}}")
    own = {name: one.headers for name, one in revision.operation_injections.items()}
    assert own == {"createPet": ((b"X-Own", b"0ther-7f3a9c"),), "putPets": ((b"X-Own", b"0ther-7f3a9c"),)}
    assert revision.read_injection is revision.write_injection


def test_what_any_call_gets_is_taken_from_no_caller_and_shown_to_none():
    revision = compiled(allow="listPets, {operation: createPet, credential: {query: api_key, value: {env: OTHER}}}")
    assert b"api_key" not in revision.faces["/openapi.json"].body
    assert revision.gate.judge(b"GET", b"/pets?api_key=theirs").code == "undeclared-query-parameter"


@pytest.mark.parametrize(
    ("credential", "kind"),
    [
        (f"{{oauth2: {{{ISSUER}}}}}", "client_credentials"),
        (f"{{token_exchange: {{{ISSUER}}}}}", "token_exchange"),
        ("{passthrough: true}", "passthrough"),
    ],
)
def test_a_grant_is_compiled_and_its_field_is_ours(credential, kind):
    revision = compiled(credential)
    assert revision.read_injection.grant.kind == kind
    assert "Authorization" not in json.loads(revision.faces["/openapi.json"].body)["paths"]["/pets"]["get"].get(
        "parameters", []
    )
    assert not revision.rules[0].header_names


@pytest.mark.parametrize("more", ["", "auth: {type: user_http, passthrough: true}"])
def test_callers_whom_the_upstream_judges_are_passed_through(more):
    assert (
        compiled("[{passthrough: true}, {header: X-Key, value: {env: KEY}}]", more=more).read_injection.grant.kind
        == "passthrough"
    )


def test_callers_whom_nobody_judges_do_not_get_our_key_for_any_operation():
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
def test_what_callers_show_to_us_is_not_passed_on(auth):
    assert ("passthrough-of-ours", ("upstream", "credential", 0)) in rules_of(
        credential="{passthrough: true}", more=f"auth: {auth}"
    )


def test_a_short_secret_of_an_entry_is_warned_of_once():
    revision = compiled(allow="listPets, {tag: write, credential: {bearer: {env: SHORT}}}")
    pointers = [finding.pointer for finding in revision.warnings if finding.rule == "short-secret"]
    assert pointers == [("allow", 1, "credential", 0)]


def test_two_credentials_of_an_entry_do_not_go_to_the_same_place():
    allow = "{operation: listPets, credential: [{bearer: {env: KEY}}, {passthrough: true}]}"
    assert rules_of(allow=allow) == [("duplicate-key", ("allow", 0, "credential", 1))]
