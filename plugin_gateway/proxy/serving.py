"""A serving: a revision made ready, with its door, plans and limits, and the requests it remembers."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import BAD_CREDENTIALS
from plugin_gateway.credentials.injection import refusable
from plugin_gateway.proxy.consent import NO_APPROVER, ConsentTerms
from plugin_gateway.proxy.door import Access, Door
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.granted import GrantedUplinks
from plugin_gateway.proxy.link_queries import link_queries_of, query_names_of
from plugin_gateway.proxy.memo import Memo
from plugin_gateway.proxy.overflow import Cap
from plugin_gateway.proxy.plan import Plan
from plugin_gateway.proxy.received import FieldBlock
from plugin_gateway.proxy.relocation import OwnNames
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.proxy.uplink import Uplink, uplink_kind_of
from plugin_gateway.proxy.wire import read_request_fields
from plugin_gateway.publish.page_request import asks_for_page
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence

    from plugin_gateway.callers.authenticator import Authenticator
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.endpoint import Endpoint, Post
    from plugin_gateway.proxy.pool import Pool
    from plugin_gateway.proxy.received import Permitted
    from plugin_gateway.proxy.wire import FieldLine
    from plugin_gateway.revision import Revision

_MOST_POSTS: Final = 2048
"""More than for other requests, because the head of a message to the MCP endpoint has its length and the name of its tool."""
NO_ENDPOINTS: Final[Mapping[bytes, Endpoint]] = {}


class Local:
    """The destination of a request that the app answers."""

    __slots__ = ("target",)

    def __init__(self, target: bytes) -> None:
        self.target = target
        """The target without the mount."""


class Serving:
    """A revision made ready to serve. Each request takes one serving and keeps it to the end."""

    __slots__ = (
        "_cap",
        "_cors",
        "_downlinks",
        "_granted",
        "_lines",
        "_link_queries",
        "_resources",
        "_uplinks",
        "anybody",
        "blocks",
        "door",
        "endpoints",
        "has_page",
        "has_warned",
        "limiter",
        "limits",
        "local_paths",
        "mount",
        "own_paths",
        "plans",
        "pool",
        "posts",
        "remembered",
        "revision",
    )

    def __init__(
        self,
        revision: Revision,
        pool: Pool,
        local_paths: Iterable[bytes],
        authenticator: Authenticator | None = None,
        resources: Resources | None = None,
        endpoints: Mapping[bytes, Endpoint] = NO_ENDPOINTS,
    ) -> None:
        self.revision = revision
        self.mount = revision.mount
        self.has_warned = False
        """Whether the operator was told that calls come without the mount."""
        self.pool = pool
        self.door = Door(revision, authenticator) if authenticator is not None else None
        self.anybody = Access("", revision.gate.judge, revision.faces, revision.gate, revision.tools, is_lasting=True)
        """The access of every caller if there is no door."""
        self.remembered: Memo[Permitted] = Memo()
        """By the whole head of a request: agents repeat the same requests."""
        self.blocks: Memo[FieldBlock] = Memo()
        """By the field lines of an HTTP/1.1 request."""
        self._lines: Memo[FieldLine] = Memo()
        """By a single field line."""
        self.limits = revision.limits
        faces = (path.partition("?")[0].encode() for path in revision.faces)
        facade = (path.encode() for path in revision.callers.local_paths)
        own = frozenset((*faces, *facade, *local_paths))
        self.has_page = revision.page is not None and b"/" not in own
        self.local_paths = own | {b"/"} if self.has_page else own
        self.endpoints = endpoints
        """By path, the endpoints that answer without the app."""
        self.own_paths = self.local_paths.union(endpoints)
        """Without a mount, a request for any other path goes to the upstream, unless it is a preflight."""
        self.posts: Memo[Post] = Memo(_MOST_POSTS)
        """By the whole head of a request to an endpoint."""
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
        self._downlinks: dict[tuple[bool, bool, OwnNames | None], Downlink] = {}
        self._link_queries = link_queries_of(revision.rules, revision.gate)
        self._granted: dict[int, GrantedUplinks | None] = {}
        self._uplinks: dict[tuple[int, tuple[object, ...]], Uplink] = {}
        """By the `id` of an injection, which lives as long as its revision, and the kind of operation."""
        self.plans: dict[int, Plan] = {}
        """By the `id` of a rule; rules live as long as their revision."""

    def plan(self, rule: OperationRule) -> Plan:
        """Return the plan of an operation; it is made when the operation is first called."""
        plan = self.plans.get(id(rule))
        if plan is None:
            revision = self.revision
            injection = revision.injection_of(rule)
            plan = self.plans[id(rule)] = Plan(
                rule,
                self._uplink_for(rule, injection),
                self._downlink_for(rule, injection),
                self.pool,
                self._cors,
                limiter=self.limiter,
                granted=self._granted_for(injection),
                cap=self._cap,
                consent=self._terms(rule, injection),
                mismatches=self._resources.mismatches,
                looks=self._resources.looks,
            )
        return plan

    def _terms(self, rule: OperationRule, injection: Injection) -> ConsentTerms | None:
        if rule.shape is None or not rule.shape.needs_approval:
            return None
        from plugin_gateway.revision.digest import digest_of_rule  # noqa: PLC0415  # most gateways need no approvals

        return ConsentTerms(
            rule,
            digest_of_rule(self.revision, rule),
            injection,
            self._resources.approver or NO_APPROVER,
            self._resources.known_secrets,
            idempotency_key=self.revision.approvals.idempotency_key,
        )

    def _granted_for(self, injection: Injection) -> GrantedUplinks | None:
        # Operations that share an injection share the tokens for it.
        key = id(injection)
        if key not in self._granted:
            granted = None
            if injection.grant is not None:
                issuer = self._resources.issuer(
                    injection.grant, self.revision.call_limits.bad_credentials or BAD_CREDENTIALS
                )
                granted = GrantedUplinks(injection, issuer, make_uplink=self._uplink)
            self._granted[key] = granted
        return self._granted[key]

    def _uplink_for(self, rule: OperationRule, injection: Injection) -> Uplink:
        """Return the uplink that an operation shares with all of its kind, and with it the lines that field blocks keep."""
        key = id(injection), uplink_kind_of(rule)
        uplink = self._uplinks.get(key)
        if uplink is None:
            uplink = self._uplinks[key] = self._uplink(rule, injection)
        return uplink

    def _uplink(self, rule: OperationRule, injection: Injection) -> Uplink:
        revision = self.revision
        is_searched = revision.upstream.may_echo and revision.has_secrets
        return Uplink(rule, revision.upstream, injection, is_searched=is_searched)

    def _downlink_for(self, rule: OperationRule, injection: Injection) -> Downlink:
        """Return the rules for answers.

        They depend on three things: whether the upstream's challenges are meant for callers, whether all bodies are decoded,
        and which parameters are renamed or hidden.
        """
        revision = self.revision
        drops_challenges = not revision.upstream.keep_challenges and bool(refusable(injection))
        decodes = rule.shape is not None and rule.shape.reads_answers
        own: OwnNames | None = None
        if self._link_queries is not None:
            own = OwnNames(rule.path_template, tuple(query_names_of(rule).renamed.items()))
        key = (drops_challenges, decodes, own)
        downlink = self._downlinks.get(key)
        if downlink is None:
            downlink = self._downlinks[key] = Downlink(
                revision.upstream,
                revision.public_url,
                self._resources.known_secrets,
                varies_by_origin=bool(revision.cors_origins),
                query_names=frozenset[bytes]().union(*(each.query_names() for each in revision.injections)),
                own=own,
                link_queries=self._link_queries,
                drops_challenges=drops_challenges,
                decodes=decodes,
            )
        return downlink

    def destination(
        self, method: bytes, target: bytes, fields: Sequence[Sequence[bytes]] = ()
    ) -> bytes | Endpoint | Local | Refusal:
        """Decide where a request goes: the only place where a front learns what to do with one.

        Most requests are for `forward`; for them, return the target without the mount. The app answers the gateway's own
        paths and CORS preflights, which do not call an operation. `/` is the gateway's only if a browser asks for the page;
        for all other requests it is a path like any other.
        """
        if self.mount is not None:
            cut = self.mount.cut(target)
            if isinstance(cut, Refusal):
                return cut
            target = cut
        path = target.partition(b"?")[0]
        if method == b"OPTIONS":
            return Local(target) if path[:1] == b"/" else target
        endpoint = self.endpoints.get(path)
        if endpoint is not None:
            return endpoint
        if path in self.local_paths and (path != b"/" or not self.has_page or asks_for_page(method, fields)):
            return Local(target)
        return target

    def read(self, lines: bytes, minor: int) -> FieldBlock:
        """Read field lines that `blocks` does not have: the bytes between the request line and the empty line.

        Raises:
            WireError: the lines are not strict HTTP/1.1.
        """
        block = FieldBlock(read_request_fields(lines, minor, self._lines))
        if minor == 1:
            self.blocks.offer(lines, block)
        return block

    def still_permits(self, known: Permitted) -> bool:
        """Whether a remembered request that is not lasting may go up again without being judged.

        Its caller must still be authorised, and no report may be about to look at it.
        """
        return (self.door is None or known.block.access_at(time()) is known.access) and not known.is_due()

    def admit(self, block: FieldBlock, address: str) -> Access | Refusal | Awaitable[Access | Refusal]:
        """Return the caller's access, at once if it is known."""
        door = self.door
        if door is None:
            return self.anybody
        return block.access_at(time()) or door.admit(block, address)
