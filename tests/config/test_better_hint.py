import pytest

from plugin_gateway.config import not_yet
from plugin_gateway.config.load import load_text
from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError

GOOD = {
    "openapi": "openapi: ./openapi.yaml",
    "upstream": "upstream: {url: 'http://127.0.0.1:9'}",
    "allow": "allow: [a]",
}


def found(**lines: str) -> tuple[Finding, ...]:
    text = "\n".join((GOOD | lines).values()) + "\n"
    with pytest.raises(ConfigError) as caught:
        load_text(text, path=None, environ={})
    return caught.value.findings


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ({"upstream": "upstream: https://api.example.com"}, "write `upstream: {url: https://api.example.com}`"),
        ({"upstream": "upstream: api"}, "write `upstream: {url: https://…}`"),
        ({"auth": "auth: bearer"}, "{type: service_http, tokens: [{name: NAME, env: VARIABLE}]}"),
        ({"auth": "auth: Basic"}, "{type: user_http, authorization_type: basic, users: FILE}"),
        ({"auth": "auth: oauth"}, "write `auth: {type: oauth}`"),
        ({"auth": "auth: {type: api-key}"}, "{type: service_http, tokens:"),
        ({"auth": "auth: {type: jwt}"}, "{type: oauth, …}"),
        ({"deny": "overlays: [o.yaml]"}, "`openapi: {source: DOCUMENT, overlays: [FILE]}`"),
        ({"deny": "refresh: 1h"}, "`openapi: {source: DOCUMENT, refresh: 1h}`"),
        ({"allow": "allow:\n  listA"}, "begin each entry with a dash: `- listA`"),
        ({"allow": "allow:\n  -a\n  -b"}, "put a space after each dash: `- a`"),
        ({"allow": "allow: '---'"}, ""),
        ({"allow": "allow: {operations: [a, b]}"}, "remove `operations:`: its entries belong directly below `allow`"),
        ({"allow": "allow: {GET: [/a, /b]}"}, "dash: `- GET /a`, `- GET /b`"),
        ({"allow": "allow: {tags: [a], operations: [b], paths: [/c]}"}, "dash: `- tag: a`, `- b`, `- path: /c`"),
        ({"allow": "allow: [{operation: a, response: [id, $x]}]"}, "write {keep: [/id]}"),
        ({"allow": "allow: [{operation: a, response: [$x]}]"}, "for example"),
        ({"deny": "cors: {origins: ['https://a.example'], credentials: true}"}, "write [https://a.example]"),
        ({"deny": "cors: 'https://a.example, https://b.example'"}, "write [https://a.example, https://b.example]"),
        ({"allow": "allow: [{operation: a, response: {keep: items.id}}]"}, "write [/items/id]"),
        ({"allow": "allow:\n- operation: a\n  request: {drop: '/note, $.by[name]'}"}, "write [/note, /by/name]"),
        ({"allow": "allow: [{operation: a, response: {keep: 'a: b'}}]"}, "write [a: b]"),
        ({"allow": "allow: [{operation: a, response: {remove: [/id]}}]"}, "did you mean `drop`?"),
        ({"allow": "allow: [{operation: a, approval: confirm}]"}, "did you mean `consequential`?"),
        ({"deny": "cors: {origins: [1]}"}, "for example [https://chatgpt.com]"),
        ({"deny": "x-aws: {}"}, "remove it: custom keys are not supported"),
        ({"deny": "port: 8080"}, "write `listen: :8080`"),
        ({"deny": "limits: {bad_credentials: 10}"}, "write 10/s or 10/min"),
        (
            {"upstream": "upstream: {url: 'https://h/v1'}", "allow": "allow: ['https://h/v1/a/{id}?x=1']"},
            "write `GET /a/{id}`",
        ),
        ({"upstream": "upstream: {url: 'https://h/v1'}", "allow": "allow: ['https://h/v2/a']"}, "write `GET /v2/a`"),
        ({"upstream": "upstream: {url: '${URL}'}"}, "set PLUGIN_GATEWAY__UPSTREAM__URL in the environment"),
        ({"allow": "allow: ['GET http://[x/a?b']"}, "write `GET /a`"),
        ({"allow": "allow: [{tag: [a, b]}]"}, "write one entry for each tag: `- tag: a`, `- tag: b`"),
        ({"allow": "allow: [{tag: [{a: b}]}]"}, ""),
        ({"allow": "allow:\n  operation: a\n  rate: 1/s"}, "begin each entry with a dash: `- operation: a`"),
        ({"deny": "deny:\n  parameters: {}"}, "begin each entry with a dash: `- parameters: …`"),
        ({"allow": "allow:\n  - a\n  GET /b"}, "begin each entry of a list with a dash and a space: `- GET /b`"),
        ({"upstream": "upstream: {url: 'http://h', credential: ${KEY}}"}, "write {env: KEY}"),
        ({"upstream": "upstream: {url: 'http://h', credential: {bearer: '${KEY}'}}"}, "write {env: KEY}"),
        ({"upstream": "upstream: {url: 'http://h', credential: {bearer: $KEY}}"}, "write {env: KEY}"),
        ({"upstream": "upstream: {url: 'http://h', credential: {header: X, value: '${KEY:-x}'}}"}, "write {env: KEY}"),
        (
            {"upstream": "upstream: {url: 'http://h', credential: {bearer: {env: '${KEY}'}}}"},
            "write only the name: {env: KEY}",
        ),
        ({"upstream": "upstream: {url: 'http://h', credential: hunter2}"}, "write {bearer: {env: NAME}}, or"),
    ],
)
def test_the_hint_of_a_typical_mistake_is_the_line_that_mends_it(lines: dict[str, str], hint: str) -> None:
    (finding,) = found(**lines)

    assert hint in finding.hint
    assert "hunter2" not in str(finding)


def test_other_mistakes_keep_their_hint() -> None:
    (finding,) = found(upstream="upstream: {url: 'http://h', credential: {bearer: hunter2}}")

    assert finding.hint == "write {env: NAME} or {file: PATH}"


def test_values_below_a_misspelt_key_are_judged_and_the_right_key_is_not_reported_missing() -> None:
    findings = found(upstream="upstraem:\n  url: ftp://x\n  credental: {bearer: {env: GONE}}\n  conections: 0")

    assert [
        (finding.rule, finding.location and (finding.location.line, finding.location.column)) for finding in findings
    ] == [
        ("unknown-key", (2, 1)),
        ("bad-url", (3, 8)),
        ("unknown-key", (4, 3)),
        ("secret-missing", (4, 29)),
        ("unknown-key", (5, 3)),
        ("bad-value", (5, 15)),
    ]


def test_a_value_below_a_misspelt_key_gets_the_hint_of_the_right_key() -> None:
    findings = found(upstream="backend: https://api.example.com", deny="auth: {type: oauth, scopes: [read, write]}")

    hints = [finding.hint for finding in findings if finding.rule == "wrong-type"]
    assert hints == ["write `upstream: {url: https://api.example.com}`", 'write "read write"']


def test_the_reason_is_not_given_again_in_the_hint() -> None:
    (finding,) = found(upstream="upstream: {url: '${URL}'}")

    assert f"{finding.message} {finding.hint}".count("variables are not expanded here") == 1


def test_a_key_that_is_refused_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_yet, "NOT_YET", frozenset({"openapi.refresh"}))
    assert not_yet.supported_only("valid here: source, refresh", ("openapi", "surprise")) == "valid here: source"
