"""A plan: how one operation's calls are forwarded, prepared once per revision; and the holder of the revision in force."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from plugin_gateway.admission.limits import BAD_CREDENTIALS
from plugin_gateway.callers.authenticator import Authenticator
from plugin_gateway.credentials.injection import refusable
from plugin_gateway.gate.media_type import OPAQUE, judge_body
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.call import Asked
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.door import Access, Door
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.granted import Granted
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping

    from plugin_gateway.admission.limiter import Limiter
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.gate.permit import OperationRule, Permit
    from plugin_gateway.proxy.wire import RequestFields
    from plugin_gateway.revision import Revision


class Plan:
    """What an exchange needs besides the call itself."""

    __slots__ = (
        "cap",
        "cors",
        "downlink",
        "granted",
        "is_open",
        "limiter",
        "links",
        "passes_whole_answers",
        "pool",
        "rule",
        "uplink",
    )

    def __init__(
        self,
        rule: OperationRule,
        uplink: Uplink,
        downlink: Downlink,
        pool: Pool,
        cors: Mapping[bytes, bytes],
        *,
        limiter: Limiter | None = None,
        granted: Granted | None = None,
        cap: Cap | None = None,
    ) -> None:
        self.rule = rule
        self.uplink = uplink
        self.downlink = downlink
        self.pool = pool
        self.cors = cors
        """For each allowed origin the field lines that let a browser's script read the answer."""
        self.limiter = limiter
        self.granted = granted
        self.is_open = limiter is None and granted is None
        """Nothing needs to be asked before a call goes up."""
        self.cap = cap
        self.links = LinkRules(rule.links, downlink.relocation) if rule.links else None
        self.passes_whole_answers = self.is_open and cap is None and self.links is None
        """An answer that comes at once, as most do, goes on with its secrets covered and no further work."""


class Permitted(Asked):
    """A request that may go up: by which plan, and with which head where that depends on nothing but the request."""

    __slots__ = ("access", "body_kind", "head", "permit", "plan")

    def __init__(
        self,
        access: Access,
        plan: Plan,
        method: bytes,
        permit: Permit,
        request: RequestFields,
        body_kind: int = OPAQUE,
    ) -> None:
        super().__init__(request, method, permit.path, permit.rule, access.consumer)
        self.access = access
        self.plan = plan
        self.permit = permit
        self.body_kind = body_kind
        """How its body is inspected (`gate.media_type`)."""
        self.head = plan.uplink.head(method, permit, request) if plan.granted is None else b""


