"""An answer that the gateway makes itself: problem details and the header fields with them."""

from __future__ import annotations

from typing import Final

from plugin_gateway.proxy.answer_head import status_line
from plugin_gateway.refusal import RETRY_SOON, Refusal, own_body

TOO_MANY_CONNECTIONS: Final = Refusal(
    status=503,
    code="too-many-connections",
    detail="This gateway has reached its limit of connections; try again shortly.",
    headers=RETRY_SOON,
)
NO_RAW_PATH: Final = Refusal(
    status=500,
    code="no-raw-path",
    detail="The server does not pass on the raw path, so the call cannot be judged.",
    hint="Run the gateway under an ASGI server that sets raw_path, such as uvicorn or hypercorn.",
)

FAILED: Final = Refusal(status=500, code="internal-error", detail="The gateway failed to answer; its log says why.")
"""For an exception that nothing expects."""


def own_answer(refusal: Refusal, request_id: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the answer's fields, including its length, and its body."""
    body, media_type = own_body(refusal, request_id=request_id.decode("latin-1"))
    fields = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id),
        *refusal.headers,
    ]
    return fields, body


def own_message(refusal: Refusal, request_id: bytes, extra: bytes, *, is_head: bool, closes: bool) -> tuple[bytes, int]:
    """Return the answer as an HTTP/1.1 message, and the size of its body in bytes."""
    fields, body = own_answer(refusal, request_id)
    if is_head:
        body = b""
    lines = [name + b": " + value + b"\r\n" for name, value in fields]
    end = b"Connection: close\r\n\r\n" if closes else b"\r\n"
    return b"".join((status_line(refusal.status), extra, *lines, end, body)), len(body)
