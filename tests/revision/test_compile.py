import json
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from plugin_gateway.config.load import load_text
from plugin_gateway.diagnostics import Finding
from plugin_gateway.errors import ConfigError, DocumentError
from plugin_gateway.gate.permit import Permit
from plugin_gateway.openapi.document import Document
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.revision.compile import compile_revision
from plugin_gateway.revision.model import Revision
from tests.narrow import present

SECRET = "sekret-7f3a9c-of-the-upstream"
DOCUMENT = """
openapi: 3.0.3
info: {title: Pets, version: "1", description: About pets., contact: {email: a@example.com}, termsOfService: "https://example.com/t"}
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: api_key, in: query, schema: {type: string}}
      responses: {"200": {description: ok}}
    post: {operationId: createPet, responses: {"201": {description: ok}}}
    options: {operationId: petOptions, responses: {"200": {description: ok}}}
  /pets/{petId}:
    get: {operationId: getPet, parameters: [{name: petId, in: path, required: true, schema: {type: string}}], responses: {"200": {description: ok}}}
  /pets/export:
    get: {operationId: exportPets, responses: {"200": {description: ok}}}
  /broken:
    get: {operationId: broken, responses: {"200": {$ref: "#/components/responses/Gone"}}}
  /openapi.json:
    get: {operationId: ownDocument, responses: {"200": {description: ok}}}
"""
CONFIG = """
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:9100/api/v2
  credential: {query: api_key, value: {env: KEY}}
allow: [listPets, getPet]
"""


def compiled(config: str = CONFIG, *, number: int = 1, **options: Any) -> Revision:
    loaded = load_text(config, path=None, environ={"KEY": SECRET, "WRITE": "write-" + SECRET})
    document = Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml")
    return compile_revision(loaded, document, number=number, **options)


def refused(config: str, **options: Any) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        compiled(config, **options)
    return caught.value.findings


def test_gate_document_and_manifest_speak_of_the_same_operations() -> None:
    revision = compiled()
    served = json.loads(revision.faces["/openapi.json"].body)
    ids = {operation["operationId"] for item in served["paths"].values() for operation in item.values()}
    assert ids == {rule.operation_id for rule in revision.rules} == {"listPets", "getPet"}
    assert "/.well-known/ai-plugin.json" in revision.faces
    assert revision.operations_total == 7


def test_the_gate_opens_exactly_the_allowed_operations() -> None:
    judge = compiled().gate.judge
    assert isinstance(judge(b"GET", b"/pets/1"), Permit)
    assert not isinstance(judge(b"GET", b"/pets/export"), Permit)
    assert not isinstance(judge(b"POST", b"/pets"), Permit)


def test_no_spelling_of_a_path_gets_round_the_approval_of_its_operation() -> None:
    entries = "allow: [listPets, getPet, {operation: exportPets, consequential: confirm}]"
    judge = compiled(CONFIG.replace("allow: [listPets, getPet]", entries)).gate.judge
    verdicts = [judge(b"GET", path) for path in (b"/pets/1", b"/pets/export", b"/pets/e%78port", b"/pets/EXPORT")]
    assert [one.rule.operation_id if isinstance(one, Permit) else one.status for one in verdicts] == [
        "getPet",
        "exportPets",
        404,
        404,
    ]


def test_injected_parameters_are_neither_shown_nor_taken_from_callers() -> None:
    revision = compiled()
    assert revision.read_injection.query == b"api_key=" + SECRET.encode()
    assert b"api_key" not in revision.faces["/openapi.json"].body
    assert not isinstance(revision.gate.judge(b"GET", b"/pets?api_key=theirs"), Permit)


def test_writes_may_have_a_separate_credential() -> None:
    config = CONFIG.replace("allow:", "  write_credential: {bearer: {env: WRITE}}\nallow:")
    revision = compiled(config)
    assert revision.write_injection.headers == ((b"Authorization", b"Bearer write-" + SECRET.encode()),)
    assert revision.read_injection.headers == ()


def test_the_target_is_taken_from_the_config() -> None:
    upstream = compiled().upstream
    assert (upstream.host, upstream.port, upstream.prefix, upstream.tls) == ("127.0.0.1", 9100, b"/api/v2", False)
    assert upstream.authority == b"127.0.0.1:9100"