class Serving:
    """A revision made ready to serve. A request takes it once and keeps it to its end."""

    __slots__ = (
        "_cap",
        "_cors",
        "_downlinks",
        "_granted",
        "_plans",
        "_resources",
        "anybody",
        "asked_before",
        "door",
        "limiter",
        "limits",
        "local_paths",
        "pool",
        "revision",
    )

    def __init__(
        self,
        revision: Revision,
        pool: Pool,
        local_paths: Iterable[bytes],
        authenticator: Authenticator | None = None,
        resources: Resources | None = None,
    ) -> None:
        self.revision = revision
        self.pool = pool
        self.door = Door(revision, authenticator) if authenticator is not None else None
        self.anybody = Access("", revision.gate.judge, revision.faces) if authenticator is None else None
        """What every caller may do, known or not; None where callers must be known."""
        self.asked_before: Memo[Permitted] = Memo()
        """By the whole head of a request: agents ask for the same things over and over."""
        self.limits = revision.limits
        faces = (path.partition("?")[0].encode() for path in revision.faces)
        facade = (path.encode() for path in revision.callers.local_paths)
        self.local_paths = frozenset((*faces, *facade, *local_paths))
        self._cors = {
            origin.encode(): b"Access-Control-Allow-Origin: "
            + origin.encode()
            + b"\r\nAccess-Control-Expose-Headers: *\r\n"
            for origin in revision.cors_origins
        }
        limits = revision.limits
        self._cap = Cap(limits.response_body_bytes, limits.truncates_responses) if limits.response_body_bytes else None
        self._resources = resources or Resources()
        self.limiter = self._resources.limiter(revision.call_limits)
        self._resources.know(revision)
        self._downlinks: dict[bool, Downlink] = {}
        self._granted: dict[int, Granted | None] = {}
        self._plans: dict[int, Plan] = {}

    def plan(self, rule: OperationRule) -> Plan:
        """The plan of an operation, made when it is first called. Rules live as long as their revision, so `id` is safe."""
        plan = self._plans.get(id(rule))
        if plan is None:
            revision = self.revision
            injection = revision.operation_injections.get(rule.operation_id)
            if injection is None:
                injection = revision.read_injection if rule.is_safe else revision.write_injection
            plan = self._plans[id(rule)] = Plan(
                rule,
                self._uplink(rule, injection),
                self._downlink_for(injection),
                self.pool,
                self._cors,
                limiter=self.limiter,
                granted=self._granted_for(injection),
                cap=self._cap,
            )
        return plan

    def _granted_for(self, injection: Injection) -> Granted | None:
        # Operations that share an injection share the tokens for it.
        key = id(injection)
        if key not in self._granted:
            granted = None
            if injection.grant is not None:
                issuer = self._resources.issuer(
                    injection.grant, self.revision.call_limits.bad_credentials or BAD_CREDENTIALS
                )
                granted = Granted(injection, issuer, make_uplink=self._uplink)
            self._granted[key] = granted
        return self._granted[key]

    def _uplink(self, rule: OperationRule, injection: Injection) -> Uplink:
        revision = self.revision
        is_searched = revision.upstream.may_echo and revision.has_secrets
        return Uplink(rule, revision.upstream, injection, is_searched=is_searched)

    def _downlink_for(self, injection: Injection) -> Downlink:
        """The rules for answers; they differ only in whether the upstream's challenges are meant for the caller."""
        revision = self.revision
        drops_challenges = not revision.upstream.keep_challenges and bool(refusable(injection))
        downlink = self._downlinks.get(drops_challenges)
        if downlink is None:
            downlink = self._downlinks[drops_challenges] = Downlink(
                revision.upstream,
                revision.public_url,
                self._resources.known_secrets,
                varies_by_origin=bool(revision.cors_origins),
                query_names={name for each in revision.injections for name in each.query_names()},
                drops_challenges=drops_challenges,
            )
        return downlink

    def is_local(self, method: bytes, path: bytes) -> bool:
        """Whether the app answers: its own paths, and CORS preflights, which ask about a path but do not call it."""
        return path in self.local_paths or (method == b"OPTIONS" and path[:1] == b"/")

    def still_permits(self, known: Permitted) -> bool:
        """Whether who asked before may still do so: credentials are good for a time, the rest as long as the revision."""
        return self.door is None or self.door.recall(known.request) is known.access

    def admit(self, request: RequestFields, address: str) -> Access | Refusal | Awaitable[Access | Refusal]:
        """What the caller may do, at once where that is known."""
        return self.anybody or self.door.recall(request) or self.door.admit(request, address)  # type: ignore[union-attr]  # one of the two is there

    def decide(self, access: Access, method: bytes, target: bytes, request: RequestFields) -> Permitted | Refusal:
        """Judge a call of a caller who is let in."""
        permit = access.judge(method, target)
        if isinstance(permit, Refusal):
            return permit
        return self.permit(access, method, permit, request)

    def permit(self, access: Access, method: bytes, permit: Permit, request: RequestFields) -> Permitted | Refusal:
        """Judge what a permitted call says of its body."""
        body_kind = OPAQUE
        if request.has_body:
            types, codings = request.values(b"content-type"), request.values(b"content-encoding")
            judged = judge_body(permit.rule, types, codings)
            if isinstance(judged, Refusal):
                return judged
            body_kind = judged
        return Permitted(access, self.plan(permit.rule), method, permit, request, body_kind)


class Holder:
    """The one mutable reference of a worker: the revision in force, swapped whole."""

    def __init__(
        self,
        revision: Revision,
        *,
        local_paths: Iterable[bytes] = (),
        clock: Clock | None = None,
        resources: Resources | None = None,
    ) -> None:
        """Hold the first revision; `local_paths` are those that the app answers besides the faces.

        Raises:
            OSError: a TLS file of the upstream cannot be used.
        """
        self.clock = clock or Clock()
        self._local_paths = frozenset(local_paths)
        self._resources = resources or Resources()
        pool = Pool(revision.upstream, self.clock)
        self._closing: set[asyncio.Task[None]] = set()
        self.serving = Serving(revision, pool, self._local_paths, _authenticator(revision, None), self._resources)

    @property
    def revision(self) -> Revision:
        return self.serving.revision

    def swap(self, revision: Revision) -> None:
        """Serve every later request by `revision`; those under way end by the one they began with.

        Raises:
            OSError: a TLS file of the upstream cannot be used; the old revision stays.
        """
        old = self.serving.pool
        pool = old if revision.upstream == old.target else Pool(revision.upstream, self.clock)
        known = self.serving.door.authenticator if self.serving.door is not None else None
        authenticator = _authenticator(revision, known)
        self.serving = Serving(revision, pool, self._local_paths, authenticator, self._resources)
        if known is not None and authenticator is not known:
            task = asyncio.get_running_loop().create_task(known.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        if pool is not old:
            old.retire()

    def close(self) -> None:
        """Close every upstream connection: the worker ends."""
        self.serving.pool.abort()
        self._resources.close()


def _authenticator(revision: Revision, known: Authenticator | None) -> Authenticator | None:
    """The one at hand where it judges by the same rules: what it has learnt about tokens outlives a reload."""
    authentication = revision.callers.authentication
    if authentication is None:
        return None
    if known is not None and known.authentication == authentication:
        return known
    return Authenticator(authentication)
