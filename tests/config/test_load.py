import contextlib
import os
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plugin_gateway.config.credential import HeaderCredential
from plugin_gateway.config.find import find_config
from plugin_gateway.config.load import LoadedConfig, load, load_text
from plugin_gateway.diagnostics import Finding, Severity
from plugin_gateway.errors import ConfigError
from plugin_gateway.rendering import render_github, render_json, render_sarif, render_text
from tests.narrow import as_a, present

MINIMAL = """\
openapi: ./openapi.json
upstream:
  url: https://api.example.com
  credential: {header: X-API-Key, value: {env: KEY}}
allow:
  - listIssues
  - POST /issues
"""
ENVIRON = {"KEY": "s3cr3t"}


def place(finding: Finding) -> tuple[int, int]:
    location = present(finding.location)
    return location.line, location.column


def loaded(
    text: str = MINIMAL,
    environ: dict[str, str] | None = None,
    overrides: dict[str, str] | None = None,
    path: Path = Path("gateway.yaml"),
    **options: Any,
) -> LoadedConfig:
    return load_text(text, path=path, environ=ENVIRON if environ is None else environ, overrides=overrides, **options)


def findings_of(
    text: str, environ: dict[str, str] | None = None, overrides: None = None, path: Path = Path("gateway.yaml")
) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        loaded(text, environ, overrides, path)
    return caught.value.findings


def test_the_minimal_config_loads() -> None:
    result = loaded()
    assert [entry.operation for entry in result.config.allow] == ["listIssues", "POST /issues"]
    assert as_a(HeaderCredential, result.config.upstream.credential[0]).value.reveal() == "s3cr3t"
    assert result.warnings == ()


@pytest.mark.parametrize("word", ["off", '"off"', "false"])
def test_off_is_read_the_same_with_and_without_quotes(word: str) -> None:
    text = f"{MINIMAL}mcp: {{mode: {word}}}\npublic: {{url: 'https://h', page: {word}}}\n"
    if word != "false":
        text += f"validate: {{request: {word}, response: {word}}}\n"
    config = loaded(text).config

    assert not config.mcp.is_on
    assert not config.public.page
    if word != "false":
        assert (config.validate_.request, config.validate_.response) == ("off", "off")


@pytest.mark.parametrize(
    ("word", "rule", "hint"),
    [
        ("yes", "ambiguous-yaml", "write true"),
        ("ON", "ambiguous-yaml", "write true"),
        ("no", "ambiguous-yaml", "write false"),
        ("off", "ambiguous-yaml", "write false"),
        ('"yes"', "wrong-type", "write true"),
        ('"off"', "wrong-type", "write false"),
        ('"true"', "wrong-type", "write true, without quotes"),
        ('"False"', "wrong-type", "write false, without quotes"),
        ("1", "wrong-type", "write true"),
        ("n", "wrong-type", "write false"),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "public: {url: https://h/x, path_stripped: HERE}",
        "deny: []\nauth: {type: user_http, passthrough: HERE}",
        "validate: {}\nmanifest: {}\nconsole: {write: HERE}",
    ],
)
def test_a_word_where_only_true_or_false_is_valid_is_reported_with_the_one_to_write(
    place: str, word: str, rule: str, hint: str
) -> None:
    found = [one for one in findings_of(f"{MINIMAL}{place.replace('HERE', word)}\n") if one.rule == rule]
    assert [one.hint for one in found] == [hint]


def test_an_empty_allow_list_allows_nothing() -> None:
    assert loaded(MINIMAL[: MINIMAL.index("allow")] + "allow: []\n").config.allow == ()