@pytest.mark.parametrize(("servers", "rules"), [("check", ["upstream-path"]), ("ignore", [])])
def test_an_upstream_that_the_document_contradicts_is_a_warning_at_its_url_unless_it_is_meant(
    servers: str, rules: list[str]
) -> None:
    full = Document(root={**yaml.safe_load(DOCUMENT), "servers": [{"url": "/api/v3"}]}, name="openapi.yaml")
    config = CONFIG.replace("  credential", f"  servers: {servers}\n  credential")
    loaded = load_text(config, path=None, environ={"KEY": SECRET})
    warnings = [one for one in compile_revision(loaded, full, number=1).warnings if one.rule.startswith("upstream-")]
    assert [warning.rule for warning in warnings] == rules
    assert all(present(warning.location).line == 4 for warning in warnings)


def test_every_mistake_is_in_one_report_with_its_place() -> None:
    config = (
        CONFIG.replace("[listPets, getPet]", "[listPats, getPet, nope]") + "public: {url: https://plugin.example.com}\n"
    )
    findings = refused(config, logo=b"no image")
    assert [(finding.rule, present(finding.location).line) for finding in findings if finding.severity == "error"] == [
        ("unknown-operation", 6),
        ("unknown-operation", 6),
        ("manifest-logo", 2),
    ]


def test_an_operation_that_cannot_be_cut_out_is_the_documents_mistake() -> None:
    with pytest.raises(DocumentError, match="Gone"):
        compiled(CONFIG.replace("getPet]", "broken]"))


def test_mistakes_in_the_document_and_the_config_are_in_one_report() -> None:
    rules = {finding.rule for finding in refused(CONFIG.replace("getPet]", "broken, nope]"))}
    assert "unknown-operation" in rules
    assert len(rules) > 1


@pytest.mark.parametrize(
    ("entry", "why"),
    [("ownDocument", "the gateway serves its own /openapi.json"), ("petOptions", "answers OPTIONS itself")],
)
def test_an_operation_the_gateway_stands_in_front_of_is_pointed_out(entry: str, why: str) -> None:
    warnings = compiled(CONFIG.replace("getPet]", f"{entry}]")).warnings
    (warning,) = [warning for warning in warnings if warning.rule == "hidden-operation"]
    assert why in warning.message
    assert present(warning.location).line == 6


def test_a_short_secret_is_pointed_out() -> None:
    loaded = load_text(CONFIG, path=None, environ={"KEY": "short"})
    document = Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml")
    assert "short-secret" in {warning.rule for warning in compile_revision(loaded, document, number=1).warnings}


@pytest.mark.parametrize(
    ("secret", "password"),
    [
        ("redis://user:pass%2Fword@127.0.0.1/0", "pass/word"),
        ("redis://127.0.0.1/0", ""),
        ("http://[", ""),
        (SECRET, ""),
    ],
)
def test_the_password_in_a_url_is_a_secret_by_itself(secret: str, password: str) -> None:
    loaded = load_text(CONFIG, path=None, environ={"KEY": secret})
    revision = compile_revision(loaded, Document(root=yaml.safe_load(DOCUMENT), name="openapi.yaml"), number=1)
    assert revision.other_secrets == ((secret, password) if password else (secret,))


def test_an_empty_allow_list_serves_no_operation() -> None:
    revision = compiled(CONFIG.replace("[listPets, getPet]", "[]"))
    assert revision.rules == ()
    assert json.loads(revision.faces["/openapi.json"].body)["paths"] == {}


def test_a_changed_secret_changes_the_number_and_not_the_digest() -> None:
    first, second = compiled(number=1), compiled(CONFIG.replace("{env: KEY}", "{env: WRITE}"), number=2)
    assert (first.digest, first.number) != (second.digest, second.number)
    assert first.digest == second.digest
    assert SECRET not in first.digest


