"""The approvals API: where people see the calls that wait for them, and decide, on the admin listener.

`GET /approvals` and `POST /approvals/ID` are for programs, `/approve/TOKEN` is the page behind the link that a caller gets. A
GET decides nothing, because programs follow links (scanners of mail, previews of chats). A POST must come from this page or
from a program: a page of another site, or one that rebinds its name to this address, is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec
from urllib.parse import parse_qs

import orjson
from starlette.responses import Response
from starlette.routing import Route

from plugin_gateway.approvals.approval import Approval, Decision, State
from plugin_gateway.approvals.registry import StoreAwayError
from plugin_gateway.endpoints.admin import admin_app
from plugin_gateway.endpoints.approval_page import decided_page, decision_page, gone_page, list_page
from plugin_gateway.endpoints.documents import refuse
from plugin_gateway.endpoints.own_site import has_json, has_own_host, has_own_origin
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.values.reading import read_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import TypeAlias

    from starlette.applications import Starlette
    from starlette.requests import Request

    from plugin_gateway.approvals.registry import Registry

    _Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_P = ParamSpec("_P")

MOST_BODY_BYTES: Final = 4_096
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# The page runs no script, loads nothing, and cannot be put into a frame, where a click could be stolen. With `no-referrer`
# browsers would send `Origin: null` with its form.
_PAGE_HEADERS: Final = {
    **_NO_STORE,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
_NOT_FOUND: Final = Refusal(
    status=404,
    code="approval-not-found",
    detail="There is no such approval. It may have expired, or the gateway restarted.",
)
_WRONG_HOST: Final = Refusal(
    status=403,
    code="host-not-allowed",
    detail="Approvals are not given under this name.",
    hint="Use the address of the admin listener, `localhost`, or the host of `approvals.url`.",
)
_WRONG_ORIGIN: Final = Refusal(
    status=403, code="origin-not-allowed", detail="A page of another site must not decide about a call."
)
_NO_KEY: Final = Refusal(
    status=401,
    code="not-an-approver",
    detail="The key of `approvals.key` is missing or wrong.",
    hint="Send it as `Authorization: Bearer KEY`.",
    headers=((b"WWW-Authenticate", b'Bearer realm="approvals"'),),
)
_MALFORMED: Final = Refusal(
    status=400,
    code="malformed-decision",
    detail='The body must be JSON: {"decision": "approve"} or {"decision": "deny"}.',
)
_NOT_JSON: Final = Refusal(
    status=415, code="unsupported-media-type", detail="A decision has the media type application/json."
)
_AWAY: Final = Refusal(
    status=503,
    code="approval-unavailable",
    detail="The Redis of `limits.redis`, which has the approvals, does not answer.",
    hint="Try again shortly; the log says why it failed.",
    headers=((b"Retry-After", b"5"),),
)


def _or_away(
    answer: Callable[Concatenate[ApprovalsApi, _P], Awaitable[Response]],
) -> Callable[Concatenate[ApprovalsApi, _P], Coroutine[Any, Any, Response]]:
    """Return the method, which answers 503 while the store of the approvals does not answer."""

    async def answer_or_refuse(self: ApprovalsApi, /, *args: _P.args, **kwargs: _P.kwargs) -> Response:
        try:
            return await answer(self, *args, **kwargs)
        except StoreAwayError:
            return refuse(_AWAY)

    return answer_or_refuse


class ApprovalsApi:
    """The routes. `registry` returns the current registry.

    `on_decided` gets each decision, its way (`api`, `page`, `link` or `console`), and the client's address.
    """

    def __init__(self, registry: Callable[[], Registry], on_decided: Callable[[Approval, str, str], object]) -> None:
        self._registry = registry
        self._on_decided = on_decided

    def routes(self) -> list[Route]:
        return [
            Route("/approvals", self._list, methods=["GET"]),
            Route("/approvals/{id}", _by_method(self._show, self._decide), methods=["GET", "POST"]),
            Route("/approve/{token}", _by_method(self._page, self._decide_on_page), methods=["GET", "POST"]),
        ]

    @_or_away
    async def _list(self, request: Request) -> Response:
        if refusal := self._judge_site(request, reads=True) or self._judge_key(request):
            return refuse(refusal)
        approvals = await self._registry().approvals()
        if "text/html" in request.headers.get("accept", ""):
            return _page(list_page([(one, self._registry().link_to(one)) for one in approvals]))
        return self._all(approvals)

    @_or_away
    async def show_all(self, request: Request) -> Response:
        """Answer with all approvals as JSON, to a request that the console has judged; the key is judged here."""
        return (
            refuse(refusal) if (refusal := self._judge_key(request)) else self._all(await self._registry().approvals())
        )

    def _all(self, approvals: list[Approval]) -> Response:
        return _json({"approvals": [self._members(one) for one in approvals]})

    @_or_away
    async def _show(self, request: Request) -> Response:
        if refusal := self._judge_site(request, reads=True) or self._judge_key(request):
            return refuse(refusal)
        approval = await self._registry().find(request.path_params["id"])
        return _json(self._members(approval)) if approval is not None else refuse(_NOT_FOUND)

    @_or_away
    async def _decide(self, request: Request) -> Response:
        if refusal := self._judge_site(request):
            return refuse(refusal)
        return await self.decide(request.path_params["id"], await _read(request) or b"", "api", request)

    @_or_away
    async def decide(self, id_: str, body: bytes, way: str, request: Request) -> Response:
        """Decide by a body of JSON. The caller has judged the host and the origin; the key is judged here."""
        if refusal := self._judge_key(request):
            return refuse(refusal)
        if not has_json(request.headers):
            return refuse(_NOT_JSON)
        try:
            decision = _decision_in(body)
        except ValueError:
            return refuse(_MALFORMED)
        approval = await self._decided(id_, decision, way, request)
        if approval is None:
            return refuse(_NOT_FOUND)
        if approval.state not in _STATES_OF[decision]:
            return refuse(_final(approval))
        return _json(self._members(approval))

    @_or_away
    async def _page(self, request: Request) -> Response:
        if refusal := self._judge_site(request, reads=True):
            return refuse(refusal)
        approval = await self._registry().follow(request.path_params["token"])
        if approval is None:
            return _page(gone_page(), 404)
        return _page(decision_page(approval, needs_key=bool(self._registry().settings.key_hash)))

    @_or_away
    async def _decide_on_page(self, request: Request) -> Response:
        if refusal := self._judge_site(request):
            return refuse(refusal)
        approval = await self._registry().follow(request.path_params["token"])
        if approval is None:
            return _page(gone_page(), 404)
        if has_json(request.headers):
            return await self.decide(approval.id, await _read(request) or b"", "link", request)
        form = parse_qs((await _read(request) or b"").decode("latin-1"), encoding="utf-8", errors="replace")
        if not self._registry().settings.admits("".join(form.get("key", []))):
            return _page(decision_page(approval, needs_key=True, is_key_wrong=True), 401)
        try:
            # A field that comes twice makes no decision: its texts are joined.
            decision = Decision("".join(form.get("decision", [])))
        except ValueError:
            return _page(decision_page(approval, needs_key=bool(self._registry().settings.key_hash)), 400)
        approval = await self._decided(approval.id, decision, "page", request)
        if approval is None:
            return _page(gone_page(), 404)
        return _page(decided_page(approval), 200 if approval.state in _STATES_OF[decision] else 409)

    async def _decided(self, id_: str, decision: Decision, way: str, request: Request) -> Approval | None:
        decided = await self._registry().decide(id_, decision)
        if decided is None:
            return None
        approval, is_changed = decided
        if is_changed:
            self._on_decided(approval, way, request.client.host if request.client else "local socket")
        return approval

    def _members(self, approval: Approval) -> dict[str, object]:
        return {**approval.members(), "url": self._registry().link_to(approval)}

    def _judge_site(self, request: Request, *, reads: bool = False) -> Refusal | None:
        """Refuse a name that a page could have rebound to this address. Refuse a decision that a page of another site sends."""
        if not has_own_host(request.headers, self._registry().settings.url):
            return _WRONG_HOST
        return None if reads or has_own_origin(request.headers, self._registry().settings.url) else _WRONG_ORIGIN

    def _judge_key(self, request: Request) -> Refusal | None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        shown = key.strip() if scheme.lower() == "bearer" else ""
        return None if self._registry().settings.admits(shown) else _NO_KEY


def create_approvals(registry: Registry, on_decided: Callable[[Approval, str, str], object]) -> Starlette:
    """Return the API as an app, for `plugin-gateway mcp`, which has no health and no metrics to show."""
    return admin_app(ApprovalsApi(lambda: registry, on_decided).routes())


_STATES_OF: Final = {
    Decision.APPROVE: frozenset({State.APPROVED}),
    Decision.DENY: frozenset({State.DENIED}),
}


def _final(approval: Approval) -> Refusal:
    return Refusal(
        status=409,
        code="approval-decided",
        detail=f"The call is {approval.state} already.",
        members={"approval": {"id": approval.id, "status": str(approval.state)}},
    )


def _by_method(read: _Endpoint, decide: _Endpoint) -> _Endpoint:
    """Return one endpoint for two methods. Two routes would each name only their own methods in `Allow`."""

    async def answer(request: Request) -> Response:
        return await (decide if request.method == "POST" else read)(request)

    return answer


def _decision_in(body: bytes) -> Decision:
    """Read a decision. A member that comes twice is refused: a proxy that looks at decisions could read the other one.

    Raises:
        ValueError: the body is something else.
    """
    members = read_json(body.decode())
    decision = members.get("decision") if isinstance(members, dict) else None
    if not isinstance(decision, str):
        raise ValueError("no decision")  # noqa: TRY004  # one error for a body that is wrong in any way
    return Decision(decision)


async def _read(request: Request) -> bytes | None:
    """Return the body, or None if it is longer than any decision."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY_BYTES:
            return None
    return body


def _json(members: object) -> Response:
    return Response(
        orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE), media_type="application/json", headers=_NO_STORE
    )


def _page(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="text/html", headers=_PAGE_HEADERS)