# Each row: the text that replaces `HERE` at the end of the minimal config, and its only finding.
MISTAKES = [
    ("lisen: :80", "unknown-key", 8, 1, "unknown key `lisen`"),
    ("limits: {connection: 5}", "unknown-key", 8, 10, "unknown key `connection`"),
    ("listen: 8080", "bad-address", 8, 9, "`listen`: not an address, got 8080"),
    ("listen: :8081\nadmin: 127.0.0.1:8081", "admin-is-public", 9, 8, "`admin`: `admin` must not be the public listener"),
    ("listen: :8081", "admin-is-public", 8, 9, "`listen`: `admin` must not be the public listener"),
    ("public: {url: http://plugin.example.com}", "public-url-https", 8, 15, "`public.url`: must be https"),
    ("public: {url: https://h/x//y}", "public-url", 8, 15, "`public.url`: the path can be written in more than one way"),
    ("public: {url: https://h/x/openapi.json}", "public-url", 8, 15, "`public.url`: names a file of the gateway, not the gateway"),
    ("public: {path_stripped: true}", "goes-together", 8, 25, "`path_stripped` needs a path in `url`"),
    ('public: {url: "https://h/", path_stripped: true}', "goes-together", 8, 44, "`path_stripped` needs a path in `url`"),
    ("public: {openapi_version: 3.3}", "bad-value", 8, 27, "`public.openapi_version`: not a valid value, got"),
    ("public: {extensions: [rate]}", "bad-value", 8, 23, "`public.extensions[0]`"),
    ("mcp: {path: mcp}", "bad-path", 8, 13, "`mcp.path`: not a path for the MCP endpoint"),
    ("mcp: {path: /mcp/}", "bad-path", 8, 13, "`mcp.path`: not a path for the MCP endpoint"),
    ("mcp: {path: /a/../b}", "bad-path", 8, 13, "`mcp.path`: not a path for the MCP endpoint"),
    ("mcp: {path: /openapi.json}", "bad-path", 8, 13, "`mcp.path`: the gateway serves something else"),
    ("mcp: {path: /.well-known/mcp}", "bad-path", 8, 13, "`mcp.path`: the gateway serves something else"),
    ("mcp: {mode: both}", "bad-value", 8, 13, "`mcp.mode`: not a valid value, got"),
    ("mcp: {path: off}", "ambiguous-yaml", 8, 13, "true or false to some YAML parsers"),
    ("mcp: {mode: OFF}", "ambiguous-yaml", 8, 13, "true or false to some YAML parsers"),
    ("validate: {request: on}", "bad-value", 8, 21, "`validate.request`: not a valid value"),
    ("mcp: {hosts: [https://h]}", "bad-address", 8, 15, "`mcp.hosts[0]`: not a host"),
    ("mcp: {result_bytes: 10B}", "bad-value", 8, 21, "`mcp.result_bytes`: must be greater than or equal to 1000"),
    ("cors: https://x", "wrong-type", 8, 7, "`cors`: expected a list"),
    ("cors: [https://x/]", "bad-origin", 8, 8, "`cors[0]`: an origin has no path"),
    ("client_timeout: {head: 10}", "bad-duration", 8, 24, "`client_timeout.head`: a duration needs a unit, got 10"),
    ("limits: {request_body: 1mo}", "bad-size", 8, 24, "`limits.request_body`: not a size"),
    ("limits: {connections: 0}", "bad-value", 8, 23, "`limits.connections`: must be greater than or equal to 1"),
    ('limits: {connections: "5"}', "wrong-type", 8, 23, "`limits.connections`: expected a whole number"),
    ("limits: {burst: 5}", "goes-together", 8, 10, "`burst` needs `rate`"),
    ("limits: {response_overflow: truncate}", "goes-together", 8, 29, "`truncate` needs `response_body`"),
    ("limits: {response_overflow: truncate, response_body: 2MB}", "too-large", 8, 54, "`truncate` takes at most 1MB"),
    ("auth: {type: [oauth]}", "bad-value", 8, 14, "`auth.type`: not a valid value"),
    ("log: {level: debag}", "bad-value", 8, 14, "`log.level`: not a valid value"),
    ("manifest: {name_for_human: A name of twenty-one!}", "too-long", 8, 28, "`name_for_human` has 21 characters; the limit is 20"),
    ("manifest: {name_for_model: two words}", "bad-name", 8, 28, "only letters, digits and `_`, got"),
    ("manifest: {contact_email: nobody}", "bad-email", 8, 27, "not an e-mail address"),
    ("manifest: {logo: missing.png}", "file-missing", 8, 18, "`manifest.logo`: no such file"),
    (f"manifest: {{logo: {'x' * 300}}}", "file-missing", 8, 18, "`manifest.logo`: file name too long"),
    ("manifest: {legal_info_url: /terms}", "bad-url", 8, 28, "not a URL with a scheme"),
    ("manifest: no", "ambiguous-yaml", 8, 11, "true or false to some YAML parsers"),
    ("manifest: 5", "wrong-type", 8, 11, "`manifest`: expected a mapping, got 5"),
    ("deny: [DELETE issues]", "bad-operation", 8, 8, "the path must start with `/`"),
    ("deny: [{tag: a, path: /b}]", "exactly-one", 8, 17, "an entry has `tag` and `path`"),
    ("deny: [{}]", "exactly-one", 8, 8, "an entry needs exactly one of"),
    ("deny: [{operation: a, methods: [GET]}]", "goes-together", 8, 23, "`methods` needs `tag` or `path`"),
    ("deny: [3]", "wrong-type", 8, 8, "`deny[0]`: expected an operation, got 3"),
    ("allow: []", "duplicate-key", 8, 1, "key `allow` is already in line 5"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "rule", "row", "column", "message"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_one_finding_at_its_place(line: str, rule: str, row: int, column: int, message: str) -> None:
    [finding] = findings_of(f"{MINIMAL}{line}\n")
    assert (finding.rule, *place(finding)) == (rule, row, column)
    assert message in finding.message


UPSTREAM = [
    ("url: ftp://x", "bad-url", 3, 8),
    ("url: https://me:pw@x", "secret-in-url", 3, 8),
    ("url: https://x?y", "bad-url", 3, 8),
    ("url: 5", "bad-url", 3, 8),
    ("credential: {header: X}", "missing-key", 3, 15),
    ("credential: {header: Host, value: {env: KEY}}", "bad-header-name", 3, 24),
    ("credential: {header: 'X Y', value: {env: KEY}}", "bad-header-name", 3, 24),
    ("credential: {header: X, value: {env: NOT_SET}}", "secret-missing", 3, 40),
    ("credential: {header: X, value: hunter2}", "secret-source", 3, 34),
    ("credential: {headr: X, value: {env: KEY}}", "exactly-one", 3, 16),
    ("credential: {bearer: {env: KEY}, query: k}", "exactly-one", 3, 36),
    ("credential: [{bearer: {env: KEY}}, {header: authorization, value: {env: KEY}}]", "duplicate-key", 3, 38),
    ("credential: {basic: {username: 'a:b', password: {env: KEY}}}", "bad-value", 3, 34),
    ("credential: {bearer: {fil: x}}", "unknown-key", 3, 25),
    ("credential: {passthrough: false}", "bad-value", 3, 29),
    ("credential: {oauth2: {token_url: https://h/t, client_id: me}}", "missing-key", 3, 24),
    ("credential: [{bearer: {env: KEY}}, {passthrough: true}]", "duplicate-key", 3, 38),
    ("tls: {cert: gateway.yaml}", "goes-together", 3, 9),
    ("timeout: {conect: 3s}", "unknown-key", 3, 13),
    ("headers: {forward: [Authorization]}", "bad-header-name", 3, 23),
    ("headers: {pass_set_cookie: 1}", "wrong-type", 3, 30),
]


@pytest.mark.parametrize(("line", "rule", "row", "column"), UPSTREAM, ids=[row[0] for row in UPSTREAM])
def test_a_mistake_in_the_upstream_is_one_finding_at_its_place(
    tmp_path: Path, line: str, rule: str, row: int, column: int
) -> None:
    (tmp_path / "gateway.yaml").touch()
    url = "" if line.startswith("url:") else "  url: https://x\n"
    text = f"openapi: x\nupstream:\n  {line}\n{url}allow: []\n"
    [finding] = findings_of(text, path=tmp_path / "gateway.yaml")
    assert (finding.rule, *place(finding)) == (rule, row, column)


def test_every_mistake_is_in_one_report_in_file_order() -> None:
    findings = findings_of(
        "openapi: 5\nupstream:\n  url: ftp://x\n  timeot: {read: 3s}\nallow:\n  - GET issues\nlisten: nowhere\n"
    )
    assert [(finding.rule, present(finding.location).line) for finding in findings] == [
        ("wrong-type", 1), ("bad-url", 3), ("unknown-key", 4), ("bad-operation", 6), ("bad-address", 7),
    ]  # fmt: skip


def test_missing_keys_are_found_at_the_mapping_they_are_missing_from() -> None:
    findings = findings_of("upstream: {connections: 5}\n")
    assert {finding.message for finding in findings} == {
        "required key `openapi` is missing", "required key `allow` is missing", "required key `url` is missing",
    }  # fmt: skip
    assert {present(finding.location).line for finding in findings} == {1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n"])
def test_an_empty_config_says_what_it_needs(text: str) -> None:
    [finding] = findings_of(text)
    assert finding.rule == "empty-config"


@pytest.mark.parametrize("text", ["[]", "text", "5"])
def test_a_config_that_is_no_mapping_is_a_finding(text: str) -> None:
    [finding] = findings_of(text)
    assert (finding.rule, *place(finding)) == ("not-a-config", 1, 1)


def test_a_secret_in_the_file_is_a_warning_that_does_not_show_it() -> None:
    result = loaded(MINIMAL.replace("env: KEY", "value: hunter2"))
    [warning] = result.warnings
    assert (warning.rule, warning.severity, present(warning.location).line) == ("secret-in-file", Severity.WARNING, 4)
    assert "hunter2" not in render_text([warning]) + repr(result)


def test_paths_start_at_the_folder_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cr3t\n")
    (tmp_path / "logo.png").touch()
    path = tmp_path / "gateway.yaml"
    path.write_text(MINIMAL.replace("env: KEY", "file: key") + "manifest: {logo: logo.png}\n")
    assert load(path, environ={}).config.openapi.source == str(tmp_path / "openapi.json")


@pytest.mark.parametrize("are_there", [True, False])
def test_on_file_is_called_for_each_named_file_even_if_it_is_missing(tmp_path: Path, are_there: bool) -> None:
    named = {"key", "write", "logo.png", "ca.pem", "cert.pem", "me.key", "users", "openapi.json"}
    if are_there:
        for name in named:
            (tmp_path / name).write_text("x")
    path = tmp_path / "gateway.yaml"
    path.write_text("""
openapi: openapi.json
upstream:
  url: https://h
  credential: {header: X-Key, value: {file: key}}
  write_credential: {bearer: {file: write}}
  tls: {ca: ca.pem, cert: cert.pem, key: me.key}
manifest: {logo: logo.png}
auth: {type: user_http, users: users}
allow: []
""")
    told: list[Path] = []
    with contextlib.suppress(ConfigError):
        load(path, environ={}, on_file=told.append)
    assert {file.name for file in told} == named
    assert {file.parent for file in told} == {tmp_path}


def test_a_document_at_a_url_is_no_file() -> None:
    told: list[Path] = []
    loaded(MINIMAL.replace("./openapi.json", "https://h/o.json"), on_file=told.append)
    assert told == []


def test_an_override_of_the_environment_wins_over_the_file() -> None:
    environ = ENVIRON | {"PLUGIN_GATEWAY__UPSTREAM__URL": "http://other", "plugin_gateway__Log__Level": "debug"}
    config = loaded(environ=environ).config
    assert (str(config.upstream.url), config.log.level) == ("http://other", "debug")


def test_an_option_of_the_command_line_wins_over_the_environment() -> None:
    config = loaded(environ=ENVIRON | {"PLUGIN_GATEWAY__LISTEN": ":1"}, overrides={"listen": ":2"}).config
    assert config.listen.port == 2


def test_a_container_runs_without_any_file() -> None:
    environ = ENVIRON | {
        "PLUGIN_GATEWAY__OPENAPI": "https://h/openapi.json",
        "PLUGIN_GATEWAY__UPSTREAM__URL": "https://h",
        "PLUGIN_GATEWAY__UPSTREAM__CREDENTIAL": "{bearer: {env: KEY}}",
        "PLUGIN_GATEWAY__UPSTREAM__CONNECTIONS": "7",
        "PLUGIN_GATEWAY__UPSTREAM__HEADERS__PASS_SET_COOKIE": "true",
        "PLUGIN_GATEWAY__ALLOW": "listIssues, POST /issues",
        "PLUGIN_GATEWAY__MANIFEST__NAME_FOR_HUMAN": "2048",
    }
    config = load(find_config(None, environ=environ, folder=Path("nowhere")), environ=environ).config
    assert [entry.operation for entry in config.allow] == ["listIssues", "POST /issues"]
    assert config.upstream.connections == 7
    assert config.upstream.headers.pass_set_cookie is True
    assert config.manifest.name_for_human == "2048"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("PLUGIN_GATEWAY__LOG__LEVEL", "debag", "bad-value"),
        ("PLUGIN_GATEWAY__UPSTRAEM__URL", "http://x", "unknown-key"),
        ("PLUGIN_GATEWAY__UPSTREAM__CONNECTIONS", "many", "wrong-type"),
        ("PLUGIN_GATEWAY__ALLOW", "[a", "yaml-syntax"),
        ("PLUGIN_GATEWAY__ALLOW__7", "a", "bad-override"),
        ("PLUGIN_GATEWAY__LOG____LEVEL", "info", "bad-override"),
    ],
)
def test_a_mistake_in_an_override_is_located_at_its_variable(name: str, value: str, rule: str) -> None:
    [finding] = findings_of(MINIMAL, ENVIRON | {name: value})
    assert (finding.rule, str(finding.location)) == (rule, f"env {name}")


def test_a_byte_order_mark_and_crlf_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (MINIMAL + "listen: nowhere\n").replace("\n", "\r\n").encode())
    with pytest.raises(ConfigError) as caught:
        load(path, environ=ENVIRON)
    assert [place(finding) for finding in caught.value.findings] == [(8, 9)]


