"""One rule for a parameter changes both what clients see and what calls may carry; a rule that does not fit is located."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from plugin_gateway.config.parameter_rule import ParameterRule
from plugin_gateway.diagnostics import Severity
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.compile import ShapedDocument, compile_shapes
from plugin_gateway.shape.request.parameters import WrittenParameters
from plugin_gateway.shape.settings import OperationSettings
from tests.narrow import present

KEY = OperationKey("GET", "/t/{tenant}/pets")
PARAMETERS: list[dict[str, Any]] = [
    {"name": "tenant", "in": "path", "required": True, "schema": {"type": "string"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "example": 80}},
    {"name": "status", "in": "query", "schema": {"$ref": "#/components/schemas/Status"}},
    {"name": "account", "in": "query", "required": True, "schema": {"type": "string"}},
    {"name": "debug", "in": "query", "schema": {"type": "boolean"}, "description": "As verbose."},
    {"name": "verbose", "in": "query", "schema": {"type": "boolean"}, "description": "With debug=true it says more."},
    {
        "name": "ids",
        "in": "query",
        "explode": False,
        "schema": {"type": "array", "items": {"type": "integer", "maximum": 9}},
    },
    {
        "name": "filter",
        "in": "query",
        "style": "deepObject",
        "schema": {"type": "object", "properties": {"age": {"type": "integer"}}},
    },
    {
        "name": "page",
        "in": "query",
        "schema": {"type": "object", "properties": {"size": {"type": "integer"}, "no": {}}},
    },
    {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
    {"name": "any", "in": "query", "schema": {}},
    {"name": "old", "in": "query", "schema": {"type": "integer", "maximum": 100, "default": 100}},
    {"name": "X-Region", "in": "header", "required": True, "schema": {"type": "string"}},
    {"name": "X-Tags", "in": "header", "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "sid", "in": "cookie", "schema": {"type": "string"}},
    {"name": "Content-Type", "in": "header", "schema": {"type": "string"}},
    {"name": "limit", "in": "header", "schema": {"type": "integer"}},
]
ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/t/{tenant}/pets": {
            "get": {
                "operationId": "listPets",
                "summary": "All",
                "parameters": PARAMETERS,
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
    "components": {"schemas": {"Status": {"type": "string", "enum": ["new", "sold", "gone"]}}},
}


def shaped(rules: dict[str, Any], check: Any = "off") -> ShapedDocument:
    parsed = {key: ParameterRule.parse(rule) for key, rule in rules.items()}
    origins = {(key, word): 3 for key, rule in parsed.items() for word in ("", *rule.written)}
    settings = OperationSettings(entry=3, parameters=parsed, origins=origins, validates_request=check)
    return compile_shapes(Document(root=deepcopy(ROOT), name="pets"), {KEY: settings})


def shown(rules: dict[str, Any]) -> dict[tuple[str, str], Any]:
    document = shaped(rules).document
    parameters = document.operations[KEY].node["parameters"]
    return {(one["in"], one["name"]): one for one in parameters}


def sent(
    rules: dict[str, Any], query: bytes, *fields: tuple[bytes, bytes], check: Any = "off"
) -> WrittenParameters | Refusal:
    found = shaped(rules, check)
    assert not [one for one in found.findings if one.severity is Severity.ERROR]
    parameters = found.shapes[KEY].parameters
    assert parameters is not None
    return parameters.write(b"/t/acme/pets", query, fields)


def problems(rules: dict[str, Any], query: bytes, *fields: tuple[bytes, bytes], check: Any = "off") -> list[str]:
    refused = sent(rules, query, *fields, check=check)
    return [one["pointer"] for one in refused.members["errors"]] if isinstance(refused, Refusal) else []


@pytest.mark.parametrize(
    ("rules", "query", "written"),
    [
        ({"account": {"fixed": "a & b"}}, b"", b"account=a%20%26%20b"),
        ({"account": {"fixed": "x"}}, b"debug=true", b"debug=true&account=x"),
        ({"account": {"default": "x"}}, b"", b"account=x"),
        ({"account": {"default": "x"}}, b"account=y", b"account=y"),
        ({"account": {"default": "x"}}, b"%61ccount=y", b"%61ccount=y"),
        ({"account": {"rename": "tenant"}}, b"tenant=a%20b&debug=true", b"account=a%20b&debug=true"),
        ({"account": {"rename": "tenant", "default": "x"}}, b"", b"account=x"),
        ({"account": {"rename": "acc ount"}}, b"acc+ount=1", b"account=1"),
        ({"ids": {"fixed": [1, 2]}}, b"", b"ids=1,2"),
        ({"filter": {"fixed": {"age": 3}}}, b"", b"filter%5Bage%5D=3"),
        ({"filter": {"rename": "where"}}, b"where[age]=3", b"filter[age]=3"),
        ({"filter": {"rename": "where"}}, b"where%5Bage%5D=3", b"filter%5Bage%5D=3"),
        ({"filter": {"default": {"age": 3}}}, b"filter[age]=4", b"filter[age]=4"),
        ({"page": {"default": {"size": 3}}}, b"", b"size=3"),
        ({"page": {"default": {"size": 3}}}, b"size=4", b"size=4"),
        ({"page": {"rename": "paging"}}, b"size=4", b"size=4"),
        ({"q": {"fixed": {"a": 1}}}, b"", b"q=%7B%22a%22%3A1%7D"),
        ({"query:limit": {"maximum": 50}}, b"limit=50", b"limit=50"),
        ({"query:limit": {"maximum": 50}}, b"", b""),
    ],
)
def test_the_query_goes_up_as_the_rules_say(rules: dict[str, Any], query: bytes, written: bytes) -> None:
    found = sent(rules, query)
    assert isinstance(found, WrittenParameters)
    assert found.query == written


@pytest.mark.parametrize(
    ("rules", "fields", "lines"),
    [
        ({"X-Region": {"fixed": "eu"}}, [(b"x-region", b"us")], b"X-Region: eu\r\n"),
        ({"x-region": {"default": "eu"}}, [], b"X-Region: eu\r\n"),
        ({"x-region": {"default": "eu"}}, [(b"x-region", b"us")], b""),
        ({"header:X-Region": {"rename": "Region"}}, [(b"region", b"us")], b"X-Region: us\r\n"),
        ({"X-Tags": {"fixed": ["a", "b"]}}, [], b"X-Tags: a,b\r\n"),
    ],
)
def test_header_fields_go_up_as_the_rules_say(
    rules: dict[str, Any], fields: list[tuple[bytes, bytes]], lines: bytes
) -> None:
    found = sent(rules, b"", *fields)
    assert isinstance(found, WrittenParameters)
    assert found.lines == lines


@pytest.mark.parametrize(
    ("rules", "cookies", "written"),
    [
        ({"sid": {"fixed": "s1"}}, [b"a=b"], [b"a=b", b"sid=s1"]),
        ({"sid": {"default": "s1"}}, [], [b"sid=s1"]),
        ({"sid": {"default": "s1"}}, [b"sid=s2"], [b"sid=s2"]),
        ({"sid": {"rename": "session"}}, [b"session=s2"], [b"sid=s2"]),
        ({"X-Region": {"fixed": "eu"}}, [b"sid=s2"], [b"sid=s2"]),
    ],
)
def test_cookies_go_up_as_the_rules_say(rules: dict[str, Any], cookies: list[bytes], written: list[bytes]) -> None:
    parameters = shaped(rules).shapes[KEY].parameters
    assert parameters is not None
    assert parameters.write_cookies(cookies) == written
    assert parameters.changes_cookies == (written != cookies or rules == {"sid": {"default": "s1"}})


@pytest.mark.parametrize(
    ("rules", "query", "pointers"),
    [
        ({"query:limit": {"maximum": 50}}, b"limit=51", ["/query/limit"]),
        ({"query:limit": {"maximum": 50}}, b"limit=5&limit=500", ["/query/limit"]),
        ({"query:limit": {"maximum": 50}}, b"l%69mit=500", ["/query/limit"]),
        ({"query:limit": {"maximum": 50}}, b"limit=500x", ["/query/limit"]),
        ({"query:limit": {"minimum": 5}}, b"limit=4", ["/query/limit"]),
        ({"query:limit": {"minimum": 5, "rename": "count"}}, b"count=4", ["/query/count"]),
        ({"any": {"maximum": 5}}, b"any=6", ["/query/any"]),
        ({"any": {"maximum": 5}}, b"any=six", ["/query/any"]),
        ({"status": {"enum": ["new"]}}, b"status=sold", ["/query/status"]),
        ({"ids": {"maximum": 5}}, b"ids=1,6", ["/query/ids/1"]),
        ({"ids": {"maximum": 5}}, b"ids=1%2C6", ["/query/ids/0"]),
        ({"tenant": {"enum": ["other"]}}, b"", ["/path/tenant"]),
        (
            {"status": {"enum": ["new"]}, "query:limit": {"maximum": 5}},
            b"status=old&limit=6",
            ["/query/limit", "/query/status"],
        ),
    ],
)
def test_a_narrowed_parameter_is_enforced_at_every_setting_of_validate(
    rules: dict[str, Any], query: bytes, pointers: list[str]
) -> None:
    for check in ("off", "report"):
        assert problems(rules, query, check=check) == pointers


def test_validation_judges_every_parameter() -> None:
    found = problems(
        {}, b"limit=0&status=x&debug=1&ids=a&filter[age]=x&size=x&q=1&any=1", (b"x-region", b"a"), check="enforce"
    )
    assert found == [
        *("/query/limit", "/query/status", "/query/account", "/query/debug", "/query/ids/0", "/query/filter/age"),
        *("/query/page/size", "/query/q"),
    ]  # fmt: skip
    assert problems({}, b"account=a", check="enforce") == ["/header/X-Region"]
    assert problems({}, b"account=a", (b"x-region", b"a"), (b"limit", b"x"), check="enforce") == ["/header/limit"]
    assert problems({}, b"account=a&limit=5", (b"x-region", b"a"), (b"cookie", b"sid=a"), check="enforce") == []


def test_reported_problems_let_the_call_pass_unchanged() -> None:
    found = sent({}, b"limit=0&account=", (b"x-region", b"a"), check="report")
    assert isinstance(found, WrittenParameters)
    assert found.query == b"limit=0&account="
    assert [one.pointer for one in found.problems] == ["/query/limit"]


def test_parameters_that_the_gate_does_not_take_are_not_judged() -> None:
    parameters = shaped({}, "enforce").shapes[KEY].parameters
    assert parameters is not None
    limited = parameters.limited_to(lambda place, name: place == "path")
    assert isinstance(limited.write(b"/t/acme/pets", b"limit=0", ()), WrittenParameters)


def test_clients_see_the_enforced_rules() -> None:
    rules = {
        "query:limit": {"maximum": 50, "default": 20},
        "status": {"enum": ["new"]},
        "account": {"fixed": "x"},
        "debug": "hidden",
        "verbose": {"rename": "chatty", "description": "Say more."},
        "ids": {"enum": [1, 2]},
        "X-Region": {"default": "eu"},
    }
    seen = shown(rules)
    assert seen["query", "limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}
    assert seen["query", "status"]["schema"] == {"type": "string", "enum": ["new"]}
    assert seen["query", "ids"]["schema"]["items"] == {"type": "integer", "maximum": 9, "enum": [1, 2]}
    assert seen["query", "chatty"]["description"] == "Say more."
    assert "required" not in seen["header", "X-Region"]
    assert not {("query", name) for name in ("account", "debug", "verbose")} & seen.keys()


def test_a_component_that_operations_share_stays_as_it_is() -> None:
    document = shaped({"status": {"enum": ["new"]}, "query:limit": {"maximum": 5}}).document
    assert "Status" not in str(document.root.get("components"))
    assert ROOT["components"]["schemas"]["Status"]["enum"] == ["new", "sold", "gone"]


@pytest.mark.parametrize(
    ("rules", "where", "rule", "words"),
    [
        ({"query:limit": {"maximum": 500}}, ("query:limit", "maximum"), "widens", ["500", "100"]),
        ({"query:limit": {"minimum": 0}}, ("query:limit", "minimum"), "widens", ["0", "1"]),
        ({"query:limit": {"minimum": 60, "maximum": 50}}, ("query:limit", "maximum"), "empty-range", ["60", "50"]),
        ({"query:limit": {"minimum": 101}}, ("query:limit", "minimum"), "empty-range", ["101", "100"]),
        ({"query:limit": {"enum": [1, 500]}}, ("query:limit", "enum"), "widens", ["500"]),
        ({"query:limit": {"enum": [1, 60], "maximum": 50}}, ("query:limit", "enum"), "widens", ["60"]),
        ({"query:limit": {"enum": []}}, ("query:limit", "enum"), "empty-range", ["empty"]),
        ({"query:limit": {"default": 500}}, ("query:limit", "default"), "does-not-fit", ["at most 100"]),
        ({"query:limit": {"maximum": 50, "default": 80}}, ("query:limit", "default"), "does-not-fit", ["at most 50"]),
        (
            {"query:limit": {"default": "many"}},
            ("query:limit", "default"),
            "does-not-fit",
            ["expected integer, got string"],
        ),
        ({"query:limit": {"fixed": 500}}, ("query:limit", "fixed"), "does-not-fit", ["at most 100"]),
        ({"query:limit": {"fixed": None}}, ("query:limit", "fixed"), "wrong-type", ["no value"]),
        ({"limit": {"maximum": 5}}, ("limit",), "ambiguous-parameter", ["2 parameters"]),
        ({"debug": "hidden", "query:debug": "hidden"}, ("query:debug",), "duplicate-parameter", ["debug"]),
        ({"status": {"enum": ["new", "lost"]}}, ("status", "enum"), "widens", ["lost"]),
        ({"status": {"maximum": 5}}, ("status", "maximum"), "wrong-type", ["string"]),
        ({"ids": {"maximum": 10}}, ("ids", "maximum"), "widens", ["10", "9"]),
        ({"account": "hidden"}, ("account", "hidden"), "hidden-required", ["account"]),
        ({"tenant": "hidden"}, ("tenant", "hidden"), "not-for-this-place", ["path"]),
        ({"tenant": {"fixed": "acme"}}, ("tenant", "fixed"), "not-for-this-place", ["path"]),
        ({"tenant": {"default": "acme"}}, ("tenant", "default"), "not-for-this-place", ["path"]),
        ({"tenant": {"rename": "org"}}, ("tenant", "rename"), "not-for-this-place", ["path"]),
        ({"debug": {"slashes": "allowed"}}, ("debug", "slashes"), "not-for-this-place", ["query"]),
        ({"debug": {"rename": "verbose"}}, ("debug", "rename"), "name-taken", ["verbose"]),
        ({"debug": {"rename": "size"}}, ("debug", "rename"), "name-taken", ["page"]),
        ({"debug": {"rename": "x"}, "verbose": {"rename": "x"}}, ("verbose", "rename"), "name-taken", ["x"]),
        ({"X-Region": {"rename": "my region"}}, ("X-Region", "rename"), "bad-header-name", ["my region"]),
        ({"X-Region": {"fixed": "a\r\nX-Evil: 1"}}, ("X-Region", "fixed"), "does-not-fit", ["header field"]),
        ({"Content-Type": "hidden"}, ("Content-Type",), "not-for-this-place", ["Content-Type"]),
        ({"sid": {"rename": "a;b"}}, ("sid", "rename"), "bad-cookie-name", ["a;b"]),
        ({"X-Tags": {"fixed": ["a,b"]}}, ("X-Tags", "fixed"), "does-not-fit", ["comma"]),
    ],
)
def test_a_rule_that_does_not_fit_is_an_error_at_its_place(
    rules: dict[str, Any], where: tuple[str, ...], rule: str, words: list[str]
) -> None:
    [found] = [one for one in shaped(rules).findings if one.severity is Severity.ERROR]
    assert (found.pointer, found.rule) == (("allow", 3, "parameters", *where), rule)
    assert all(word in found.message for word in words)
    assert found.hint


@pytest.mark.parametrize(
    ("rules", "rule", "words"),
    [
        ({"debug": "hidden"}, "hidden-parameter-named", ["`verbose`", "`debug`"]),
        ({"debug": {"rename": "trace"}}, "renamed-parameter-named", ["`debug`", "renamed"]),
        ({"old": {"maximum": 50}}, "default-outside", ["100"]),
    ],
)
def test_a_rule_that_misleads_clients_is_a_warning(rules: dict[str, Any], rule: str, words: list[str]) -> None:
    [found] = shaped(rules).findings
    assert (found.rule, found.severity) == (rule, Severity.WARNING)
    assert all(word in found.message for word in words)


def test_a_text_that_gateway_yaml_replaces_is_not_flagged() -> None:
    assert not shaped({"debug": "hidden", "verbose": {"description": "Say more."}}).findings
    assert not shaped({"old": {"maximum": 50, "default": 20}}).findings


def test_a_fixed_value_is_in_no_finding() -> None:
    found = shaped({"X-Region": {"fixed": "hush\r\n"}, "query:limit": {"fixed": "hush"}}).findings
    assert len(found) == 2
    assert not any("hush" in str(one) for one in found)


def test_an_operation_with_hidden_parameters_and_no_other_rule_closes_their_names() -> None:
    shape = shaped({"debug": "hidden"}).shapes[KEY]

    assert shape.parameters is None
    assert shape.names.closed == {("query", "debug")}


@pytest.mark.parametrize(
    ("media_type", "query", "found"),
    [
        ("application/x-www-form-urlencoded", b"s=x", ["/query/whole/s"]),
        ("application/json", b"%7B%22s%22:%22x%22%7D", ["/query/whole/s"]),
        ("text/plain", b"anything", None),
    ],
)
def test_a_parameter_that_is_the_whole_query_is_judged(media_type: str, query: bytes, found: list[str] | None) -> None:
    schema = {"type": "object", "properties": {"s": {"type": "integer"}}}
    whole = {"name": "whole", "in": "querystring", "content": {media_type: {"schema": schema}}}
    root = {**ROOT, "openapi": "3.2.0", "paths": {"/a": {"get": {"parameters": [whole]}}}}
    for check in ("enforce", "off"):
        settings = OperationSettings(entry=0, validates_request=check)
        shape = compile_shapes(
            Document(root=deepcopy(root), name="d"), {OperationKey("GET", "/a"): settings}
        ).shapes.get(OperationKey("GET", "/a"))
        if check == "off" or found is None:
            assert shape is None or shape.parameters is None
        else:
            assert shape is not None
            refused = present(shape.parameters).write(b"/a", query, ())
            assert isinstance(refused, Refusal)
            assert [one["pointer"] for one in refused.members["errors"]] == found


def test_the_members_of_a_hidden_object_are_unseen_unless_another_parameter_has_their_name() -> None:
    def filter_of(name: str, *members: str) -> dict[str, Any]:
        return {
            "name": name,
            "in": "query",
            "schema": {"type": "object", "properties": {member: {} for member in members}},
        }

    root = {
        **ROOT,
        "paths": {"/a": {"get": {"parameters": [filter_of("f", "a", "b"), filter_of("g", "b", "c"), filter_of("a")]}}},
    }
    key = OperationKey("GET", "/a")
    settings = OperationSettings(entry=0, parameters={"f": ParameterRule.parse({"hidden": True})})
    shape = compile_shapes(Document(root=deepcopy(root), name="d"), {key: settings}).shapes[key]
    assert shape.names.unseen_members == set()
    settings = OperationSettings(entry=0, parameters={name: ParameterRule.parse({"hidden": True}) for name in "fg"})
    shape = compile_shapes(Document(root=deepcopy(root), name="d"), {key: settings}).shapes[key]
    assert shape.names.unseen_members == {"b", "c"}
