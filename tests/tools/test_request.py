"""A request of a tool is one that the gate takes as a call of the tool's operation, and the upstream reads the same arguments in it."""

from __future__ import annotations

import base64
import json
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.target import MAX_TARGET_BYTES
from plugin_gateway.gate.variant import PlainFields
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.tools.draft import MAX_PROBLEMS, ArgumentProblem
from plugin_gateway.tools.request import RequestWriter, ToolRequest
from plugin_gateway.tools.tool_set import ToolSettings, build_tool_set
from tests.narrow import as_a

if TYPE_CHECKING:
    from collections.abc import Collection

    from plugin_gateway.gate.gate import Gate
    from plugin_gateway.openapi.document import JsonObject

CASES = Path(__file__).parents[2].parent / "shared" / "attack" / "cases.json"


def parameter(
    name: str, place: str, style: str = "", explode: bool | None = None, schema: JsonObject | None = None, **more: bool
) -> JsonObject:
    found = {"name": name, "in": place, "schema": schema or {}, **more}
    if place == "path":
        found["required"] = True
    if style:
        found["style"] = style
    if explode is not None:
        found["explode"] = explode
    return found


def api(
    operations: JsonObject, closed: Collection[str] = (), slashes: Collection[str] = ()
) -> tuple[Gate, dict[str, RequestWriter]]:
    """The gate, and a writer for each operation of `{"GET /a": {…}}`; those in `closed` are not allowed."""
    paths: JsonObject = {}
    for text, operation in operations.items():
        method, path = text.split(" ", 1)
        node = {"operationId": text, "responses": {}, **operation}
        paths.setdefault(path, {})[method.lower()] = node
    document = Document(root={"openapi": "3.2.0", "paths": paths}, name="t")
    kept = {
        key: AllowedOperation(operation_id=str(key), slashes=frozenset(slashes))
        for key in document.operations
        if str(key) not in closed
    }
    gate = compile_gate(document, kept)
    served = {
        path: {m: n for m, n in item.items() if f"{m.upper()} {path}" not in closed} for path, item in paths.items()
    }
    settings = {key: ToolSettings(slashes=frozenset(slashes)) for key in kept}
    tools = build_tool_set(Document(root={"openapi": "3.2.0", "paths": served}, name="t"), settings)
    return gate, {tool.name: RequestWriter(tool, gate) for tool in tools}


def attempt(
    operation: JsonObject, arguments: JsonObject, text: str = "GET /a", **given: Any
) -> ToolRequest | tuple[ArgumentProblem, ...]:
    gate, writers = api({text: operation}, **given)
    request = writers[text].write(arguments)
    if isinstance(request, ToolRequest):
        assert isinstance(gate.judge(request.method, request.target), Permit)
    return request


def write(operation: JsonObject, arguments: JsonObject, text: str = "GET /a", **given: Any) -> ToolRequest:
    return as_a(ToolRequest, attempt(operation, arguments, text, **given))


def problems(operation: JsonObject, arguments: JsonObject, text: str = "GET /a", **given: Any) -> dict[str, str]:
    found = attempt(operation, arguments, text, **given)
    assert not isinstance(found, ToolRequest)
    return {problem.name: problem.detail for problem in found}


BODY = {
    "requestBody": {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"id": {}, "tag": {}}}}}
    }
}
EVERYWHERE = {
    "parameters": [
        parameter("id", "path"),
        parameter("limit", "query", schema={"type": "integer"}),
        parameter("X-Trace", "header"),
        parameter("theme", "cookie"),
    ],
    **BODY,
}


def test_each_argument_goes_to_its_place() -> None:
    arguments = {"limit": 5, "tag": ["a"], "id": "é", "body_id": 7, "X-Trace": "t", "theme": "dark"}

    assert write(EVERYWHERE, arguments, "POST /pets/{id}") == ToolRequest(
        b"POST",
        b"/pets/%C3%A9?limit=5",
        ((b"content-type", b"application/json"), (b"x-trace", b"t"), (b"cookie", b"theme=dark")),
        b'{"tag":["a"],"id":7}',
    )