def test_findings_of_other_rooms_are_located_by_their_pointer() -> None:
    finding = Finding(rule="unknown-operation", message="no such operation", pointer=("allow", 1))
    elsewhere = Finding(rule="x", message="y")
    located, untouched = loaded().located([finding, elsewhere])
    assert (*place(located), present(located.location).text) == (7, 5, "  - POST /issues")
    assert untouched.location is None


@given(
    st.lists(st.sampled_from(["allow", "upstream", "credential", "value", "env", 0, 1, "nothing"]), max_size=5),
    st.booleans(),
)
def test_locate_is_always_inside_the_file(pointer: list[Any], key: bool) -> None:
    location = loaded().locate(tuple(pointer), key=key)
    lines = MINIMAL.splitlines()
    assert 0 <= location.line <= len(lines)
    if location.line:
        assert 1 <= location.column <= len(lines[location.line - 1])


@given(st.text() | st.text(string.printable) | st.lists(st.sampled_from(MINIMAL.split(" "))).map(" ".join))
@example("openapi: {}\nupstream: []\nallow: {}")
@example("upstream: {credential: [[{}]]}\nallow: [[], {parameters: 3}]\nauth: []")
def test_no_text_raises_anything_but_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        loaded(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["x", "GET /x", "3s", "none", "https://x", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "url",
                    "credential",
                    "value",
                    "env",
                    "header",
                    "operation",
                    "tag",
                    "type",
                    "tokens",
                    "parameters",
                    "bearer",
                    "basic",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["openapi", "upstream", "allow", "deny", "auth", "limits", "consumers", "validate", "log", "mcp"]
        ),
        VALUES,
        max_size=3,
    )
)
def test_no_value_raises_anything_but_a_config_error(value: dict[str, Any]) -> None:
    import yaml

    with contextlib.suppress(ConfigError):
        loaded(yaml.dump(value, Dumper=yaml.CSafeDumper))


