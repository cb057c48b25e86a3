"""A pickled revision whose only face contains its number, as the supervisor sends one to its workers."""

import pickle
from typing import Any

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.gate.gate import Gate
from plugin_gateway.gate.routing import compile_routes
from plugin_gateway.publish.face import build_face
from plugin_gateway.revision import Bounds, LogSettings, Revision, UpstreamSettings


def revision(number: int = 1, **upstream: Any) -> bytes:
    return pickle.dumps(
        Revision(
            number=number,
            public_url="http://localhost",
            gate=Gate(routes=compile_routes({}, {}, {})),
            rules=(),
            faces={"/number": build_face("text/plain", b"%d" % number)},
            upstream=UpstreamSettings(host="127.0.0.1", port=9, authority=b"api", **upstream),
            read_injection=Injection(),
            write_injection=Injection(),
            limits=Bounds(),
            cors_origins=(),
            operations_total=0,
            log=LogSettings(level="error"),
        )
    )
