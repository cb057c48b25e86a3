"""A declared matrix parameter passes, and no path with a `;` opens another operation on any server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.matrix import matrix_path
from plugin_gateway.gate.target import MAX_TARGET_BYTES
from plugin_gateway.gate.trace import Trace
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_gateway.gate.gate import Gate


def operation(*names: str, **more: Any) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "style": "matrix", "schema": {"type": "string"}, **more}
        for name in names
    ]
    return {"parameters": parameters, "responses": {}}


def document(paths: dict[str, dict[str, Any]], *, method: str = "get") -> Document:
    root = {"openapi": "3.1.0", "info": {}, "paths": {path: {method: node} for path, node in paths.items()}}
    return Document(root=root, name="d")


def gate_for(paths: dict[str, dict[str, Any]], *allowed: str) -> Gate:
    return compile_gate(
        document(paths), {OperationKey("GET", path): AllowedOperation(operation_id=path) for path in allowed}
    )


def reason(path: str, node: dict[str, Any], *others: str) -> object:
    found = document({path: node, **{other: operation() for other in others}})
    return matrix_path(found.operations[OperationKey("GET", path)], found)


@pytest.fixture
def pets() -> Gate:
    paths = {"/pets/{id}": operation("id"), "/pets/mine": operation(), "/toys{color}/x": operation("color"), "/a/{b}/{c}": operation("c")}  # fmt: skip
    return gate_for(paths, "/pets/{id}", "/toys{color}/x", "/a/{b}/{c}")


@pytest.mark.parametrize(
    "path", ["/pets/;id=5", "/pets/;id=a,b.c~-_", "/pets/;id=%C3%A4", "/toys;color=red/x", "/a/1/;c=2"]
)
def test_a_declared_matrix_parameter_goes_up_as_it_came(pets: Gate, path: str) -> None:
    for query in ("", "?"):
        permit = pets.judge(b"GET", (path + query).encode())
        assert not isinstance(permit, Refusal)
        assert permit.path == path.encode()


@pytest.mark.parametrize(
    "path",
    [
        "/pets/;id=",
        "/pets/;id",
        "/pets/;",
        "/pets/5;id=5",
        "/pets/;ID=5",
        "/pets/;%69d=5",
        "/pets/;id=5;id=6",
        "/pets/;id=5;",
        "/pets/;x=5",
        "/pets/;id=5;x=5",
        "/pets/;id=5/",
        "/pets;id=5",
        "/pets;/;id=5",
        "/pets/..;/;id=5",
        "/pets/..;id=5",
        "/pets/.;id=5",
        "/pets/;id=..",
        "/pets/;id=%2E%2E",
        "/pets/;id=a%3Bb",
        "/pets/;id=a%3bb",
        "/pets/;id=a%253Bb",
        "/pets/;id=a%2Fb",
        "/pets/;id=a%5Cb",
        "/pets/;id=a%00",
        "/pets/;id=%ff",
        "/pets/;id=a=b",
        "/pets/;id=mine",
        "/pets/;id=Mine.json",
        "/pets/;id=5\\..",
        "//pets/;id=5",
        "/toys;color=red;/x",
        "/toys;color=red/x;color=red",
        "/toys;color=red",
        "/;jsessionid=5/pets/;id=5",
        "/pets/;jsessionid=5",
    ],
)
def test_no_other_path_with_a_semicolon_passes(pets: Gate, path: str) -> None:
    for method in (b"GET", b"HEAD"):
        assert isinstance(pets.judge(method, path.encode("latin-1")), Refusal)


def test_an_exploded_list_repeats_its_name() -> None:
    lists = gate_for({"/a/{b}": operation("b", explode=True, schema={"type": "array"})}, "/a/{b}")
    passing = [not isinstance(lists.judge(b"GET", path), Refusal) for path in (b"/a/;b=1;b=2;b=3", b"/a/;b=1;c=2", b"/a/;b=1;", b"/a/;b=1;b=..;b=")]  # fmt: skip
    assert passing == [True, False, False, False]
    assert isinstance(lists.judge(b"GET", b"/a/;b=1?x=1;y=2"), Refusal)
    plain = lists.matrix_paths[0].plain_target(b"/a/;b=1;b=2?x=1;y=2")
    assert plain == b"/a/1,b=2?x=1;y=2"


def test_another_method_and_another_query_are_refused_as_on_any_path(pets: Gate) -> None:
    wrong = pets.judge(b"POST", b"/pets/;id=5")
    assert isinstance(wrong, Refusal)
    assert wrong.status == 405
    undeclared = pets.judge(b"GET", b"/pets/;id=5?x=1")
    assert isinstance(undeclared, Refusal)
    assert undeclared.code == "undeclared-query-parameter"


def test_each_operation_has_its_own_matrix_paths() -> None:
    gate = gate_for({"/a/{m}": operation("m"), "/b/{m}": operation("m", explode=True)}, "/a/{m}", "/b/{m}")
    for path, own in ((b"/a/;m=1", "/a/{m}"), (b"/b/;m=1", "/b/{m}"), (b"/b/;m=1;m=2", "/b/{m}")):
        permit = gate.judge(b"GET", path)
        assert not isinstance(permit, Refusal)
        assert (permit.path, permit.rule.path_template) == (path, own)
    assert isinstance(gate.judge(b"GET", b"/a/;m=1;m=2"), Refusal)
    undeclared = gate.judge(b"GET", b"/b/;m=1?x=1")
    assert isinstance(undeclared, UndeclaredQuery)
    assert undeclared.permit is not None
    assert undeclared.permit.path == b"/b/;m=1"


def test_a_trace_has_only_the_steps_of_the_operation_that_is_called() -> None:
    gate = gate_for({"/{m}/{id}": operation("id"), "/a/{id}": operation("id")}, "/{m}/{id}", "/a/{id}")
    trace = Trace()
    permit = gate.judge(b"GET", b"/a/;id=5", trace=trace)
    assert not isinstance(permit, Refusal)
    assert permit.rule.path_template == "/a/{id}"
    assert [step.name for step in trace.steps].count("target") == 1
    assert all(step.passed for step in trace.steps)


def test_a_path_whose_plain_form_is_another_operation_does_not_pass() -> None:
    gate = gate_for({"/pets/{id}": operation("id"), "/pets/{number}.{format}": operation()}, "/pets/{id}", "/pets/{number}.{format}")  # fmt: skip
    for target in (b"/pets/;id=5.txt", b"/pets/;id=5.txt?x=1"):
        refusal = gate.judge(b"GET", target)
        assert isinstance(refusal, Refusal)
        assert refusal.code == "malformed-target"


def test_a_matrix_path_is_as_long_as_any_other_path_may_be(pets: Gate) -> None:
    at_most = b"/pets/;id=" + b"5" * (MAX_TARGET_BYTES - len("/pets/;id="))
    assert not isinstance(pets.judge(b"GET", at_most), Refusal)
    refusal = pets.judge(b"GET", at_most + b"5")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "target-too-long"


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("/pets/{id}", "/pets"),
        ("/pets/{id}", "/pets/"),
        ("/pets/{id}", "/Pets"),
        ("/pets/{id}", "/{all}"),
        ("/pets{id}", "/pets"),
        ("/pets/{id}/toys", "/pets/toys"),
        ("/pets/{id}/toys", "/pets"),
        ("/a/{b}/{id}", "/a/b"),
        ("/a{id}/b", "/a"),
        ("/a{id}/b", "/a/b"),
        ("/{id}", "/"),
        ("/é/{id}", "/é"),
        ("/É/{id}", "/é"),
        ("/{x}b/{id}", "/a{y}"),
        ("/{x}b/{id}/c", "/a{y}/c"),
    ],
)
def test_an_operation_that_a_server_could_serve_without_the_parameter_closes_the_path(path: str, other: str) -> None:
    said = reason(path, operation("id"), other)
    assert isinstance(said, str)
    assert said.startswith("`id` is sent after a `;`, which the gateway does not forward in a path: ")
    assert f"`GET {other}`" in said
    gate = gate_for({path: operation("id"), other: operation()}, path, other)
    assert gate.matrix_paths == ()


BESIDE = "its segment has a value or text that servers could confuse with it"
READ_DIFFERENTLY = "servers read this name in different ways"
MEMBERS = "each member of an exploded object is sent under its own name"


@pytest.mark.parametrize(
    ("path", "name", "node", "why"),
    [
        ("/pets/{id}{other}", "id", operation("id"), BESIDE),
        ("/pets/{id}.json", "id", operation("id"), BESIDE),
        ("/pets/{other}{id}", "id", operation("id"), BESIDE),
        ("/pets;x{id}", "id", operation("id"), BESIDE),
        ("/pets/{jsessionid}", "jsessionid", operation("jsessionid"), READ_DIFFERENTLY),
        ("/pets/{JSESSIONID}", "JSESSIONID", operation("JSESSIONID"), READ_DIFFERENTLY),
        ("/pets/{a;b}", "a;b", operation("a;b"), READ_DIFFERENTLY),
        ("/pets/{a%b}", "a%b", operation("a%b"), READ_DIFFERENTLY),
        ("/pets/{id}", "id", operation("id", explode=True, schema={"type": "object"}), MEMBERS),
        ("/pets/{id}", "id", operation("id", explode=True, schema={}), MEMBERS),
    ],
)
def test_a_matrix_parameter_that_servers_read_differently_is_closed_with_a_reason(
    path: str, name: str, node: dict[str, Any], why: str
) -> None:
    assert reason(path, node) == f"`{name}` is sent after a `;`, which the gateway does not forward in a path: {why}."


def test_the_reason_names_each_parameter_that_a_server_could_cut_off() -> None:
    said = reason("/pets/{id}/{age}", operation("id", "age"), "/pets")
    assert said == (
        "`age, id` is sent after a `;`, which the gateway does not forward in a path: "
        "a server that cuts it off would serve `GET /pets`."
    )


@pytest.mark.parametrize("kind", ["array", "string", "integer", "number", "boolean"])
def test_an_exploded_value_that_is_no_object_passes(kind: str) -> None:
    root = document({"/a/{b}": operation("b", explode=True, schema={"$ref": "#/components/schemas/B"})}).root
    found = Document(root={**root, "components": {"schemas": {"B": {"type": kind}}}}, name="d")
    gate = compile_gate(found, {OperationKey("GET", "/a/{b}"): AllowedOperation(operation_id="x")})
    assert not isinstance(gate.judge(b"GET", b"/a/;b=1"), Refusal)


@pytest.mark.parametrize("slashed", ["id", "other"])
def test_a_parameter_with_encoded_slashes_closes_the_path(slashed: str) -> None:
    paths = {"/a/{other}/{id}": operation("id"), "/a/b/{number}": operation()}
    allowed = {OperationKey("GET", "/a/{other}/{id}"): AllowedOperation(operation_id="x", slashes=frozenset({slashed}))}
    gate = compile_gate(document(paths), allowed)
    for path in (b"/a/c/;id=5", b"/a/c/;id=x%2Fb", b"/a/b%2F1/;id=5"):
        assert isinstance(gate.judge(b"GET", path), Refusal)
    found = document(paths)
    assert matrix_path(found.operations[OperationKey("GET", "/a/{other}/{id}")], found, {slashed}) == (
        "`id` is sent after a `;`, which the gateway does not forward in a path: "
        "some servers would end it at a slash that is encoded in this path."
    )


def test_another_method_and_other_styles_close_nothing() -> None:
    assert reason("/pets/{id}", operation("id", style="simple"), "/pets") is None
    found = document({"/pets/{id}": operation("id")})
    found.root["paths"]["/pets"] = {"post": operation()}
    again = Document(root=found.root, name="d")
    assert not isinstance(matrix_path(again.operations[OperationKey("GET", "/pets/{id}")], again), str)


@pytest.mark.parametrize(("allowed", "denied"), [("GET", "HEAD"), ("HEAD", "GET")])
def test_a_head_request_is_no_way_to_an_operation_that_is_denied(allowed: str, denied: str) -> None:
    paths = {"/pets/{id}": {allowed.lower(): operation("id")}, "/pets": {denied.lower(): operation()}}
    found = Document(root={"openapi": "3.1.0", "info": {}, "paths": paths}, name="d")
    gate = compile_gate(found, {OperationKey(allowed, "/pets/{id}"): AllowedOperation(operation_id="pet")})
    assert isinstance(gate.judge(b"HEAD", b"/pets/;id=5"), Refusal)
    assert not isinstance(gate.judge(b"HEAD", b"/pets/5"), Refusal)


ROUTES = st.sampled_from(
    [
        "/a", "/a/{m}", "/a/b", "/a{m}", "/a/{m}/b", "/{x}/{m}", "/{x}", "/a/{m}/{y}", "/a{m}/b", "/", "/a{x}", "/{x}b/{m}", "/é",
        "/é/{m}",
    ]
)  # fmt: skip
PIECES = st.lists(st.sampled_from(["/", "a", "b", "%C3%A9", ";m=", ";", "m", "=", "1", "..", "%3B", "%2F", ",", ".", "/;m=1", "A"]), max_size=8)  # fmt: skip


def readings(path: str) -> Iterator[str]:
    """Yield the paths that servers choose an operation by."""
    decoded = re.sub("%([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), path)
    for one in (path, decoded):
        cut = re.sub(";[^/]*", "", one)
        for bare in (cut, one.partition(";")[0]):
            yield re.sub("/+", "/", bare).rstrip("/") or "/"


def matches(path: str, template: str) -> bool:
    pattern = re.sub(r"\\\{[a-z]\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path, re.IGNORECASE) is not None


@given(st.sets(ROUTES, min_size=1), st.data(), PIECES)
def test_no_server_serves_another_operation_for_a_path_that_passes(
    routes: set[str], data: st.DataObject, pieces: list[str]
) -> None:
    allowed = data.draw(st.sets(st.sampled_from(sorted(routes)), min_size=1))
    more = data.draw(st.sampled_from([{}, {"explode": True, "schema": {"type": "array"}}]))
    gate = gate_for({route: operation(*(["m"] if "{m}" in route else []), **more) for route in routes}, *allowed)
    path = "/" + "".join(pieces)
    permit = gate.judge(b"GET", path.encode())
    if not isinstance(permit, Refusal) and ";" in path:
        own = permit.rule.path_template
        assert not [other for other in routes - {own} for read in readings(path) if matches(read, other)]