SECRET = "Zq7#planted"
PLANTED = [
    "upstream: {credential: {header: X, value: {value: SECRET}}}",
    "upstream: {credential: {header: X, value: SECRET}}",
    "upstream: {credential: {headr: X, value: {value: SECRET}}}",
    "upstream: {credential: {bearer: SECRET}}",
    "upstream: {credential: {basic: {username: me, password: SECRET}}}",
    "upstream: {credential: {basic: {username: me, pasword: {value: SECRET}}}}",
    "upstream: {credential: SECRET}",
    "upstream: {api_key: SECRET}",
    "upstream: {url: https://me:SECRET@h}",
    "upstream: {url: https://h/?key=SECRET}",
    "openapi: {source: x, headers: {X-Docs-Key: SECRET}}",
    "openapi: https://me:SECRET@h/x",
    "auth: {type: service_http, tokens: [{name: a, value: SECRET}]}",
    "auth: {type: service_http, tokens: [SECRET]}",
    "limits: {redis: SECRET}",
    "upstream: {credential: {header: X, value: {value: SECRET, value: SECRET}}}",
    "upstream: {credential: {header: X, value: {value: SECRET}}, oops",
    "upstream:\n  credential:\n    bearer: {value: 'SECRET}",
    "upstream:\n  credential:\n    bearer:\n      value: |\n        SECRET\n\t- oops",
    "upstream:\n  credential:\n    bearer:\n      value: >\n        SECRET\n        SECRET\n",
    "upstream: {url:https://me:SECRET@h}",
    "upstream: {credential: {header: X, value:SECRET}}",
    "upstream: {credential: {header: X, key: SECRET}, timeout: 5",
    "upstream:\n  security: SECRET\n",
    "upstream:\n  credential:\n    bearer: SECRET\nallow: [a",
    "upstream:\n  credential:\n    value = SECRET\n",
    "upstream:\n  credential:\n    value:SECRET\n  url: x\n",
    "upstream:\n  credential: {bearer: [SECRET]}\n",
    "credential:\n  bearer: SECRET\n",
    "upstream:\n  headers: {Authorization: SECRET}\nallow: - a\n",
    "upstream:\n  tls: {key: '-----BEGIN PRIVATE KEY----- SECRET'}\n",
    "upstream: {credential: {bearer: {env: -SECRET}}}",
    "upstream: {credential: {header: X, env: -SECRET}}",
    "upstream: {credential: {bearer: {name: -SECRET}}}",
    "upstream: {credential: {type: bearer, token: SECRET}}",
    "upstream:\n  credential\n    bearer:\n      value: SECRET\n",
    "upstream:\n  credential:\n    bearer\n      SECRET\n  url: x\n",
    "upstream:\n  credential:\n    bearer SECRET\n  url: x\n",
    "upstream:\n  credential:\n    header: X\n     value: SECRET\n",
    "upstream:\n  url: x\n   credential:\n     bearer: {valu: SECRET}\n",
    "upstream:\n  credential:\n\theader: X\n\tvalue:SECRET\n",
    "auth: {type: @x, tokens: [{name: a, value: SECRET}]}",
    "auth:\n  tokens:\n  - name: a\n     value: SECRET\n",
    "auth:\n  tokens:\n    name: a\n    - SECRET\n",
    "upstream: &u {credential: {bearer: {value: SECRET}}}\nlisten: {<<: *u}",
]