def test_clients_see_the_names_and_descriptions_of_the_config() -> None:
    config = CONFIG.replace("[listPets, getPet]", "[{operation: getPet, operation_id: get_pet, description: One pet.}]")
    revision = compiled(config)
    operation = json.loads(revision.faces["/openapi.json"].body)["paths"]["/pets/{petId}"]["get"]
    assert (operation["operationId"], operation["description"]) == ("get_pet", "One pet.")
    assert revision.rules[0].operation_id == "get_pet"


def test_an_undefined_schema_is_a_warning_and_served_as_any_value() -> None:
    root = yaml.safe_load(DOCUMENT)
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Gone"}}}
    root["paths"]["/pets"]["get"]["responses"]["200"]["content"] = body
    root["components"] = {"schemas": {"Pet": {}}}
    loaded = load_text(CONFIG, path=None, environ={"KEY": SECRET})
    revision = compile_revision(loaded, Document(root=root, name="openapi.yaml"), number=1)
    warnings = [(warning.rule, str(warning.location)) for warning in revision.warnings]
    assert ("undefined-schema", "openapi.yaml") in warnings
    served = json.loads(revision.faces["/openapi.json"].body)
    assert served["components"]["schemas"]["Gone"] == {"description": "Anything."}


def test_the_manifest_names_the_document_that_keeps_to_its_limits() -> None:
    root = yaml.safe_load(DOCUMENT)
    loaded = load_text(CONFIG, path=None, environ={"KEY": SECRET})
    named, revision = [], None
    for text in ("short", "long " * 100):
        root["paths"]["/pets"]["get"]["description"] = text
        revision = compile_revision(loaded, Document(root=root, name="openapi.yaml"), number=1)
        url = json.loads(revision.faces["/.well-known/ai-plugin.json"].body)["api"]["url"]
        named.append(url.removeprefix("http://localhost:8080"))
        assert named[-1] in revision.faces
    assert named == ["/openapi.json", "/openapi.json?profile=plugin"]
    assert "profile-plugin" in {note.rule for note in present(revision).notes}


@pytest.mark.parametrize(
    ("more", "statuses"),
    [
        ("", {"400", "502", "503", "504"}),
        ("limits: {rate: 1/s}\n", {"400", "429", "502", "503", "504"}),
        ("limits: {response_body: 1MB}\n", {"400", "413", "502", "503", "504"}),
        (
            "auth: {type: service_http, tokens: [{name: a, token: {env: WRITE}}]}\n",
            {"400", "401", "403", "429", "502", "503", "504"},
        ),
    ],
)
def test_the_gateways_own_answers_are_declared_as_far_as_they_can_happen(more: str, statuses: set[str]) -> None:
    served = json.loads(compiled(CONFIG + more).faces["/openapi.json"].body)
    assert set(served["paths"]["/pets"]["get"]["responses"]) - {"200"} == {*statuses, "414"}
    assert set(served["paths"]["/pets/{petId}"]["get"]["responses"]) - {"200"} == {*statuses, "404", "414"}


def test_a_plain_value_in_place_of_an_object_of_the_document_is_refused() -> None:
    root = yaml.safe_load(DOCUMENT)
    root["paths"]["/pets"]["get"]["parameters"].append(None)
    loaded = load_text(CONFIG, path=None, environ={"KEY": SECRET})
    with pytest.raises(DocumentError) as caught:
        compile_revision(loaded, Document(root=root, name="openapi.yaml"), number=1)
    assert [finding.pointer for finding in caught.value.findings] == [("paths", "/pets", "get", "parameters", "2")]


@pytest.mark.parametrize(("key", "names"), [("", {"Pet", "Cat"}), ("public: {discriminator: trim}\n", {"Pet"})])
def test_schemas_that_only_a_discriminator_selects_are_served_unless_the_config_trims_them(
    key: str, names: set[str]
) -> None:
    root = yaml.safe_load(DOCUMENT)
    pet = {"$ref": "#/components/schemas/Pet"}
    root["paths"]["/pets"]["get"]["responses"]["200"]["content"] = {"application/json": {"schema": pet}}
    mapping = {"cat": "#/components/schemas/Cat"}
    schemas = {"Pet": {"discriminator": {"propertyName": "kind", "mapping": mapping}}, "Cat": {"allOf": [pet]}}
    root["components"] = {"schemas": schemas}
    loaded = load_text(CONFIG + key, path=None, environ={"KEY": SECRET})
    revision = compile_revision(loaded, Document(root=root, name="openapi.yaml"), number=1)
    for name, face in revision.faces.items():
        if name.startswith("/openapi.json") and "lean" not in name:
            assert {*json.loads(face.body)["components"]["schemas"]} - {"GatewayProblem"} == names