def test_arguments_that_are_omitted_or_null_are_not_sent() -> None:
    arguments = {"id": "1", "limit": None, "X-Trace": None, "theme": None}

    assert write(EVERYWHERE, arguments, "POST /pets/{id}") == ToolRequest(b"POST", b"/pets/1", (), b"")


def test_fields_and_cookies_are_sent_without_one_another() -> None:
    assert write(EVERYWHERE, {"id": "1", "X-Trace": "t"}, "POST /pets/{id}").fields == ((b"x-trace", b"t"),)
    assert write(EVERYWHERE, {"id": "1", "theme": "t"}, "POST /pets/{id}").fields == ((b"cookie", b"theme=t"),)


def test_null_is_a_value_in_a_json_body() -> None:
    assert write(EVERYWHERE, {"id": "1", "tag": None}, "POST /pets/{id}").body == b'{"tag":null}'


def test_requests_share_their_fields() -> None:
    _, writers = api({"POST /pets/{id}": EVERYWHERE})
    writer = writers["POST /pets/{id}"]

    for names in (("id", "tag"), ("id",)):
        one, other = (as_a(ToolRequest, writer.write(dict.fromkeys(names, value))) for value in ("1", "2"))
        assert one.fields is other.fields


@pytest.mark.parametrize(
    ("media_type", "is_shared"),
    [
        ("application/json; charset=utf-8", True),
        ("application/x-www-form-urlencoded", True),
        ("multipart/form-data", False),
    ],
)
def test_requests_share_their_content_type_unless_it_has_a_boundary(media_type: str, is_shared: bool) -> None:
    schema = {"type": "object", "properties": {"a": {}}}
    _, writers = api({"POST /a": {"requestBody": {"content": {media_type: {"schema": schema}}}}})
    one, other = (as_a(ToolRequest, writers["POST /a"].write({"a": "x"})).fields for _ in range(2))

    assert (one is other) == is_shared
    assert one[0][1].startswith(media_type.encode())


def test_all_problems_are_reported_at_once() -> None:
    operation = {"parameters": [*EVERYWHERE["parameters"], parameter("must", "query", required=True)], **BODY}
    arguments = {
        "id": "..",
        "limit": {"a": "\x00"},
        "X-Trace": "a\r\nb",
        "theme": "\ud800",
        "tags": 1,
        "body_id": float("nan"),
    }

    assert problems(operation, arguments, "POST /pets/{id}").keys() == {*arguments, "must"}


@pytest.mark.parametrize(
    ("arguments", "name", "detail"),
    [
        ({"limt": 1}, "limt", "`POST /pets/{id}` has no argument `limt`. Did you mean `limit`?"),
        ({"zzzz": 1}, "zzzz", "`POST /pets/{id}` has no argument `zzzz`. It takes: id, limit, X-Trace, theme, body_id, tag."),
        ({"id": None}, "id", "`id` is required and must not be null."),
        ({}, "id", "`id` is missing."),
        ({"id": ""}, "id", "`id` must not be empty, because it is a part of the path."),
    ],
)  # fmt: skip
def test_a_problem_says_what_to_do(arguments: JsonObject, name: str, detail: str) -> None:
    assert problems(EVERYWHERE, arguments, "POST /pets/{id}")[name] == detail


def test_the_name_in_the_request_is_answered_with_the_name_of_the_argument() -> None:
    operation = {"parameters": [parameter("filter[status]", "query")]}

    assert problems(operation, {"filter[status]": "a"})["filter[status]"].endswith(
        "It is called `filter_status` (query)."
    )
    assert write(operation, {"filter_status": "a"}).target == b"/a?filter%5Bstatus%5D=a"


def test_only_some_of_very_many_problems_are_reported() -> None:
    found = problems(EVERYWHERE, {f"limit{number}": 1 for number in range(100_000)}, "POST /pets/{id}")

    assert len(found) == MAX_PROBLEMS + 1
    assert "id" in found
    assert "Did you mean `limit`?" in found["limit0"]
    assert "Did you mean" not in found["limit10"]


def test_a_declared_field_that_the_gateway_does_not_forward_is_ignored() -> None:
    listed = [parameter("Content-Type", "header", required=True), parameter("$Path", "cookie", required=True)]
    arguments = {"Content-Type": "text/evil", "Path": "/", "tag": 1}

    request = write({"parameters": listed, **BODY}, arguments, "POST /a")

    assert request.fields == ((b"content-type", b"application/json"),)


