"""The console app: judges each request below `/console`, lets people enter, and passes the others to the handlers.

Each request passes the same steps: the console must be on, and the Host must be its own. `/token` and `/enter` let a person in.
All other paths need a session. Paths of the API also need an Origin that is the console's, and the page secret: a browser sends
its cookie to every port of the host, so another server there could replay it.
"""

from __future__ import annotations

import hmac
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from plugin_gateway.console.entrance_page import BAD_TOKEN, NO_SESSION, STYLE_HASH, arrival_page, entrance_page
from plugin_gateway.console.handler import Handler
from plugin_gateway.console.sessions import SESSION_VALID_S, TOKEN_VALID_S, Sessions, is_program
from plugin_gateway.console.static_files import INDEX, static_files
from plugin_gateway.endpoints.admin import NO_SUCH_PATH, only
from plugin_gateway.endpoints.documents import answer, refuse
from plugin_gateway.endpoints.own_site import has_json, has_own_host, has_own_origin
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import Receive, Scope, Send

    from plugin_gateway.console.sessions import Session

Power: TypeAlias = Literal["off", "read", "write"]
"""What the console may do: nothing, show, or show and save."""

COOKIE: Final = "plugin_gateway_console"
"""The beginning of the cookie's name. Browsers send a cookie to every port of its host, so each gateway adds a text to the
name; else two gateways on one machine would overwrite each other's session."""
PAGE_FIELD: Final = "Plugin-Gateway-Page-Secret"
"""The request field for the secret that the page of a link keeps."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; worker-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The response fields of every answer of the console."""
_READS: Final = frozenset({"GET", "HEAD"})
_NO_STORE: Final = {"Cache-Control": "no-store"}
_WRONG_HOST: Final = Refusal(
    status=403,
    code="host-not-allowed",
    detail="The console does not answer under this name, because any page can give its name the address of this machine.",
    hint="Use `localhost` or the IP address of the admin listener.",
)
_WRONG_ORIGIN: Final = Refusal(
    status=403, code="origin-not-allowed", detail="Only the pages of the console may ask this."
)
_NOT_JSON: Final = Refusal(
    status=415, code="unsupported-media-type", detail="The body must have the media type application/json."
)
_NO_SESSION: Final = Refusal(
    status=401,
    code="no-console-session",
    detail="The request has no session of the console.",
    hint="Run `plugin-gateway console` and open the link that it prints.",
)
_NO_PAGE_SECRET: Final = Refusal(
    status=401,
    code="no-page-secret",
    detail=f"The cookie of a browser is not enough: the request lacks the right {PAGE_FIELD}.",
    hint="The page of a link keeps the value for scripts of its origin, as `page-secret` in localStorage. If you are a person, run "
    "`plugin-gateway console` and open the link that it prints. A program needs only the cookie, if it got the "
    "cookie by its own GET of a link, and that GET had no sign of a browser: no text/html in Accept, no Mozilla in User-Agent, no "
    "Sec-Fetch-Site and no Sec-Fetch-Dest.",
)
_NO_WORKER: Final = Refusal(status=403, code="origin-not-allowed", detail="The console has no service worker.")
_WRONG_KEY: Final = Refusal(
    status=401,
    code="wrong-console-key",
    detail="The key of the console is missing or wrong.",
    hint="Run `plugin-gateway console` as the user that runs the gateway; it sends the key.",
    headers=((b"WWW-Authenticate", b'Bearer realm="console"'),),
)
_TOO_LARGE: Final = Refusal(status=413, code="request-too-large", detail="The body is larger than the console takes.")


