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
from plugin_gateway.gate.permit import Permit
from plugin_gateway.gate.undeclared import UndeclaredQuery
from plugin_gateway.proxy.call import RefusedCall
from plugin_gateway.proxy.door import Access
from plugin_gateway.proxy.exchange import Exchange
from plugin_gateway.proxy.pending_call import PendingCall
from plugin_gateway.proxy.received import Permitted, Received
from plugin_gateway.proxy.shaped_request import SKIPPED, lists_more, shape_request
from plugin_gateway.proxy.wire import RequestFields
from plugin_gateway.refusal import Refusal
from plugin_gateway.shape.request.invalid_request import joined

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from plugin_gateway.gate.media_type import ContentKind
    from plugin_gateway.proxy.call import Call, Client
    from plugin_gateway.proxy.received import FieldBlock
    from plugin_gateway.proxy.serving import Serving

_logger = logging.getLogger("plugin_gateway.proxy")


class RequestHead:
    """The request line and the field lines of one request. It never changes."""

    __slots__ = ("block", "method", "octets", "target")

    def __init__(self, method: bytes, target: bytes, block: FieldBlock, octets: bytes = b"") -> None:
        self.method = method
        self.target = target
        """In origin-form. `forward` gets it without the mount, an endpoint with it."""
        self.block = block
        self.octets = octets
        """The whole head as it came, under which a permitted request is remembered; empty if it is not to be."""


def forward(
    serving: Serving,
    client: Client,
    head: RequestHead,
    body: bytes,
    is_whole: bool,
    access: Access | None = None,
    pending: Call | None = None,
) -> Permitted | None:
    """Send a request on its way; `client.call` is the resulting call, which takes the rest of the body.

    `body` is the unframed part of the request body that has arrived. `access` is the caller's access if it is known; if it is
    None, the door is asked. `pending` is the call that waited for the door until now.

    Return the permitted request, which holds for every request of the same bytes; with the octets of its head, it is also
    remembered. Return None if the call was refused or still waits.
    """
    if access is None and serving.door is None:
        # The common case, as `admit` decides it.
        access = serving.anybody
    if access is None:
        found = serving.admit(head.block, client.address)
        if isinstance(found, Access):
            access = found
        elif isinstance(found, Refusal):
            RefusedCall(client, _received(serving, head), found).start(body, is_whole, pending)
            return None
        else:
            _wait(serving, client, head, found).start(body, is_whole)
            return None
    permitted = permit(serving, access, head)
    if not isinstance(permitted, Permitted):
        received = _received(serving, head, access.consumer)
        RefusedCall(client, received, permitted).start(body, is_whole, pending)
        return None
    if head.octets:
        serving.remembered.offer(head.octets, permitted)
    Exchange(client, permitted).start(body, is_whole, pending)
    return permitted


def _wait(serving: Serving, client: Client, head: RequestHead, verdict: Awaitable[Access | Refusal]) -> PendingCall:
    def go_on(waited: PendingCall, access: Access, body: bytes, is_whole: bool) -> None:
        forward(serving, client, head, body, is_whole, access=access, pending=waited)

    return PendingCall(client, _received(serving, head), verdict, go_on)


def _received(serving: Serving, head: RequestHead, consumer: str = "") -> Received:
    """Return the request as the client sent it."""
    target = head.target if serving.mount is None else serving.mount.whole(head.target)
    return Received(head.block.request, head.method, target, consumer=consumer)


def permit(serving: Serving, access: Access, head: RequestHead) -> Permitted | Refusal:
    """Judge a request of a caller that was let in: find its operation, check its body's type, and shape it."""
    block = head.block
    request = block.request
    verdict = access.judge(head.method, head.target, request)
    undeclared: UndeclaredQuery | None = None
    if not isinstance(verdict, Permit):
        if not isinstance(verdict, UndeclaredQuery) or verdict.permit is None:
            return verdict
        undeclared = verdict
        verdict = verdict.permit
    rule = verdict[0]
    body_kind: ContentKind = OPAQUE
    wrong_body: Refusal | None = None
    if request.has_body:
        judged = block.body_kind(rule)
        if not isinstance(judged, Refusal):
            body_kind = judged
        elif lists_more(rule):
            wrong_body = judged
        else:
            return judged if undeclared is None else joined([undeclared, judged])
    if undeclared is not None and not lists_more(rule):
        return undeclared
    plan = serving.plans.get(id(rule)) or serving.plan(rule)
    if rule.shape is None:
        return Permitted(plan, access, head, verdict, body_kind)
    if plan.only_reports and not plan.looks.take():
        return Permitted(plan, access, head, verdict, body_kind, shaped=SKIPPED)
    found = shape_request(plan, verdict, request, undeclared, wrong_body)
    if found is None:
        return Permitted(plan, access, head, verdict, body_kind)
    if isinstance(found, Refusal):
        return found
    return Permitted(plan, access, head, found.permit, body_kind, shaped=found.shaped)


def refuse_outside(serving: Serving, client: Client, head: RequestHead, refusal: Refusal) -> None:
    """Refuse a request for a path beside the mount. Tell the operator once if a proxy seems to remove the mount."""
    if not serving.has_warned:
        verdict = serving.revision.gate.judge(head.method, head.target, head.block.request)
        if not isinstance(verdict, Refusal):
            serving.has_warned = True
            _logger.warning(
                "a call of %s came without the path of `public.url`; if the proxy in front removes it, write `path_stripped: true` under `public`",
                verdict.rule.operation_id,
                extra={"event": "path-missing"},
            )
    refuse(client, head.method, head.target, refusal, head.block.request)


def refuse(
    client: Client, method: bytes, target: bytes, refusal: Refusal, request: RequestFields | None = None
) -> None:
    """Refuse a message that no gate judges. Without `request` it could not be read, and `method` and `target` may be empty."""
    received = Received(RequestFields(0) if request is None else request, method, target)
    RefusedCall(client, received, refusal).start(b"", is_whole=True)