def test_a_tool_without_arguments_says_so() -> None:
    assert problems({}, {"a": 1})["a"] == "`GET /a` has no argument `a`. It takes no arguments."


def test_a_long_list_of_arguments_is_cut() -> None:
    operation = {"parameters": [parameter(f"qqqq{n}", "query") for n in range(50)]}

    assert problems(operation, {"\x1b" * 99: 1})["\ufffd" * 64].endswith("qqqq39 and 10 more.")


def test_other_members_go_into_a_body_that_takes_them() -> None:
    schema = {"type": "object", "properties": {"id": {}}, "additionalProperties": {"type": "string"}}
    operation = {
        "parameters": [parameter("id", "path")],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
    }

    assert write(operation, {"id": "1", "more": "x"}, "PUT /a/{id}").body == b'{"more":"x"}'
    assert problems(
        {"requestBody": operation["requestBody"], "parameters": [parameter("f[]", "query")]}, {"f[]": 1}, "PUT /a"
    )


def test_other_members_that_cannot_be_sent_are_reported() -> None:
    schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}
    operation = {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}

    assert problems(operation, {"b\r\nX: y": "c"}, "POST /a")


RIVALS = {
    "GET /pets/{id}": {"parameters": [parameter("id", "path")]},
    "GET /pets/mine": {},
    "GET /pets/export": {},
    "GET /{kind}/x{id}": {"parameters": [parameter("kind", "path"), parameter("id", "path")]},
}


@pytest.mark.parametrize(
    ("tool", "arguments", "is_written"),
    [
        ("GET /pets/{id}", {"id": "1"}, True),
        ("GET /pets/{id}", {"id": "a b"}, True),
        ("GET /pets/{id}", {"id": "mine"}, False),
        ("GET /pets/{id}", {"id": "export"}, True),
        ("GET /{kind}/x{id}", {"kind": "pets", "id": "1"}, False),
        ("GET /{kind}/x{id}", {"kind": "cats", "id": "1"}, True),
    ],
)
def test_a_value_that_names_another_operation_is_refused(tool: str, arguments: JsonObject, is_written: bool) -> None:
    _, writers = api(RIVALS, closed={"GET /pets/export"})

    assert isinstance(writers[tool].write(arguments), ToolRequest) == is_written


VARIANTS = {
    "GET /find": {"parameters": [parameter("type", "query"), parameter("q", "query")]},
    "GET /find?type=user": {"parameters": [parameter("type", "query"), parameter("q", "query")]},
    "GET /find?kind={kind}&acl": {"parameters": [parameter("kind", "path")]},
}


@pytest.mark.parametrize(
    ("tool", "arguments", "target"),
    [
        ("GET /find", {"q": "a"}, b"/find?q=a"),
        ("GET /find", {"type": "user"}, None),
        ("GET /find?type=user", {"q": "a"}, b"/find?type=user&q=a"),
        ("GET /find?type=user", {"type": "user"}, b"/find?type=user"),
        ("GET /find?type=user", {"type": "group"}, None),
        ("GET /find?kind={kind}&acl", {"kind": "a b"}, b"/find?acl&kind=a%20b"),
    ],
)
def test_the_query_of_a_template_is_sent_and_selects_no_other_operation(
    tool: str, arguments: JsonObject, target: bytes | None
) -> None:
    gate, writers = api(VARIANTS)
    request = writers[tool].write(arguments)

    assert (request.target if isinstance(request, ToolRequest) else None) == target
    if target:
        assert as_a(Permit, gate.judge(b"GET", target)).rule.operation_id == tool


def test_the_field_that_selects_an_operation_is_in_each_request() -> None:
    field = {"name": "X-Target", "in": "header", "required": True}
    operations = {
        f"POST /#X-Target={name}": {"parameters": [{**field, "schema": {"enum": [name]}}]} for name in ("List", "Get")
    }
    gate, writers = api(operations)
    for tool, writer in writers.items():
        name = tool.partition("=")[2]
        request = writer.write({"X-Target": name})
        assert isinstance(request, ToolRequest)
        assert request.fields == ((b"x-target", name.encode()),)
        assert as_a(Permit, gate.judge(b"POST", request.target, PlainFields(request.fields))).rule.operation_id == tool
        assert "must be" in as_a(ArgumentProblem, writer.write({"X-Target": "Drop"})[0]).detail