FACTS = """
openapi: 3.1.0
info: {title: Facts, version: "1"}
paths:
  /a:
    get:
      operationId: a
      parameters: PARAMETERS
      responses: {"200": {description: ok}}
"""
FACTS_CONFIG = """
openapi: ./openapi.yaml
upstream:
  url: http://127.0.0.1:9100
  credential:
    - {header: X-Api-Key, value: {env: KEY}}
    - {query: api_key, value: {env: KEY}}
    - {cookie: sid, value: {env: KEY}}
  echoes: ECHOES
allow: [a]
"""
DECLARED = [
    *(
        ("query", name)
        for name in ("q", "_method", "X-HTTP-Method-Override", "api_key", "API-KEY", "apiKey", "api.key")
    ),
    *(("header", name) for name in ("X-Tenant", "Accept", "X-Api-Key", "X_Api_Key", "XApiKey", "x.api.key", "Via")),
    *(
        ("header", name)
        for name in ("X-Real-IP", "X.Forwarded.For", "Authorization", "Range", "If-Range", "Accept-Encoding")
    ),
    *(("cookie", name) for name in ("theme", "sid", "SID", "$Path", "a b")),
]
TAKEN = {("query", "q"), ("header", "X-Tenant"), ("header", "Accept"), ("cookie", "theme")}
UNSEARCHED = {("header", "Range"), ("header", "If-Range"), ("header", "Accept-Encoding")}


def goes_up(revision: Revision, place: str, name: str) -> bool:
    """Tell whether a caller's parameter with that name reaches the upstream."""
    target = f"/a?{quote(name)}=mine".encode() if place == "query" else b"/a"
    permit = revision.gate.judge(b"GET", target)
    if not isinstance(permit, Permit):
        return False
    lines = {"query": b"", "header": f"{name}: mine\r\n".encode(), "cookie": f"Cookie: {name}=mine\r\n".encode()}[place]
    request = read_request_fields(b"Host: gw.test\r\n" + lines, 1)
    is_searched = revision.upstream.may_echo and revision.has_secrets
    uplink = Uplink(permit.rule, revision.upstream, revision.read_injection, is_searched=is_searched)
    return b"mine" in permit.query + uplink.after_target(request)


@pytest.mark.parametrize(("echoes", "taken"), [("possible", TAKEN), ("never", TAKEN | UNSEARCHED)])
def test_clients_are_shown_just_the_parameters_that_go_up(echoes: str, taken: set[tuple[str, str]]) -> None:
    parameters = [{"name": name, "in": place, "schema": {"type": "string"}} for place, name in DECLARED]
    document = Document(root=yaml.safe_load(FACTS.replace("PARAMETERS", json.dumps(parameters))), name="openapi.yaml")
    loaded = load_text(FACTS_CONFIG.replace("ECHOES", echoes), path=None, environ={"KEY": SECRET})
    revision = compile_revision(loaded, document, number=1)
    operation = json.loads(revision.faces["/openapi.json"].body)["paths"]["/a"]["get"]
    shown = {(parameter["in"], parameter["name"]) for parameter in operation["parameters"]}
    assert shown == taken
    assert {(place, name) for place, name in DECLARED if goes_up(revision, place, name)} == taken


@pytest.mark.parametrize(("echoes", "rules"), [("possible", ["bad-header-name"]), ("never", [])])
@pytest.mark.parametrize("name", ["Range", "if-range", "Accept_Encoding"])
def test_a_forwarded_header_that_never_goes_up_is_a_mistake(echoes: str, rules: list[str], name: str) -> None:
    config = FACTS_CONFIG.replace("ECHOES", f"{echoes}\n  headers: {{forward: [{name}]}}")
    document = Document(root=yaml.safe_load(FACTS.replace("PARAMETERS", "[]")), name="openapi.yaml")
    loaded = load_text(config, path=None, environ={"KEY": SECRET})
    try:
        compile_revision(loaded, document, number=1)
        found = []
    except ConfigError as error:
        found = [one.rule for one in error.findings if one.severity == "error"]
    assert found == rules