class Console:
    """The routes of the console. `power` may change with each reload; the command `console` must show `key`."""

    def __init__(
        self,
        handlers: Iterable[Handler] = (),
        *,
        clock: Callable[[], float] = monotonic,
        ended: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what answers the API. `ended` is called whenever a session has ended, so that streams look at theirs."""
        self.handlers = tuple(handlers)
        self._log_out = Handler(path="logout", answer=self._log_out_session, method="POST")
        self._ended = ended
        self.key = ""
        self.base = ""
        """The URL of the listener for a person on this machine; empty if it is a Unix socket."""
        self.sessions = Sessions()
        self.cookie = f"{COOKIE}_{token_hex(4)}"
        self._clock = clock
        self._power: Power = "off"

    @property
    def power(self) -> Power:
        return self._power

    @power.setter
    def power(self, power: Power) -> None:
        self._power = power
        if power == "off":
            self.sessions.end_all()
            self._ended()

    def routes(self) -> list[Route]:
        return [Route("/console", self), Route("/console/{path:path}", self)]

    def link(self) -> str:
        """Return the path of a link that works once."""
        return f"/console/enter?token={self.sessions.issue(self._clock())}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        for name, value in HEADERS.items():
            if name not in response.headers:
                response.headers[name] = value
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if self._power == "off":
            return refuse(NO_SUCH_PATH)
        if not has_own_host(request.headers):
            return refuse(_WRONG_HOST)
        if "service-worker" in request.headers:
            # A service worker would stay in the browser and see each request of later sessions.
            return refuse(_NO_WORKER)
        path = request.scope["path"].removeprefix("/console")
        if path == "/token":
            return await self._token(request)
        if path == "/enter":
            return self._enter(request)
        is_api = path.startswith("/api/")
        if is_api and not has_own_origin(request.headers, is_needed=request.method not in _READS):
            return refuse(_WRONG_ORIGIN)
        session = self._session(request)
        if session is None:
            return refuse(_NO_SESSION) if is_api else _entrance(NO_SESSION)
        if not is_api:
            return _static(request, path)
        if not session.is_proven_by(request.headers.get(PAGE_FIELD, "")):
            return refuse(_NO_PAGE_SECRET)
        request.state.session = session
        return await self._ask(request, path.removeprefix("/api/"))

    async def _token(self, request: Request) -> Response:
        """Answer the command `console`, which proves by the key that it may read the gateway's files."""
        if request.method != "POST":
            return refuse(only("POST"))
        if not has_own_origin(request.headers):
            return refuse(_WRONG_ORIGIN)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(key.strip().encode(), self.key.encode())
        if not self.key or scheme.lower() != "bearer" or not is_right:
            return refuse(_WRONG_KEY)
        members = {"base": self.base, "path": self.link(), "expires_in": int(TOKEN_VALID_S)}
        return JSONResponse(members, headers=_NO_STORE)

    def _enter(self, request: Request) -> Response:
        """Turn a token into a session. Only a GET does: a scanner that looks at links with HEAD uses up no token."""
        if request.method != "GET":
            return refuse(only("GET"))
        tokens = request.query_params.getlist("token")
        is_asked_early = "prefetch" in request.headers.get("sec-purpose", "")
        if len(tokens) != 1 or is_asked_early:
            return _entrance(BAD_TOKEN)
        before = self._session(request)
        entry = self.sessions.enter(tokens[0], self._clock(), is_program=is_program(request.headers))
        if entry is None:
            return _entrance(BAD_TOKEN)
        if before is not None:
            self._end(before)
        response: Response
        if entry.page_secret:
            # The secret is in the page, and not in the URL of a redirect, which would stay in the history of the browser.
            response = Response(arrival_page(entry.page_secret), media_type="text/html", headers=_NO_STORE)
        else:
            response = RedirectResponse("/console/", 303, headers=_NO_STORE)
        response.set_cookie(
            self.cookie,
            entry.cookie,
            max_age=int(SESSION_VALID_S),
            path="/console",
            # A browser drops a Secure cookie that comes over plain HTTP, and the listener speaks plain HTTP.
            secure=request.headers.get("x-forwarded-proto", "").lower() == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _end(self, session: Session) -> None:
        self.sessions.end(session)
        self._ended()

    async def _log_out_session(self, request: Request, _: bytes) -> Response:
        self._end(request.state.session)
        response = Response(status_code=204)
        response.delete_cookie(self.cookie, path="/console", httponly=True, samesite="strict")
        return response

    def _session(self, request: Request) -> Session | None:
        value = request.cookies.get(self.cookie, "")
        return self.sessions.find(value, self._clock()) if value else None

    async def _ask(self, request: Request, path: str) -> Response:
        there = [(one, found) for one in (self._log_out, *self.handlers) if (found := one.parameters(path)) is not None]
        if not there:
            return refuse(NO_SUCH_PATH)
        method = "GET" if request.method == "HEAD" else request.method
        taken = [(one, found) for one, found in there if one.method == method]
        if not taken:
            return refuse(only(*(one.method for one, _ in there)))
        handler, request.scope["path_params"] = taken[0]
        body = b""
        if handler.method == "POST":
            if not has_json(request.headers):
                return refuse(_NOT_JSON)
            read = await _read(request, handler.most_body_bytes)
            if read is None:
                return refuse(_TOO_LARGE)
            body = read
        response = await handler.answer(request, body)
        if "cache-control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response


def _static(request: Request, path: str) -> Response:
    if request.method not in _READS:
        return refuse(only("GET"))
    if not path:
        return RedirectResponse("/console/", 308)
    # A screen has its URL, such as `/console/traffic`: the page looks at the path and shows the screen.
    name = path.removeprefix("/") or INDEX
    face = static_files().get(name) or (static_files().get(INDEX) if "." not in name else None)
    if face is None:
        return refuse(NO_SUCH_PATH)
    response = answer(face, request)
    response.headers.update(HEADERS)
    return response


def _entrance(reason: str) -> Response:
    policy = f"{HEADERS['Content-Security-Policy']}; style-src {STYLE_HASH}"
    return Response(
        entrance_page(reason), 401, media_type="text/html", headers={**_NO_STORE, "Content-Security-Policy": policy}
    )


async def _read(request: Request, most: int) -> bytes | None:
    """Return the body, or None if it is larger than the handler takes or the client went away."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None
    return body