def test_a_call_without_the_query_of_its_template_is_refused() -> None:
    text = "GET /find?kind={kind}"
    operation = {"parameters": [parameter("kind", "query")]}

    assert write(operation, {"kind": "a"}, text).target == b"/find?kind=a"
    assert problems(operation, {}, text)


def test_a_template_parameter_that_the_document_does_not_describe_is_reported() -> None:
    assert "`id`" in problems({}, {}, "GET /a/{id}")[""]


@pytest.mark.parametrize("place", ["path", "query", "header", "cookie"])
@pytest.mark.parametrize("name", ["a\x00", "\x1b", "a b", "", "{", "a}", ";", "#?&="])
def test_no_name_in_a_document_makes_an_exception(place: str, name: str) -> None:
    text = f"POST /a/{{{name}}}?{name}=1&b={{{name}}}" if place == "path" else "POST /a"
    described = {"parameters": [parameter(name, place), parameter("b", "query")], **BODY}
    gate, writers = api({text: described})

    for writer in writers.values():
        request = writer.write({one.name: "1" for one in writer.tool.arguments})
        if isinstance(request, ToolRequest):
            verdict = gate.judge(request.method, request.target)
            assert not isinstance(verdict, Permit) or verdict.rule.operation_id == text
            assert request.target.isascii()


def test_a_segment_with_a_missing_value_has_one_problem() -> None:
    operation = {"parameters": [parameter("x", "path"), parameter("y", "path")]}

    assert problems(operation, {"x": "1"}, "GET /a/{x}.{y}") == {"y": "`y` is missing."}
    assert problems(operation, {"x": ".", "y": "."}, "GET /a/{x}.{y}").keys() == {"x"}


def test_slashes_pass_where_gateway_yaml_allows_them() -> None:
    operation = {"parameters": [parameter("path", "path")]}

    assert problems(operation, {"path": "a/b"}, "GET /files/{path}")
    assert write(operation, {"path": "a/b"}, "GET /files/{path}", slashes=["path"]).target == b"/files/a%2Fb"
    for value in ("a/../b", "a//b", "/a", "a/"):
        assert problems(operation, {"path": value}, "GET /files/{path}", slashes=["path"])


def test_a_long_target_is_refused() -> None:
    operation = {"parameters": [parameter("q", "query", explode=True)]}

    assert write(operation, {"q": "a" * (MAX_TARGET_BYTES - 5)})
    assert problems(operation, {"q": "a" * (MAX_TARGET_BYTES - 4)})
    assert problems(operation, {"q": ["a"] * 1001})
    assert problems(operation, {"q": "é" * 9000})


FREE = {"type": "object", "additionalProperties": True}


@pytest.mark.parametrize("key", ["_method", "X-HTTP-Method-Override", "a\x00", "é", "limit"])
@pytest.mark.parametrize("place", ["query", "querystring"])
def test_a_free_name_that_the_gate_refuses_is_reported(key: str, place: str) -> None:
    listed = [parameter("free", place, schema=FREE)]
    if place == "query":
        listed.append(parameter("limit", "query"))
    elif key == "limit":
        return
    else:
        del listed[0]["schema"]
        listed[0]["content"] = {"application/x-www-form-urlencoded": {"schema": FREE}}

    assert problems({"parameters": listed}, {"free": {key: "1"}})
    assert write({"parameters": listed}, {"free": {"a.b": "1"}}).target == b"/a?a.b=1"


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
WORD = st.text("abcXYZ019-_~", min_size=1, max_size=6)
SCALAR = TEXT | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
LIST = st.lists(SCALAR, min_size=1, max_size=3)
KEYS = st.sampled_from(["R", "G", "B"])
OBJECT = st.dictionaries(KEYS, SCALAR, min_size=1, max_size=3)
COLORS = {"type": "object", "properties": {"R": {}, "G": {}, "B": {}}}
STYLES = [
    *(("path", style, explode) for style in ("simple", "label") for explode in (False, True)),
    *(("query", "form", explode) for explode in (False, True)),
    ("query", "spaceDelimited", False),
    ("query", "pipeDelimited", False),
    ("query", "deepObject", True),
    *(("header", "simple", explode) for explode in (False, True)),
    *(("cookie", "form", explode) for explode in (False, True)),
    ("cookie", "cookie", True),
]
TRUTH = {True: "true", False: "false"}