@pytest.mark.parametrize("template", PLANTED)
@pytest.mark.parametrize("secret", ["Zq7planted", "2024-01-01", "0123456"])
def test_a_planted_secret_shows_in_no_finding(template: str, secret: str) -> None:
    findings = findings_of(template.replace("SECRET", secret))
    shown = [render(findings) for render in (render_text, render_json, render_github, render_sarif)]
    with pytest.raises(ConfigError) as caught:
        loaded(template.replace("SECRET", secret))
    everything = "".join(
        [
            *shown,
            str(caught.value),
            repr(caught.value),
            repr([finding.location.text for finding in findings if finding.location]),
        ]
    )
    assert secret not in everything
    assert caught.value.__context__ is None


def test_a_secret_in_the_environment_shows_in_no_finding() -> None:
    environ = ENVIRON | {
        "PLUGIN_GATEWAY__UPSTREAM__CREDENTIAL__VALUE": "Zq7planted",
        "PLUGIN_GATEWAY__UPSTREAM__CREDENTIAL__BEARER__VALUE": "Zq7planted\n7",
        "PLUGIN_GATEWAY__UPSTREAM__URL": "http://me:Zq7planted@h",
    }
    assert "Zq7planted" not in render_text(findings_of(MINIMAL, environ))


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "PLUGIN_GATEWAY__LISTEN", ":1")
    assert loaded().config.listen.port == 8080


@pytest.mark.parametrize("source", ["{env: ABSENT}", "{file: /nowhere/key}"])
def test_a_secret_that_is_missing_is_a_placeholder_where_it_is_not_needed(source: str) -> None:
    text = MINIMAL.replace("{env: KEY}", source)
    (credential,) = loaded(text, {}, needs_secrets=False).config.upstream.credential
    assert as_a(HeaderCredential, credential).value.reveal().startswith("placeholder-for-a-secret-")
    with pytest.raises(ConfigError, match="secret-missing"):
        loaded(text, {})


def test_a_value_that_became_a_comment_is_a_warning_unless_its_place_has_an_error() -> None:
    good = "openapi: a.yaml\nupstream: {url: 'http://h'}\nallow: [a]\n"
    loaded = load_text(good + "plugin:\n  color: #ff0000\n", path=None, environ={})
    assert [(one.rule, present(one.location).line) for one in loaded.warnings] == [("commented-out", 5)]
    with pytest.raises(ConfigError) as caught:
        load_text(good.replace("allow: [a]", "allow:\n  - #a"), path=None, environ={})
    assert [finding.rule for finding in caught.value.findings] == ["wrong-type"]
