"""Rules: the names that an operation declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from plugin_gateway.gate.permit import OperationRule
from plugin_gateway.gate.query import rebuild_query
from plugin_gateway.gate.rule import InjectedNames, operation_rule
from plugin_gateway.gate.variant import Distinction, selecting_pairs
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.answer.reply import ReplyShape
from plugin_gateway.shape.request.names import Names
from plugin_gateway.shape.request.parameters import Parameters
from plugin_gateway.shape.request.part import Part
from plugin_gateway.shape.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet


def compile_rule(
    parameters: list[Any],
    *,
    shared: Sequence[Any] = (),
    injected: InjectedNames | None = None,
    method: str = "get",
    path: str = "/a",
    version: str = "3.0.3",
    more: dict[str, Any] | None = None,
    shape: Shape | None = None,
    **node: dict[str, Any],
) -> OperationRule:
    operation = {"parameters": parameters, **node}
    root = {"openapi": version, "paths": {path: {"parameters": list(shared), method: operation}}, **(more or {})}
    document = Document(root=root, name="t")
    found = document.operations[OperationKey(method.upper(), path)]
    distinction = Distinction(selecting_pairs(found.key, document))
    return operation_rule(
        found, document, operation_id="op", injected=injected or InjectedNames(), distinction=distinction, shape=shape
    )


def query(name: int | str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", **fields}


def whole(schema: Any) -> dict[str, Any]:
    return {"name": "all", "in": "querystring", "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def test_names_are_sorted_by_where_they_are_sent() -> None:
    rule = compile_rule(
        [query("q"), {"name": "X-Trace", "in": "header"}, {"name": "sid", "in": "cookie"}, {"name": "a", "in": "path"}]
    )

    assert rule == OperationRule(
        method="GET",
        path_template="/a",
        operation_id="op",
        query_names=frozenset({b"q"}),
        header_names=frozenset({b"x-trace"}),
        cookie_names=frozenset({b"sid"}),
    )


def test_a_body_is_declared_by_its_media_types_and_the_overrides_in_it() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/Put"}, {"properties": {"_METHOD": {}, "a": {}}}]}
    put = {"properties": {"x-http-method": {}}, "anyOf": [{"$ref": "#/components/schemas/Put"}]}
    more = {
        "components": {
            "schemas": {"Put": put},
            "requestBodies": {"Form": {"content": {"Text/Plain; a=b": {"schema": schema}}}},
        }
    }

    for body in ({"content": {"text/plain": {"schema": schema}}}, {"$ref": "#/components/requestBodies/Form"}):
        rule = compile_rule([], method="post", requestBody=body, more=more)
        assert (rule.has_request_body, rule.media_types) == (True, (b"text/plain",))
        assert rule.declared_overrides == {b"_method", b"xhttpmethod"}
    rule = compile_rule([], method="post", requestBody={"content": {"a/b": None, "c/d": {"schema": True}}})
    assert (rule.media_types, rule.declared_overrides) == ((b"a/b", b"c/d"), frozenset())


def body_of(*names: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"properties": {name: {} for name in names}}}}}


def test_a_body_may_not_have_names_of_the_query_that_the_gateway_decides_unless_it_declares_them() -> None:
    injected = InjectedNames(query=frozenset({b"apikey"}))
    names = Names(closed=frozenset({("query", "debug")}), guarded=frozenset({("query", "limit")}))
    shape = Shape(names=names)
    parameters = [query("debug"), query("limit"), query("free")]

    rule = compile_rule(parameters, method="post", injected=injected, shape=shape, requestBody=body_of("name"))
    assert rule.closed_in_bodies == {b"apikey", b"debug", b"limit"}
    rule = compile_rule(
        parameters, method="post", injected=injected, shape=shape, requestBody=body_of("api-key", "Debug", "LIMIT")
    )
    assert rule.closed_in_bodies == frozenset()


@pytest.mark.parametrize("declared", [(), ("Action",)])
def test_a_body_never_has_a_name_that_selects_the_operation(declared: tuple[str, ...]) -> None:
    rule = compile_rule([], method="post", path="/?Action=List", requestBody=body_of(*declared))
    assert rule.closed_in_bodies == {b"action"}


def test_the_form_of_an_old_document_declares_its_fields() -> None:
    injected = InjectedNames(query=frozenset({b"apikey", b"token"}))
    form = [{"name": name, "in": "formData"} for name in ("api_key", "_method", "\ud800")]
    rule = compile_rule([*form], method="post", injected=injected)
    assert rule.closed_in_bodies == {b"token"}
    assert rule.declared_overrides == {b"_method"}
    whole = {"name": "all", "in": "body", "schema": {"$ref": "#/definitions/All"}}
    definitions: dict[str, Any] = {"definitions": {"All": {"properties": {"token": {}}}}}
    rule = compile_rule([whole], method="post", version="2.0", injected=injected, more=definitions)
    assert rule.closed_in_bodies == {b"apikey"}


@pytest.mark.parametrize("style", ["form", "deepObject"])
def test_no_parameter_that_overrides_the_method_is_declared(style: str) -> None:
    rule = compile_rule([query("_method", style=style, schema={"type": "object", "properties": {}})])

    assert (rule.query_names, rule.query_prefixes) == (frozenset(), frozenset())


def test_parameters_of_the_path_item_count_unless_overridden() -> None:
    shared = [query("page"), query("f", style="deepObject", schema={"type": "object"})]
    rule = compile_rule([query("f", schema={"type": "string"})], shared=shared)

    assert rule.query_names == {b"page", b"f"}
    assert rule.query_prefixes == frozenset()


def test_one_name_in_two_places_is_two_parameters_and_a_broken_reference_hides_no_other() -> None:
    shared = [{"name": "id", "in": "header"}]
    rule = compile_rule([{"$ref": "#/missing"}, query("id")], shared=shared)

    assert (rule.query_names, rule.header_names) == (frozenset({b"id"}), frozenset({b"id"}))


@pytest.mark.parametrize(("steps", "is_declared"), [(16, True), (17, False)])
def test_references_are_followed_for_sixteen_steps(steps: int, is_declared: bool) -> None:
    more = {f"r{n}": {"$ref": f"#/r{n + 1}"} for n in range(1, steps)} | {f"r{steps}": query("deep")}
    assert (compile_rule([{"$ref": "#/r1"}], more=more).query_names == {b"deep"}) is is_declared


@pytest.mark.parametrize(
    ("parameter", "names", "prefixes", "any_query"),
    [
        (query("é[]"), {"é[]".encode()}, set(), False),
        (query("t", schema={"type": "array", "items": {}}), {b"t"}, set(), False),
        (query("f", style="deepObject", schema={"type": "object"}), {b"f"}, {b"f"}, False),
        (query("f", schema={"type": "object", "properties": {"x": {}, "y": {}}}), {b"f", b"x", b"y"}, set(), False),
        (query("f", schema={"type": ["object", "null"], "properties": {"x": {}}}), {b"f", b"x"}, set(), False),
        (query("f", explode=False, schema={"type": "object", "properties": {"x": {}}}), {b"f"}, set(), False),
        (query("f", style="pipeDelimited", schema={"type": "object"}), {b"f"}, set(), False),
        (query("f", schema={"type": "object"}), {b"f"}, set(), True),
        (query("f", schema={"type": "object", "additionalProperties": {"type": "string"}}), {b"f"}, set(), True),
        (query("f", schema={"type": "object", "additionalProperties": False}), {b"f"}, set(), False),
        (
            query("f", schema={"allOf": [{"properties": {"x": {}}}, {"$ref": "#/s"}]}),
            {b"f", b"x", b"deep"},
            set(),
            False,
        ),
        (
            query("f", schema={"anyOf": [{"properties": {"x": {}}}], "oneOf": [{"properties": {"y": {}}}]}),
            {b"f", b"x", b"y"},
            set(),
            False,
        ),
        (query("f", schema={"type": ["object", "null"]}), {b"f"}, set(), True),
        (query("f", schema={"type": ["string", "null"]}), {b"f"}, set(), False),
        (query("f", schema={"type": "object", "unevaluatedProperties": False}), {b"f"}, set(), False),
        (
            query("f", schema={"type": "object", "properties": {"x": {}}, "unevaluatedProperties": {}}),
            {b"f", b"x"},
            set(),
            True,
        ),
        (query("f", content={"application/json": {"schema": {"type": "object"}}}), {b"f"}, set(), False),
        ({"name": "all", "in": "querystring", "content": {}}, set(), set(), True),
        (
            {"name": "all", "in": "querystring", "content": {"application/json": {"schema": {"type": "object"}}}},
            set(),
            set(),
            True,
        ),
        (whole({"type": "object", "properties": {"a": {}}}), {b"all", b"a"}, {b"a"}, False),
        (
            whole({"type": "object", "properties": {"a": {}}, "additionalProperties": True}),
            {b"all", b"a"},
            {b"a"},
            True,
        ),
        (whole({"type": "object"}), {b"all"}, set(), True),
        (whole({"type": "string"}), set(), set(), True),
        (whole(None), set(), set(), True),
        ({"$ref": "#/p"}, {b"shared"}, set(), False),
        ({"$ref": "#/missing"}, set(), set(), False),
        ({"$ref": "#/loop"}, set(), set(), False),
        (query("f", schema={"$ref": "#/self"}), {b"f", b"s"}, set(), False),
        (query("f", schema=True), {b"f"}, set(), False),
        (query(""), set(), set(), False),
        (query(7), set(), set(), False),
        ("nonsense", set(), set(), False),
    ],
)
def test_query_names_follow_style_and_schema(
    parameter: dict[str, Any] | str, names: AbstractSet[bytes], prefixes: AbstractSet[bytes], any_query: bool
) -> None:
    more = {
        "s": {"properties": {"deep": {}}},
        "p": query("shared"),
        "loop": {"$ref": "#/loop"},
        "self": {"properties": {"s": {}}, "allOf": [{"$ref": "#/self"}]},
    }
    rule = compile_rule([parameter], more=more)

    assert (rule.query_names, rule.query_prefixes, rule.any_query) == (names, prefixes, any_query)


@pytest.mark.parametrize(("levels", "is_declared"), [(16, True), (17, False)])
def test_a_property_is_looked_for_sixteen_schemas_deep(levels: int, is_declared: bool) -> None:
    schema: dict[str, Any] = {"properties": {"deep": {}}}
    for _ in range(levels):
        schema = {"allOf": [schema]}
    assert (b"deep" in compile_rule([query("f", schema=schema)]).query_names) is is_declared


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_an_override_is_found_in_every_part_of_a_bodys_schema(word: str) -> None:
    schema: dict[str, Any] = {word: [{"properties": {"_method": {}}}]}
    rule = compile_rule([], method="post", requestBody={"content": {"application/json": {"schema": schema}}})
    assert rule.declared_overrides == {b"_method"}


def test_a_name_with_half_of_a_surrogate_pair_is_compiled() -> None:
    """JSON can spell half of a surrogate pair, which no encoding can write."""
    half = "\ud800"
    named = {"type": "object", "properties": {half: {}}}
    body = {"content": {"application/json": {"schema": named}}}
    rule = compile_rule([query(half), query("f", schema=named)], requestBody=body)
    assert rule.query_names == {b"?", b"f"}
    assert rule.takes("query", half)


@pytest.mark.parametrize("name", ["X-Api-Key", "x_api_key", "X-API-KEY", "XApiKey"])
def test_injected_names_are_never_declared(name: str) -> None:
    injected = InjectedNames(headers=frozenset({b"xapikey"}), query=frozenset({b"apikey"}), cookies=frozenset({b"sid"}))
    parameters = [
        {"name": name, "in": "header"},
        {"name": "SID", "in": "cookie"},
        query("api-key"),
        query("ApiKey", style="deepObject", schema={}),
    ]
    rule = compile_rule(parameters, injected=injected)

    assert not rule.header_names | rule.cookie_names | rule.query_names | rule.query_prefixes


@pytest.mark.parametrize(
    "name", ["Host", "Authorization", "Cookie", "X-Forwarded-For", "x_http_method_override", "TE", "Proxy"]
)
def test_headers_that_are_ours_or_dangerous_are_never_declared(name: str) -> None:
    assert not compile_rule([{"name": name, "in": "header"}]).header_names


@pytest.mark.parametrize("name", ["_method", "_METHOD", "X-HTTP-Method-Override", "x_http_method", "$httpMethod"])
def test_a_query_that_overrides_the_method_is_never_declared(name: str) -> None:
    assert not compile_rule([query(name)]).query_names
    assert compile_rule([query("method")]).query_names


@pytest.mark.parametrize(
    ("method", "is_safe"),
    [("get", True), ("head", True), ("options", True), ("post", False), ("put", False), ("delete", False)],
)
def test_only_get_head_and_options_are_safe(method: str, is_safe: bool) -> None:
    assert compile_rule([], method=method).is_safe is is_safe


def test_a_request_body_is_noticed() -> None:
    assert compile_rule([], method="post", requestBody={"content": {}}).has_request_body
    assert compile_rule([{"name": "b", "in": "body"}], method="post").has_request_body
    assert compile_rule([{"name": "b", "in": "formData"}], method="post").has_request_body
    assert not compile_rule([], method="post").has_request_body


def test_a_query_in_the_template_is_declared() -> None:
    assert compile_rule([], path="/a?beta=true").query_names == {b"beta"}


def shaped(parameters: list[Any], **names: Any) -> OperationRule:
    return compile_rule(parameters, shape=Shape(names=Names(**names)))


def test_a_hidden_parameter_is_not_declared_and_no_spelling_of_it_passes_an_open_query() -> None:
    anything = query("more", schema={"type": "object"})
    rule = shaped([query("debug"), anything], closed=frozenset({("query", "debug")}))
    assert rule.any_query
    assert b"debug" not in rule.query_names
    for name in (b"debug=1", b"Debug=1", b"de%62ug=1", b"debug[]=1", b"de_bug=1"):
        assert isinstance(rebuild_query(name, rule), Refusal)


def test_a_renamed_parameter_is_declared_under_its_new_name_only() -> None:
    key = ("query", "pageSize")
    rule = shaped([query("pageSize"), query("a")], closed=frozenset({key}), renamed=((key, "page_size"),))
    assert rule.query_names == {b"page_size", b"a"}
    assert rebuild_query(b"page_size=1", rule) == b"page_size=1"
    assert isinstance(rebuild_query(b"pageSize=1", rule), Refusal)


def test_a_renamed_deep_object_keeps_its_members() -> None:
    key = ("query", "filter")
    rule = shaped([query("filter", style="deepObject", schema={})], closed=frozenset({key}), renamed=((key, "where"),))
    assert rebuild_query(b"where[a]=1", rule) == b"where[a]=1"
    assert isinstance(rebuild_query(b"filter[a]=1", rule), Refusal)


def test_a_hidden_exploded_object_takes_its_members_with_it() -> None:
    page = query("page", schema={"type": "object", "properties": {"size": {}}})
    rule = shaped([page, query("q")], closed=frozenset({("query", "page")}))
    assert rule.query_names == {b"q"}
    assert not rule.any_query


def test_another_spelling_of_a_guarded_parameter_does_not_pass_an_open_query() -> None:
    anything = query("more", schema={"type": "object"})
    rule = shaped([query("limit"), anything], guarded=frozenset({("query", "limit")}))
    assert rebuild_query(b"limit=5", rule) == b"limit=5"
    assert isinstance(rebuild_query(b"Limit=500", rule), Refusal)


def test_a_name_of_a_header_that_the_shape_writes_goes_up_in_no_spelling_of_the_client() -> None:
    key = ("header", "x-region")
    declared = {"name": "X-Region", "in": "header"}
    rule = shaped([declared], closed=frozenset({key}), renamed=((key, "Region"),))
    assert rule.header_names == {b"region"}
    assert rule.withheld_headers == {b"xregion", b"region"}


ANY = query("more", schema={"type": "object"})
PARTS = {"components": {"schemas": {"Page": {"type": "object", "properties": {"size": {}}}}}}
PAGE = query("page", schema={"$ref": "#/components/schemas/Page"})


def test_a_schema_behind_a_reference_is_closed_renamed_and_guarded_with_its_members() -> None:
    key = ("query", "page")
    hidden = compile_rule([PAGE, ANY], more=PARTS, shape=Shape(names=Names(closed=frozenset({key}))))
    renamed = compile_rule(
        [PAGE], more=PARTS, shape=Shape(names=Names(closed=frozenset({key}), renamed=((key, "sheet"),)))
    )
    guarded = compile_rule([PAGE, ANY], more=PARTS, shape=Shape(names=Names(guarded=frozenset({key}))))
    assert isinstance(rebuild_query(b"Size=1", hidden), Refusal)
    assert b"size" in renamed.query_names
    assert rebuild_query(b"size=1", guarded) == b"size=1"
    assert isinstance(rebuild_query(b"Size=1", guarded), Refusal)


@pytest.mark.parametrize("style", ["deepObject", "form"])
def test_the_members_of_a_guarded_deep_object_pass_an_open_query(style: str) -> None:
    rule = shaped([query("filter", style=style, schema={}), ANY], guarded=frozenset({("query", "filter")}))
    assert isinstance(rebuild_query(b"filter[a]=1", rule), bytes) is (style == "deepObject")


@pytest.mark.parametrize(
    ("links", "shape", "are_read"),
    [
        ((), None, False),
        ((), Shape(names=Names()), False),
        ((("next",),), None, True),
        ((), Shape(reply=ReplyShape(select="fields")), True),
        ((("next",),), Shape(names=Names()), True),
    ],
)
def test_a_caller_chooses_a_range_or_a_coding_only_where_the_gateway_reads_no_answer(
    links: tuple[tuple[str, ...], ...], shape: Shape | None, are_read: bool
) -> None:
    parameters = [{"name": name, "in": "header"} for name in ("Range", "If-Range", "Accept-Encoding", "X-Plain")]
    document = Document(root={"openapi": "3.0.3", "paths": {"/a": {"get": {"parameters": parameters}}}}, name="t")
    (operation,) = document.operations.values()
    rule = operation_rule(operation, document, operation_id="op", injected=InjectedNames(), links=links, shape=shape)
    assert rule.reads_answers is are_read
    assert (b"range" in rule.header_names) is not are_read
    assert (b"if-range" in rule.header_names) is not are_read
    assert b"x-plain" in rule.header_names


def test_the_query_parameter_that_selects_fields_of_an_answer_passes() -> None:
    rule = compile_rule([], shape=Shape(reply=ReplyShape(select="fields")))
    assert rebuild_query(b"fields=id", rule) == b"fields=id"


def test_a_rule_keeps_a_shape_without_parameters_unchanged() -> None:
    shape = Shape(names=Names())
    assert compile_rule([], shape=shape).shape is shape


def test_an_override_is_found_in_a_media_type_behind_a_reference() -> None:
    parts: dict[str, Any] = {"components": {"mediaTypes": {"Form": {"schema": {"properties": {"_method": {}}}}}}}
    content = {"application/json": {"$ref": "#/components/mediaTypes/Form"}}
    rule = compile_rule([], method="post", more=parts, requestBody={"content": content})
    assert rule.declared_overrides == {b"_method"}


def test_a_hidden_cookie_is_not_declared() -> None:
    rule = shaped([{"name": "sid", "in": "cookie"}], closed=frozenset({("cookie", "sid")}))
    assert rule.cookie_names == frozenset()


def test_the_shape_is_limited_to_the_parameters_that_the_gate_takes() -> None:
    parameters = Parameters((Part("query", "key", wire_name=b"k"), Part("query", "q", wire_name=b"w")))
    injected = InjectedNames(query=frozenset({b"key"}))
    rule = compile_rule([query("key"), query("q")], injected=injected, shape=Shape(parameters=parameters))
    assert rule.shape is not None
    assert isinstance(rule.shape.parameters, Parameters)
    assert [part.name for part in rule.shape.parameters.parts] == ["q"]


def test_a_whole_query_is_followed_through_its_references_and_leaves_other_prefixes_open() -> None:
    components = {
        "mediaTypes": {"Form": {"schema": {"$ref": "#/components/schemas/Page"}}},
        "schemas": {"Page": {"type": "object", "properties": {"size": {}}}},
    }
    whole = {
        "name": "all",
        "in": "querystring",
        "content": {"application/x-www-form-urlencoded": {"$ref": "#/components/mediaTypes/Form"}},
    }
    rule = compile_rule([query("filter", style="deepObject", schema={}), whole], more={"components": components})
    assert rule.query_names == {b"filter", b"all", b"size"}
    assert rule.query_prefixes == {b"filter", b"size"}
    assert not rule.any_query


@pytest.mark.parametrize("content", [None, [], "form"])
def test_a_whole_query_without_a_form_is_open(content: Any) -> None:
    assert compile_rule([{"name": "all", "in": "querystring", "content": content}]).any_query