def spelled(value: object) -> str:
    """The text that an upstream must read, for a scalar."""
    if isinstance(value, bool):
        return TRUTH[value]
    return value if isinstance(value, str) else json.dumps(value)


def same(read: Any, sent: object) -> Any:
    if isinstance(sent, list):
        return len(read) == len(sent) and all(map(same, read, sent))
    if isinstance(sent, dict):
        return read.keys() == sent.keys() and all(same(read[key], sent[key]) for key in sent)
    if isinstance(sent, float):
        return float(read) == sent
    return read == spelled(sent)


def paired(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def read_back(place: str, style: str, explode: bool, shape: str, request: ToolRequest) -> object:
    """Read the argument `color` as the table "Style Values" of OpenAPI says."""
    if place == "path":
        text = request.target.decode().removeprefix("/a/")
        delimiter = ","
        if style == "label":
            assert text[0] == "."
            text, delimiter = text[1:], "." if explode and shape != "scalar" else ","
        pieces = text.split(delimiter) if shape != "scalar" else [text]
    elif place == "query":
        pairs = [pair.split("=", 1) for pair in request.target.decode().partition("?")[2].split("&")]
        if style == "deepObject" and shape == "object":
            assert all(re.fullmatch(r"color\[.*\]", unquote(name)) for name, _ in pairs)
            return {unquote(name)[6:-1]: unquote(value) for name, value in pairs}
        if style == "deepObject" and shape == "list":
            assert {unquote(name) for name, _ in pairs} == {"color[]"}
            return [unquote(value) for _, value in pairs]
        if explode and shape == "object":
            return {unquote(name): unquote(value) for name, value in pairs}
        assert {name for name, _ in pairs} == {"color"}
        if explode and shape == "list":
            return [unquote(value) for _, value in pairs]
        (_, text), *_ = pairs
        delimiter = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
        pieces = text.split(delimiter) if shape != "scalar" else [text]
    elif place == "header":
        ((_, octets),) = request.fields
        text = octets.decode()
        if shape == "scalar":
            return text
        pieces = text.split(",")
        if shape == "list":
            return pieces
        return dict(piece.split("=", 1) for piece in pieces) if explode else paired(pieces)
    else:
        ((_, octets),) = request.fields
        cookies = octets.decode().split("; ")
        if style == "cookie":
            values = [cookie.removeprefix("color=") for cookie in cookies]
            return values if shape == "list" else values[0]
        (cookie,) = cookies
        if explode and shape == "list":
            return [unquote(pair.removeprefix("color=")) for pair in cookie.split("&")]
        pieces = (
            unquote(cookie.removeprefix("color=")).split(",") if shape != "scalar" else [cookie.removeprefix("color=")]
        )
        if shape != "scalar":
            return paired(pieces) if shape == "object" else pieces
    if shape == "scalar":
        return unquote(pieces[0])
    if shape == "list":
        return [unquote(piece) for piece in pieces]
    if explode:
        return {unquote(piece.split("=", 1)[0]): unquote(piece.split("=", 1)[1]) for piece in pieces}
    return paired([unquote(piece) for piece in pieces])


WRITERS = {
    (place, style, explode): api(
        {
            ("GET /a/{color}" if place == "path" else "GET /a"): {
                "parameters": [parameter("color", place, style, explode, schema=COLORS)]
            },
            "GET /b": {},
        }
    )
    for place, style, explode in STYLES
}  # fmt: skip


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
@given(value=SCALAR | LIST | OBJECT)
def test_the_upstream_reads_the_arguments_that_were_given(place: str, style: str, explode: bool, value: object) -> None:
    gate, writers = WRITERS[place, style, explode]
    name = "GET /a/{color}" if place == "path" else "GET /a"
    shape = "list" if isinstance(value, list) else "object" if isinstance(value, dict) else "scalar"

    request = writers[name].write({"color": value})

    if isinstance(request, ToolRequest):
        verdict = gate.judge(request.method, request.target)
        assert isinstance(verdict, Permit)
        assert verdict.rule.operation_id == name
        assert request.target == verdict.path + (b"?" + verdict.query if verdict.query else b"")
        assert same(read_back(place, style, explode, shape, request), value)
    else:
        assert [problem.name in {"color", ""} for problem in request] == [True]


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
@given(value=WORD | st.lists(WORD, min_size=1, max_size=3) | st.dictionaries(KEYS, WORD, min_size=1, max_size=3))
def test_plain_values_are_never_refused(place: str, style: str, explode: bool, value: object) -> None:
    _, writers = WRITERS[place, style, explode]
    if place == "cookie" and isinstance(value, dict) and explode:
        return

    (writer,) = (writer for name, writer in writers.items() if name != "GET /b")

    assert isinstance(writer.write({"color": value}), ToolRequest)


LEAVES = st.none() | SCALAR | st.text(max_size=4) | st.floats()
FLAT = LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.text(max_size=4), LEAVES, max_size=3)
JSON = FLAT | st.lists(FLAT, max_size=3) | st.dictionaries(st.text(max_size=4), FLAT, max_size=3)
KINDS = {
    "json": {"application/json": {"schema": {"type": "object", "properties": {"x": {}}, "additionalProperties": True}}},
    "form": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"x": {}}}}},
    "multipart": {"multipart/form-data": {"schema": {"type": "object", "properties": {"x": {}}}}},
    "text": {"text/plain": {"schema": {"type": "string"}}},
    "binary": {"application/octet-stream": {}},
}
ALL_PLACES = [
    parameter("p", "path"),
    parameter("q", "query"),
    parameter("d", "query", "deepObject", explode=True),
    parameter("h", "header"),
    parameter("c", "cookie"),
]
GATE, ANY = api(
    {
        f"POST /{kind}/{{p}}": {"parameters": ALL_PLACES, "requestBody": {"content": content}}
        for kind, content in KINDS.items()
    }
)
NAMES = st.sampled_from(["p", "q", "d", "h", "c", "x", "body", "y", "\ud800", ""])


