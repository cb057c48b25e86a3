"""A WSGI app for gunicorn and waitress: werkzeug's router, and all routing styles on the path that the server decoded."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from fuzz.origins.apps.styles import ROUTES, reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MAP = Map(
    [
        Rule(
            route["path"].replace("{path}", "<path:path>").replace("{", "<").replace("}", ">"),
            endpoint=route["name"],
            methods=[route["method"]],
        )
        for route in ROUTES
    ]
)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the routes that the request reached."""
    body = _body(environ)
    method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/;:@&=+$,!*'()").encode()
    found = reached(method, path, query, _override(environ, query, body))
    with suppress(HTTPException):
        found += ",werkzeug=" + _MAP.bind_to_environ(environ).match()[0]
    head = [("Content-Length", "2"), ("X-Reached", found.strip(","))]
    start_response("200 OK", head)
    return [b"{}"] if method != "HEAD" else []


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not length and "HTTP_TRANSFER_ENCODING" not in environ:
        return b""
    body: bytes = environ["wsgi.input"].read(length) if length else environ["wsgi.input"].read()
    try:
        # These wbits accept zlib and gzip: some servers and middleware inflate request bodies.
        return zlib.decompress(body, 47) if environ.get("HTTP_CONTENT_ENCODING") else body
    except zlib.error:
        return body


def _override(environ: dict[str, Any], query: str, body: bytes) -> str:
    """Read the method like Rack, Spring, Symfony and Express: from a header field, a form, the query or JSON."""
    for name in ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE"):
        if name in environ:
            return str(environ[name])
    sent = parse_qsl(query) + parse_qsl(body.decode("latin-1")) + list(_json(body).items())
    return next((str(value) for name, value in sent if name.lower() == "_method"), "")


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
