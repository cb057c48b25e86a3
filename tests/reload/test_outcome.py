import pickle

from plugin_gateway.diagnostics import Finding
from plugin_gateway.reload.outcome import Compiled, Refused
from plugin_gateway.revision import LogSettings


def test_outcomes_cross_from_the_child_to_the_supervisor() -> None:
    finding = Finding(rule="x", message="y")
    compiled = Compiled(
        revision=b"...",
        number=1,
        digest="d",
        public_url="http://localhost:8080",
        faces=("/openapi.json",),
        operations=1,
        operations_total=2,
        listen="127.0.0.1:8080",
        admin="",
        log=LogSettings(),
        watched={},
        warnings=(finding,),
    )
    for outcome in (compiled, Refused(findings=(finding,), report="text")):
        assert pickle.loads(pickle.dumps(outcome)) == outcome