@given(kind=st.sampled_from(list(KINDS)), arguments=st.dictionaries(NAMES, JSON))
def test_no_value_makes_an_exception_or_another_call(kind: str, arguments: JsonObject) -> None:
    name = f"POST /{kind}/{{p}}"

    request = ANY[name].write(arguments)

    if isinstance(request, ToolRequest):
        assert as_a(Permit, GATE.judge(request.method, request.target)).rule.operation_id == name
        assert not any(c in text for field in request.fields for text in field for c in b"\r\n\x00")
    else:
        assert all(problem.detail for problem in request)


SEGMENTS = st.sampled_from(["a", "b", "ab", "{x}", "{y}", "a{x}", "{x}b", "{x}.{y}", "a.{x}", ""])
TEMPLATES = st.lists(SEGMENTS, min_size=1, max_size=2).map(lambda segments: "/" + "/".join(segments))
QUERIES = st.sampled_from(["", "", "", "?a=b", "?a={z}", "?b"])
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["GET", "HEAD"]), TEMPLATES, QUERIES), min_size=1, max_size=6, unique_by=lambda one: one
)
VALUES = st.sampled_from(["a", "b", "ab", "aab", "a.b", "a.", ".a", "%61", "a b", "ä", "a/b", "b.a.b", "c"])


