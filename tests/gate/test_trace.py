import pytest

from plugin_gateway.gate.compile import AllowedOperation, compile_gate
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.trace import Step, Trace, explain
from plugin_gateway.openapi.document import Document, OperationKey

ROOT = {
    "openapi": "3.0.3",
    "paths": {
        "/a": {"get": {"parameters": [{"name": "q", "in": "query"}]}},
        "/a/{b}": {"get": {}},
        "/a/c": {"get": {}},
    },
}
GATE = compile_gate(
    Document(root=ROOT, name="t"),
    {OperationKey("GET", path): AllowedOperation(operation_id=path) for path in ("/a", "/a/{b}")},
)


@pytest.mark.parametrize("target", ["/a", "/a?q=1", "/a?r=1", "/a/x", "/a/C", "/a/..", "/a/x%2Fy", "/d", "/d%2Fe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_verdict_is_the_same_with_and_without_a_trace_and_its_last_step_agrees(method: str, target: str) -> None:
    trace = Trace()

    verdict = GATE.judge(method.encode(), target.encode(), trace=trace)

    assert verdict == GATE.judge(method.encode(), target.encode())
    assert trace.steps[-1].passed is not hasattr(verdict, "status")
    assert all(step.passed for step in trace.steps[:-1])


PETS = {
    "openapi": "3.0.3",
    "paths": {
        "/pets": {"get": {"parameters": [{"name": "limit", "in": "query"}]}, "post": {}},
        "/pets/{id}": {"get": {}},
        "/pets/{id}.{format}": {"get": {}},
        "/pets/export": {"get": {}},
        "/beta?on=1": {"get": {}},
        "/gamma?on=1&off": {"get": {}},
        "/files/{path}": {"get": {}},
        "/files/a/b": {"get": {}},
    },
}
PET_GATE = compile_gate(
    Document(root=PETS, name="t"),
    {
        OperationKey(*text.split(" ")): AllowedOperation(operation_id=text.split("/")[1], slashes=frozenset({"path"}))
        for text in (
            "GET /pets",
            "POST /pets",
            "GET /pets/{id}",
            "GET /beta?on=1",
            "GET /gamma?on=1&off",
            "GET /files/{path}",
        )
    },
)
TAKEN_FOR = "a server may treat it as a path that is not allowed, or that has other rules: "


@pytest.mark.parametrize(
    ("method", "target", "step", "finding"),
    [
        (
            "GET",
            "/pets/..",
            "target",
            "the path is ambiguous: it contains a segment that some servers read as empty, `.` or `..`",
        ),
        ("GET", "/nope", "route", "no allowed operation has this path"),
        ("DELETE", "/pets", "route", "the path is allowed for GET, HEAD, POST, not for DELETE"),
        ("GET", "pets", "target", "the request target is not an absolute path"),
        (
            "GET",
            "/pets?a=;",
            "query",
            "the query contains a `;` (some servers read it as `&`) at offset 2: write it as %3B",
        ),
        ("GET", "/beta", "route", "GET /beta?on=1 is allowed only with on=1 in the query"),
        ("GET", "/gamma", "route", "GET /gamma?on=1&off is allowed only with on=1&off in the query"),
        ("GET", "/pets/EXPORT", "path", f"{TAKEN_FOR}segment 2 like `export`"),
        ("GET", "/pets/1.json", "path", f"{TAKEN_FOR}segment 2 like a template with literals"),
        (
            "GET",
            "/files/a%2Fb",
            "path",
            f"{TAKEN_FOR}segment 1 like `files` and segment 2 like `a` and segment 3 like `b`",
        ),
        (
            "GET",
            "/files/a%2Fb%2Fc",
            "path",
            f"{TAKEN_FOR}segment 1 like `files` and segment 2 like `a` and segment 3 like `b` and more after it",
        ),
        ("GET", "/pets/a%2Fb", "path", "the path has an encoded slash where no parameter has `slashes: allowed`"),
        ("DELETE", "/pets/a%2Fb", "route", "no allowed operation has this path"),
        ("GET", "/pets?page=1", "query", "pets has no query parameter page: leave it out; the operation takes limit"),
    ],
)
def test_the_last_step_of_a_refusal_is_the_one_that_decided(method: str, target: str, step: str, finding: str) -> None:
    explanation = explain(PET_GATE, method, target)

    assert not explanation.is_allowed
    assert explanation.rule is None
    assert (explanation.steps[-1].name, explanation.steps[-1].passed) == (step, False)
    assert explanation.steps[-1].finding == finding
    assert all(earlier.passed for earlier in explanation.steps[:-1])


def test_a_permitted_call_passes_every_step() -> None:
    explanation = explain(PET_GATE, "GET", "/pets?limit=1")

    assert explanation.steps == (
        Step("target", True, "/pets means the same path to every server"),
        Step("route", True, "GET /pets is allowed, as pets"),
        Step("path", True, "no server can treat it as a path that is not allowed"),
        Step("query", True, "every name is declared"),
    )
    assert explain(PET_GATE, "GET", "/pets").steps[-1] == Step("query", True, "the call has no query")
    assert explanation.rule is not None
    assert explanation.is_allowed
    assert explanation.verdict == Permit(explanation.rule, b"/pets", b"limit=1")


def test_a_method_that_is_no_text_is_explained() -> None:
    trace = Trace()
    PET_GATE.judge(b"\xff", b"/pets", trace=trace)
    assert trace.steps[-1].finding == "the path is allowed for GET, HEAD, POST, not for \ufffd"


@pytest.mark.parametrize(("method", "target"), [("\udcff", "/pets"), ("GET", "/\udcff"), ("", ""), ("GET", "/pets/ü")])
def test_every_method_and_target_is_explained(method: str, target: str) -> None:
    assert explain(PET_GATE, method, target).steps
