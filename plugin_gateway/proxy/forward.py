"""Forwarding: the only way of a request to the upstream, for every front and for calls in process.

    door → gate → body type → shape → clearance → exchange → answer body
    who calls  which    415   which    limits,     one pass,  decode, mask,
               operation      values   token,      streaming  trim, links,
                                       approval               cap

No other code runs these steps, so no front can skip one or change their order. A front begins a remembered request with its
exchange: up to the shape, the steps depend only on its bytes, which they have judged, and on the caller's credentials, which
`Serving.still_permits` judges again. If a report skipped the request, `Permitted.is_due` says when it is judged.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from plugin_gateway.gate.media_type import OPAQUE
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.proxy.call import RefusedCall
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.exchange import start_exchange
from plugin_gateway.proxy.pending_call import PendingCall
from plugin_gateway.proxy.received import Permitted, Received
from plugin_gateway.proxy.shaped_request import lists_more, shape_request
from plugin_gateway.proxy.wire import RequestFields
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.invalid_request import joined

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from plugin_gateway.proxy.call import Call, Client
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.proxy.serving import Serving

_logger = logging.getLogger("plugin_gateway.proxy")


def forward(
    serving: Serving,
    client: Client,
    access: Access | None,
    method: bytes,
    target: bytes,
    block: FieldBlock,
    body: bytes,
    *,
    is_whole: bool,
    pending: Call | None = None,
) -> Permitted | None:
    """Send a request on its way; `client.call` is the resulting call, which takes the rest of the body.

    `method` and `target` are the bytes of the request line, the target in origin-form and without the mount. `access` is the
    caller's access if it is known; if it is None, the door is asked. `body` is the unframed part of the request body that has
    arrived. `pending` is the call that waited for the door until now.

    Return the permitted request, which holds for every request of the same bytes, for `Serving.remembered`. Return
    None if the call was refused or still waits.
    """
    # The common case, as `admit` decides it.
    known = access or (serving.anybody if serving.door is None else serving.admit(block, client.address))
    if isinstance(known, Access):
        permitted = permit(serving, known, method, target, block)
        if isinstance(permitted, Permitted):
            start_exchange(client, permitted, body, is_whole=is_whole, pending=pending)
            return permitted
        received = Received(block.request, method, _with_mount(serving, target), None, known.consumer)
        call: Call = RefusedCall(client, received, permitted)
    elif isinstance(known, Refusal):
        call = RefusedCall(client, Received(block.request, method, _with_mount(serving, target)), known)
    else:
        call = _wait(serving, client, known, method, target, block)
    client.call = call
    if pending is not None:
        call.follow(pending)
    if client.on_begin is not None and isinstance(call, RefusedCall):
        client.on_begin(call)
    call.start(body, is_whole=is_whole)
    return None


def _wait(
    serving: Serving,
    client: Client,
    verdict: Awaitable[Access | Refusal],
    method: bytes,
    target: bytes,
    block: FieldBlock,
) -> PendingCall:
    def go_on(waited: PendingCall, found: Access, content: bytes, has_all: bool) -> None:
        forward(serving, client, found, method, target, block, content, is_whole=has_all, pending=waited)

    return PendingCall(client, Received(block.request, method, _with_mount(serving, target)), verdict, go_on)


def _with_mount(serving: Serving, target: bytes) -> bytes:
    """Return the target as the client sent it."""
    return target if serving.mount is None else serving.mount.whole(target)


def permit(serving: Serving, access: Access, method: bytes, target: bytes, block: FieldBlock) -> Permitted | Refusal:
    """Judge a request of a caller that was let in: find its operation, check its body's type, and shape it."""
    request = block.request
    verdict = access.judge(method, target, request)
    undeclared: UndeclaredQuery | None = None
    if isinstance(verdict, Refusal):
        if not isinstance(verdict, UndeclaredQuery) or verdict.permit is None:
            return verdict
        undeclared = verdict
        verdict = verdict.permit
    body_kind = OPAQUE
    wrong_body: Refusal | None = None
    if request.has_body:
        judged = block.body_kind(verdict.rule)
        if not isinstance(judged, Refusal):
            body_kind = judged
        elif lists_more(verdict.rule):
            wrong_body = judged
        else:
            return judged if undeclared is None else joined([undeclared, judged])
    rule = verdict[0]
    if undeclared is not None and not lists_more(rule):
        return undeclared
    plan = serving.plans.get(id(rule)) or serving.plan(rule)
    if rule.shape is None:
        return Permitted(access, plan, method, verdict, block, body_kind)
    if plan.only_reports and not plan.looks.take():
        return Permitted(access, plan, method, verdict, block, body_kind, is_judged=False)
    shaped = shape_request(plan, verdict, request, undeclared, wrong_body)
    if shaped is None:
        return Permitted(access, plan, method, verdict, block, body_kind)
    if isinstance(shaped, Refusal):
        return shaped
    return Permitted(
        access, plan, method, shaped.permit, block, body_kind, shaped.lines, shaped.selection, shaped.refusal
    )


def refuse_outside(
    serving: Serving, client: Client, method: bytes, target: bytes, refusal: Refusal, request: RequestFields
) -> None:
    """Refuse a request for a path beside the mount. Tell the operator once if a proxy seems to remove the mount."""
    if not serving.has_warned:
        verdict = serving.revision.gate.judge(method, target, request)
        if not isinstance(verdict, Refusal):
            serving.has_warned = True
            _logger.warning(
                "a call of %s came without the path of `public.url`; if the proxy in front removes it, write `path_stripped: true` under `public`",
                verdict.rule.operation_id,
                extra={"event": "path-missing"},
            )
    refuse(client, method, target, refusal, request)


def refuse(
    client: Client, method: bytes, target: bytes, refusal: Refusal, request: RequestFields | None = None
) -> None:
    """Refuse a message that no gate judges. Without `request` it could not be read, and `method` and `target` may be empty."""
    call = client.call = RefusedCall(
        client, Received(RequestFields(0) if request is None else request, method, target), refusal
    )
    if client.on_begin is not None:
        client.on_begin(call)
    call.start(b"", is_whole=True)