@given(
    operations=OPERATIONS,
    closed=st.sets(st.integers(0, 5), max_size=2),
    values=st.lists(VALUES, min_size=5, max_size=5),
)
def test_in_no_api_does_a_value_name_another_operation(
    operations: list[Any], closed: set[int], values: list[str]
) -> None:
    named = {}
    for method, path, query in operations:
        names = dict.fromkeys(re.findall(r"\{(.)\}", path))
        listed = [parameter(name, "path") for name in names] + [parameter("a", "query"), parameter("b", "query")]
        listed += [parameter("z", "path")] if "{z}" in query else []
        named[f"{method} {path}{query}"] = {"parameters": listed}
    gate, writers = api(named, closed={text for index, text in enumerate(named) if index in closed})
    for name, writer in writers.items():
        arguments = dict(zip(["x", "y", "z", "a", "b"], values, strict=True))
        given: dict[str, object] = {
            one.name: arguments[one.name]
            for one in writer.tool.arguments
            if one.is_required or arguments[one.name] != "c"
        }
        request = writer.write(given)
        if isinstance(request, ToolRequest):
            verdict = gate.judge(request.method, request.target)
            # A path that a denied operation shadows, or an ambiguous template that another one hides, is not found.
            if isinstance(verdict, Permit):
                assert verdict.rule.operation_id == name


def hostile_values() -> list[str]:
    """The paths and fields of the attack suite, whole and cut at each slash, in their spelling and decoded."""
    if not CASES.is_file():
        return []
    text = CASES.read_text()
    found = set()
    for case in json.loads(text)["cases"]:
        for sent in case.get("send", ()):
            octets = base64.b64decode(sent.get("b64", "")) if isinstance(sent, dict) else b""
            for line in octets.split(b"\r\n")[:40]:
                word = line.split(b" ")[1] if line.count(b" ") > 1 else line.partition(b":")[2].strip()
                for value in (word, *word.split(b"/"), word.partition(b"/pets/")[2], word.partition(b"=")[2]):
                    found |= {value[:3000], unquote_to_bytes(value[:3000])}
    return sorted(value.decode(errors="surrogateescape") for value in found)


PETS = {
    "GET /pets": {"parameters": [parameter("limit", "query"), parameter("tag", "query")]},
    "POST /pets": BODY,
    "GET /pets/export": {},
    "GET /pets/{petId}": {"parameters": [parameter("petId", "path")]},
    "DELETE /pets/{petId}": {"parameters": [parameter("petId", "path")]},
    "GET /pets/{petId}/secrets": {"parameters": [parameter("petId", "path")]},
    "GET /admin/users": {},
    "GET /files/{name}": {
        "parameters": [parameter("name", "path"), parameter("X-Note", "header"), parameter("c", "cookie")]
    },
}
CLOSED = {"GET /pets/export", "DELETE /pets/{petId}", "GET /pets/{petId}/secrets", "GET /admin/users"}


def test_no_attack_as_a_value_reaches_another_operation() -> None:
    values = hostile_values()
    if not values:
        pytest.skip(f"no attack cases at {CASES}")
    gate, writers = api(PETS, closed=CLOSED)
    written = 0

    for value in values:
        for tool, names in {
            "GET /pets": ["tag"],
            "GET /pets/{petId}": ["petId"],
            "GET /files/{name}": ["name", "X-Note", "c"],
        }.items():
            for name in names:
                given: dict[str, object] = {"name": "a", name: value} if tool.endswith("{name}") else {name: value}
                request = writers[tool].write(given)
                if not isinstance(request, ToolRequest):
                    continue
                verdict = gate.judge(request.method, request.target)
                if isinstance(verdict, Permit):
                    written += 1
                    assert verdict.rule.operation_id == tool
                    assert request.target.count(b"/") == tool.count("/")
                else:
                    # A denied path that the gate's guard knows, such as `export`.
                    assert verdict.code == "operation-not-found"
                assert not any(c in text for field in request.fields for text in field for c in b"\r\n\x00")
    assert written > 100


def test_a_writer_keeps_no_state() -> None:
    _, writers = api({"POST /pets/{id}": EVERYWHERE})
    writer = writers["POST /pets/{id}"]
    first = writer.write({"id": "1", "limit": 5, "tag": 1, "X-Trace": "a"})

    assert writer.write({"id": ".."})
    assert writer.write({"id": "1", "limit": 5, "tag": 1, "X-Trace": "a"}) == first
    assert pickle.loads(pickle.dumps(first)) == first


def test_the_operation_of_a_key_is_named_by_its_tool() -> None:
    gate, writers = api(PETS)

    assert [rule.operation_id for rule in gate.rules] == list(writers)
    assert OperationKey("GET", "/pets") in gate.rules_by_key
