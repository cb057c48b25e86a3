import pytest

from plugin_gateway.openapi.document import Document, OperationKey
from plugin_gateway.policy.gate import Admission, compile_gate
from plugin_gateway.policy.trace import Trace

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
    {OperationKey("GET", path): Admission(operation_id=path) for path in ("/a", "/a/{b}")},
)


@pytest.mark.parametrize("target", ["/a", "/a?q=1", "/a?r=1", "/a/x", "/a/C", "/a/..", "/a/x%2Fy", "/d", "/d%2Fe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_verdict_is_the_same_with_and_without_a_trace_and_its_last_step_agrees(method: str, target: str) -> None:
    trace = Trace()

    verdict = GATE.judge(method.encode(), target.encode(), trace)

    assert verdict == GATE.judge(method.encode(), target.encode())
    assert trace.steps[-1].passed is not hasattr(verdict, "status")
    assert all(step.passed for step in trace.steps[:-1])
