"""The account of a call names the credentials that the gateway sets on it."""

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.gate.variant import PlainFields
from plugin_gateway.openapi.document import Document
from plugin_gateway.refusal import Refusal
from plugin_gateway.revision.account import account_for
from plugin_gateway.revision.compile import compile_revision

DOCUMENT = Document(
    root=yaml.safe_load(
        """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets: {get: {operationId: list, responses: {}}, post: {operationId: add, responses: {}}}
  /own: {get: {operationId: own, responses: {}}}
"""
    ),
    name="openapi.yaml",
)
CONFIG = """
openapi: openapi.yaml
upstream:
  url: https://api.test
  credential: {header: X-Read, value: {value: very-secret-1}}
  write_credential: {header: X-Write, value: {value: very-secret-2}}
allow: [list, add, {operation: own, credential: {query: key, value: {value: very-secret-3}}}]
"""
MANIFEST = "manifest: {contact_email: a@example.com, legal_info_url: 'https://example.com/t'}\n"


@pytest.mark.parametrize(
    ("method", "target", "said"),
    [
        ("GET", "/pets", "sets header X-Read"),
        ("POST", "/pets", "sets header X-Write"),
        ("GET", "/own", "sets query key"),
    ],
)
def test_the_credential_of_the_operation_is_named_and_its_value_is_not(method: str, target: str, said: str) -> None:
    loaded = load_text(CONFIG, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    account = account_for(method, target, revision=revision, loaded=loaded, document=DOCUMENT)

    assert account.is_allowed
    assert [step.finding for step in account.steps if step.name == "credential"] == [said]
    assert "very-secret" not in repr(account)


def test_without_a_credential_nothing_is_set() -> None:
    text = "openapi: openapi.yaml\nupstream: {url: 'https://api.test'}\nallow: [list]\n"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    steps = account_for("GET", "/pets", revision=revision, loaded=loaded, document=DOCUMENT).steps

    assert "sets nothing" in [step.finding for step in steps]


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/p ets"), ("GET", "/pets/ä"), ("G T", "/pets"), ("", ""), ("GET", "/\0")]
)
def test_an_invalid_request_line_is_refused_as_the_gateway_refuses_it(method: str, target: str) -> None:
    loaded = load_text(CONFIG, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    account = account_for(method, target, revision=revision, loaded=loaded, document=DOCUMENT)

    assert isinstance(account.verdict, Refusal)
    assert (account.verdict.status, account.verdict.code) == (400, "bad-request-line")


def test_an_account_names_the_limits_of_a_call() -> None:
    text = CONFIG.replace("[list,", "[{operation: list, rate: 5/s},") + "limits: {rate: 20/s, concurrency: 7}\n"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    steps = account_for("GET", "/pets", revision=revision, loaded=loaded, document=DOCUMENT).steps

    said = {step.name: step.finding for step in steps}
    assert said["limits"] == "at most 20/s for all callers together, 7 at the same time"
    assert said["rule"].endswith(", at most 5/s")


def test_an_account_says_that_a_call_needs_approval() -> None:
    text = CONFIG.replace("[list,", "[{operation: list, consequential: confirm},")
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    steps = account_for("GET", "/pets", revision=revision, loaded=loaded, document=DOCUMENT).steps

    assert {step.name: step.finding for step in steps}["approval"].startswith("a person must approve each call")


TO_BROWSERS = "a browser, which names text/html in Accept, gets the gateway's page"


@pytest.mark.parametrize(
    ("method", "asked", "accept", "more", "code", "said"),
    [
        ("GET", "/", b"text/html, */*", "", "", "the gateway answers / itself"),
        ("HEAD", "/", b"text/html", "", "", "the gateway answers / itself"),
        ("GET", "http://localhost:8080", b"text/html", "", "", "the gateway answers / itself"),
        ("GET", "/", b"*/*", "", "operation-not-found", TO_BROWSERS),
        ("GET", "/", b"", "", "operation-not-found", TO_BROWSERS),
        ("POST", "/", b"text/html", "", "operation-not-found", ""),
        ("GET", "/x", b"text/html", "", "operation-not-found", ""),
        ("GET", "/", b"text/html", "public: {page: false}\n", "operation-not-found", ""),
    ],
)
def test_a_browser_gets_the_page_and_a_program_the_answer_of_the_gate(
    method: str, asked: str, accept: bytes, more: str, code: str, said: str
) -> None:
    loaded = load_text(CONFIG + more, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)
    fields = PlainFields(((b"accept", accept),)) if accept else PlainFields()

    account = account_for(method, asked, revision=revision, loaded=loaded, document=DOCUMENT, fields=fields)

    assert getattr(account.verdict, "code", "") == code
    assert [step.finding.startswith(said) for step in account.steps if step.name == "own path"] == [True] * bool(said)


BELOW = "{url: https://api.example.com/plugin}"
STRIPPED = "{url: https://api.example.com/plugin, path_stripped: true}"


@pytest.mark.parametrize(
    ("public", "asked", "code"),
    [
        (BELOW, "/pets", ""),
        (BELOW, "/plugin/pets", ""),
        (BELOW, "https://api.example.com/plugin/pets", ""),
        (BELOW, "http://127.0.0.1:9/plugin/pets", ""),
        (BELOW, "https://api.test/pets", ""),
        (BELOW, "https://api.example.com/.well-known/ai-plugin.json", ""),
        (BELOW, "https://api.example.com/pets", "operation-not-found"),
        (BELOW, "https://api.example.com/plugin", "operation-not-found"),
        (BELOW, "https://api.example.com/plugin?a", "operation-not-found"),
        (BELOW, "http://127.0.0.1:9/pets", "operation-not-found"),
        (BELOW, "https://api.example.com/pluginx/pets", "operation-not-found"),
        (BELOW, "https://elsewhere.test/plugin/pets", "elsewhere"),
        (STRIPPED, "https://api.example.com/plugin/pets", ""),
        (STRIPPED, "https://api.example.com/pets", "operation-not-found"),
        (STRIPPED, "http://127.0.0.1:9/pets", ""),
        (STRIPPED, "http://127.0.0.1:9/plugin/pets", "operation-not-found"),
    ],
)
def test_a_pasted_url_of_a_gateway_below_a_path_is_judged_as_the_gateway_would(
    public: str, asked: str, code: str
) -> None:
    loaded = load_text(CONFIG + f"public: {public}\n{MANIFEST}", path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    account = account_for("GET", asked, revision=revision, loaded=loaded, document=DOCUMENT)

    assert getattr(account.verdict, "code", "") == code
    if not code and "well-known" not in asked:
        assert account.url == "https://api.test/pets"


def test_a_url_of_the_api_on_the_host_of_the_gateway_is_the_upstreams() -> None:
    text = CONFIG.replace("https://api.test", "https://api.example.com/v2") + f"public: {BELOW}\n{MANIFEST}"
    loaded = load_text(text, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)

    for asked in ("https://api.example.com/v2/pets", "https://api.example.com/plugin/pets"):
        account = account_for("GET", asked, revision=revision, loaded=loaded, document=DOCUMENT)
        assert account.url == "https://api.example.com/v2/pets"


@pytest.mark.parametrize(("target", "code"), [("/pets", ""), ("/own", "operation-not-found")])
def test_a_call_that_no_consumer_may_make_is_refused(target: str, code: str) -> None:
    consumers = """
auth: {type: service_http, tokens: [{name: a, value: a-token-of-some-length}]}
consumers: [{name: reader, match: {token: a}, allow: [list]}]
"""
    loaded = load_text(CONFIG + consumers, path=None, environ={})
    revision = compile_revision(loaded, DOCUMENT, number=1)
    account = account_for("GET", target, revision=revision, loaded=loaded, document=DOCUMENT)
    assert getattr(account.verdict, "code", "") == code
    assert {step.name: step.passed for step in account.steps}["consumers"] is not bool(code)
    assert (account.rule is None) is bool(code)