def test_the_header_in_which_mcp_clients_repeat_an_argument_stays_in_the_document_and_the_tool() -> None:
    marked = DOCUMENT.replace("schema: {type: integer}", "schema: {type: integer}, x-mcp-header: Limit, x-other: 1")
    loaded = load_text(CONFIG, path=None, environ={"KEY": SECRET})
    revision = compile_revision(loaded, Document(root=yaml.safe_load(marked), name="o"), number=1)
    (limit,) = json.loads(revision.faces["/openapi.json"].body)["paths"]["/pets"]["get"]["parameters"]
    shown = json.loads(revision.tools.by_name["listPets"].definition)["inputSchema"]["properties"]["limit"]

    assert limit == {"name": "limit", "in": "query", "schema": {"type": "integer"}, "x-mcp-header": "Limit"}
    assert shown == {"type": "integer", "x-mcp-header": "Limit"}


LATEST = """
openapi: 3.2.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get: {operationId: listPets, responses: {"200": {description: ok}}}
    query:
      operationId: searchPets
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: [string, "null"]}}}}}}
      responses: {"200": {description: ok}}
    additionalOperations:
      LOCK: {operationId: lockPets, responses: {"200": {description: ok}}}
  /find:
    get:
      operationId: findPets
      parameters: [{name: all, in: querystring, content: {application/x-www-form-urlencoded: {schema: {type: object, properties: {a: {}}}}}}]
      responses: {"200": {description: ok}}
"""


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2"])
def test_the_tools_are_the_operations_of_the_document_in_every_version(version: str) -> None:
    config = f"""
openapi: o.yaml
public: {{openapi_version: "{version}"}}
upstream: {{url: http://127.0.0.1:9100}}
allow: [listPets, searchPets, LOCK /pets, findPets]
"""
    document = Document(root=yaml.safe_load(LATEST), name="o")
    revision = compile_revision(load_text(config, path=None, environ={}), document, number=1)
    served = Document(root=json.loads(revision.faces["/openapi.json"].body), name="served")

    assert [*revision.tools.by_name] == [one.operation_id for one in served.operations.values()]
    if version == "3.2":
        shown = json.loads(revision.tools.by_name["searchPets"].definition)
        assert [*shown["inputSchema"]["properties"]] == ["name"]
        assert shown["annotations"]["readOnlyHint"]
        assert [one.place for one in revision.tools.by_name["findPets"].arguments] == ["querystring"]
        assert revision.tools.by_name["lockPets"].method == "LOCK"


@pytest.mark.parametrize(("more", "path"), [("", b"/plugin"), (", path_stripped: true", None)])
def test_the_path_of_the_public_url_is_in_every_face_and_comes_with_calls_unless_a_proxy_removes_it(
    more: str, path: bytes | None
) -> None:
    config = f"""
openapi: o.yaml
public: {{url: "https://api.example.com/plugin"{more}}}
upstream: {{url: "http://127.0.0.1:9100"}}
allow: [listPets]
manifest: {{contact_email: a@example.com, legal_info_url: "https://example.com/terms"}}
"""
    document = Document(root=yaml.safe_load(LATEST), name="o")
    revision = compile_revision(load_text(config, path=None, environ={}), document, number=1)

    assert (revision.mount.path if revision.mount else None) == path
    assert json.loads(revision.faces["/openapi.json"].body)["servers"] == [{"url": "https://api.example.com/plugin"}]
    manifest = json.loads(revision.faces["/.well-known/ai-plugin.json"].body)
    assert manifest["api"]["url"] == "https://api.example.com/plugin/openapi.json"


def test_spans_may_name_the_page_among_the_gateways_own_paths() -> None:
    found = compiled(CONFIG + "otel: true\n").otel
    assert found is not None
    assert {"/", "/openapi.json"} <= found.own_paths
