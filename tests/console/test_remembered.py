"""Remembered steps give the same results as fresh ones, after any sequence of ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from plugin_gateway.console.remembered import RememberedSteps
from plugin_gateway.errors import DocumentError
from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.openapi.prune.pruned import prune_alone
from plugin_gateway.publish.document import Presentation, PublishedOperation
from plugin_gateway.publish.operation_ids import assign_operation_ids
from plugin_gateway.publish.own_problems import ALWAYS
from plugin_gateway.revision.steps import CompileSteps
from plugin_gateway.shape.settings import OperationSettings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pytest

JSON = "application/json"


class WithoutNotes(CompileSteps):
    has_notes = False


def compiled(steps: CompileSteps, document: Document, kept: Collection[OperationKey], version: str = "3.1") -> Any:
    """Return all that clients and the gate see of the kept operations, or the messages of a refusal."""
    try:
        pruned, _ = steps.prune(document, kept, extensions=frozenset(), discriminator="follow")
    except DocumentError as error:
        return [finding.message for finding in error.findings]
    settings = {key: OperationSettings(entry=index, validates_request="enforce") for index, key in enumerate(kept)}
    shaped = steps.shape(pruned, settings, frozenset())
    allowed = {
        key: AllowedOperation(operation_id=name, shape=shaped.shapes.get(key))
        for key, name in assign_operation_ids(shaped.document, {}).items()
    }
    rules = compile_gate(document, allowed).rules_by_key
    published = {key: PublishedOperation(operation_id=rules[key].operation_id, rule=rules[key]) for key in kept}
    presentation = Presentation(public_url="https://gw.example.com", version=version, statuses=ALWAYS)
    shown = steps.show(shaped.document, published, presentation)
    tools = steps.define(shown.served, {}, is_searched=False)
    return {
        "faces": {path: face.body for path, face in shown.faces.items() if path.startswith("/openapi.json")},
        "path": shown.path,
        "tools": tools.tools,
        "findings": shaped.findings,
        "verdicts": [(str(key), judged(rule.shape.body)) for key, rule in rules.items() if rule.shape is not None],
    }


def judged(body: Any) -> str:
    return "" if body is None else repr(body.write(JSON.encode(), b'{"name": 1, "inner": {"name": []}}'))


def ref(name: str, section: str = "schemas") -> dict[str, Any]:
    return {"$ref": f"#/components/{section}/{name.replace(' ', '%20')}"}


NAMES = ["Pet", "Owner", "Cat"]
ODD_NAMES = [*NAMES, "Old name", "GatewayProblem"]
PLAIN = st.sampled_from(
    [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"type": "string", "nullable": True, "default": "a"},
        {"type": "integer", "example": "wrong", "default": "also wrong"},
        {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}, "examples": [{"name": "a"}]},
        {"type": "object", "required": ["name"], "not": {"contains": {}}},
    ]
)
ODD = st.sampled_from(
    [
        {"$id": "https://example.com/a"},
        {"$anchor": "here", "title": "anchored"},
        {"$dynamicRef": "#here"},
        {"$recursiveAnchor": True, "items": {"$recursiveRef": "#"}},
        {"note": "like getB of /b/{id}"},
        {"example": {"$ref": "#/components/schemas/Cat"}},
        {"$ref": "#/components/schemas/Pet/properties/inner"},
        {"$ref": "#/paths/~1a/post/requestBody/content/application~1json/schema"},
        {"$ref": "#/components/schemas/Nowhere"},
    ]
)


def schemas_of(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        leaves,
        leaves.map(lambda one: {"type": "array", "items": one}),
        st.fixed_dictionaries({"inner": leaves}, optional={"name": leaves}).map(
            lambda members: {"type": "object", "properties": members}
        ),
        st.tuples(leaves, leaves).map(lambda both: {"oneOf": [*both], "discriminator": {"propertyName": "kind"}}),
        st.tuples(leaves, leaves).map(lambda both: {"allOf": [*both]}),
    )


SCHEMAS = schemas_of(PLAIN | st.sampled_from(NAMES).map(ref))
ODD_SCHEMAS = schemas_of(PLAIN | st.sampled_from(ODD_NAMES).map(ref) | ODD)
RESPONSES = st.one_of(
    SCHEMAS.map(lambda one: {"description": "ok", "content": {JSON: {"schema": one}}}),
    st.sampled_from([ref("Missing", "responses"), ref("Broken", "responses")]),
)
ODD_RESPONSES = st.sampled_from(
    [
        {"description": "linked", "links": {"b": {"operationId": "getB"}}},
        {"description": "text", "content": {JSON: {"examples": {"one": ref("One", "examples")}}}},
    ]
)


@st.composite
def documents(draw: st.DrawFn, *, is_odd: bool) -> Document:
    schemas = ODD_SCHEMAS if is_odd else SCHEMAS
    responses = RESPONSES | ODD_RESPONSES if is_odd else RESPONSES

    def operation(name: str, *, has_body: bool) -> dict[str, Any]:
        node: dict[str, Any] = {
            "operationId": name,
            "summary": name,
            "tags": [draw(st.sampled_from(["one", "two", "three"]))],
            "responses": draw(st.dictionaries(st.sampled_from(["200", "404", "400"]), responses, min_size=1)),
        }
        if has_body:
            node["requestBody"] = {"content": {JSON: {"schema": draw(schemas)}}}
        if draw(st.booleans()):
            node["security"] = [{"key": []}]
        return node

    version = draw(st.sampled_from(["3.0.3", "3.1.0"]))
    names = draw(st.permutations(ODD_NAMES if is_odd else NAMES))
    root = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "tags": [{"name": "two"}, {"name": "one", "description": "first"}],
        "paths": {
            "/a": {"get": operation("getA", has_body=False), "post": operation("postA", has_body=True)},
            "/b/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "get": operation("getB", has_body=False),
                "delete": operation("deleteB", has_body=False),
            },
            "/c": {"put": operation("putC", has_body=True)},
            "/d": {"get": operation("getD", has_body=False)},
        },
        "components": {
            "responses": {
                "Missing": {"description": "missing", "content": {JSON: {"schema": draw(schemas)}}},
                "Broken": {"description": "broken"},
            },
            "schemas": {name: draw(schemas) for name in names},
            "securitySchemes": {"key": {"type": "apiKey", "name": "key", "in": "header"}},
            "examples": {"One": {"value": 1}},
        },
    }
    return Document(root=root, name="openapi.json")


def ticks(document: Document) -> st.SearchStrategy[list[set[OperationKey]]]:
    return st.lists(st.sets(st.sampled_from([*document.operations]), min_size=1), min_size=2, max_size=3)


def in_order(document: Document, keys: Iterable[OperationKey]) -> list[OperationKey]:
    kept = set(keys)
    return [key for key in document.operations if key in kept]


@given(st.data())
def test_remembered_steps_give_the_same_as_a_fresh_compile(data: st.DataObject) -> None:
    is_odd = data.draw(st.booleans())
    document = data.draw(documents(is_odd=is_odd))
    version = data.draw(st.sampled_from(["3.0", "3.1"]))
    steps = RememberedSteps()
    for chosen in data.draw(ticks(document)):
        kept = in_order(document, chosen)
        remembered = compiled(steps, document, kept, version)
        assert remembered == compiled(WithoutNotes(), document, kept, version)
        if not is_odd:
            assert isinstance(remembered, list) == (steps._joined is None)


def of_schemas(schemas: dict[str, Any], *names: str) -> Document:
    """Return a document with an operation `GET /NAME` for each schema."""
    paths = {
        f"/{name}": {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": ref(name)}}}}}}
        for name in names or schemas
    }
    root = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    return Document(root={**root, "components": {"schemas": schemas}}, name="openapi.json")


def kept_of(document: Document, *names: str) -> Sequence[OperationKey]:
    return in_order(document, (OperationKey("GET", f"/{name}") for name in names))


def test_a_tick_prunes_only_new_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    from plugin_gateway.console import remembered  # patched

    cut: list[list[str]] = []

    def noted(document: Document, kept: Sequence[OperationKey], **options: Any) -> Document | None:
        cut.append([key.path for key in kept])
        return prune_alone(document, kept, **options)

    monkeypatch.setattr(remembered, "prune_alone", noted)
    document = of_schemas({"A": {"type": "object"}, "B": ref("A"), "C": ref("B"), "D": ref("D")}, "A", "B", "C")
    steps = RememberedSteps()
    for names in ("AB", "ABC", "BC", "AB"):
        compiled(steps, document, kept_of(document, *names))

    assert cut == [["/A"], ["/B"], ["/C"]]


def test_another_document_is_cut_out_anew() -> None:
    steps = RememberedSteps()
    for schema in ({"type": "string"}, {"type": "integer"}):
        document = of_schemas({"A": schema})
        kept = kept_of(document, "A")
        assert compiled(steps, document, kept) == compiled(WithoutNotes(), document, kept)


def test_a_shared_response_declares_the_problems_of_the_operations_that_are_kept() -> None:
    responses = {"404": ref("Missing", "responses")}
    paths = {"/a/{id}": {"get": {"responses": responses}}, "/b": {"get": {"responses": responses}}}
    missing = {"description": "", "content": {JSON: {"schema": {"type": "object"}}}}
    root = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    document = Document(root={**root, "components": {"responses": {"Missing": missing}}}, name="openapi.json")
    both = [*document.operations]
    steps = RememberedSteps()
    for kept in (both, both[1:], both[:1], both):
        assert compiled(steps, document, kept) == compiled(WithoutNotes(), document, kept)


def test_the_memory_is_bounded() -> None:
    names = [f"S{number}" for number in range(70)]
    document = of_schemas({name: {"type": "object", "title": name} for name in names})
    steps = RememberedSteps()
    for name in names:
        steps.prune(document, kept_of(document, name, names[0]), extensions=frozenset(), discriminator="follow")

    assert len(steps._parts) == 64
    assert len(steps._components) == 64


def test_operations_that_share_most_components_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_gateway.console.remembered._FEW", 0)
    circle = {f"S{number}": {"properties": {"next": ref(f"S{(number + 1) % 8}")}} for number in range(8)}
    document = of_schemas(circle)
    steps = RememberedSteps()
    for names in (["S0", "S1", "S2", "S3", "S4", "S5"], ["S0", "S7"]):
        kept = kept_of(document, *names)
        assert compiled(steps, document, kept) == compiled(WithoutNotes(), document, kept)

    assert steps._parts == []
