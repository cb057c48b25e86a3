"""A plan: how one operation's calls are forwarded, prepared once per revision; and the holder of the revision in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.masking import Mask
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.uplink import Uplink

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plugin_gateway.policy.permit import OperationRule, Permit
    from plugin_gateway.revision import Revision

_MEMO_LINES: Final = 1024
_MEMO_LINE_BYTES: Final = 512


class Plan:
    """What an exchange needs besides the call itself."""

    __slots__ = ("cors", "downlink", "pool", "rule", "takes_body", "uplink")

    def __init__(
        self, rule: OperationRule, uplink: Uplink, downlink: Downlink, pool: Pool, cors: Mapping[bytes, bytes]
    ) -> None:
        self.rule = rule
        self.takes_body = rule.has_request_body or not rule.is_safe
        """A body that no one expects is how a request hides in another (`GET` with content, RFC 9110, 9.3.1)."""
        self.uplink = uplink
        self.downlink = downlink
        self.pool = pool
        self.cors = cors
        """For each allowed origin the field lines that let a browser's script read the answer."""


class Serving:
    """A revision made ready to serve. A request takes it once and keeps it to its end."""

    __slots__ = (
        "_cors",
        "_plans",
        "_read",
        "_write",
        "judge",
        "limits",
        "local_paths",
        "permitted",
        "pool",
        "revision",
    )

    def __init__(self, revision: Revision, pool: Pool, local_paths: Iterable[bytes]) -> None:
        self.revision = revision
        self.pool = pool
        self.judge = revision.gate.judge
        self.limits = revision.limits
        faces = (path.partition("?")[0].encode() for path in revision.faces)
        self.local_paths = frozenset((*faces, *local_paths))
        self._cors = {
            origin.encode(): b"Access-Control-Allow-Origin: "
            + origin.encode()
            + b"\r\nAccess-Control-Expose-Headers: *\r\n"
            for origin in revision.cors_origins
        }
        target, varies = revision.upstream, bool(revision.cors_origins)
        self._read = (
            revision.read_injection,
            Downlink(target, revision.public_url, Mask(revision.read_injection.secrets), varies_by_origin=varies),
        )
        self._write = (
            revision.write_injection,
            Downlink(target, revision.public_url, Mask(revision.write_injection.secrets), varies_by_origin=varies),
        )
        self._plans: dict[int, Plan] = {}
        self.permitted: dict[bytes, tuple[bytes, Permit, Plan]] = {}
        """Request lines that were judged already. A judgement depends on nothing but them, so it may be remembered."""

    def plan(self, rule: OperationRule) -> Plan:
        """The plan of an operation, made when it is first called. Rules live as long as their revision, so `id` is safe."""
        plan = self._plans.get(id(rule))
        if plan is None:
            injection, downlink = self._read if rule.is_safe else self._write
            uplink = Uplink(rule, self.revision.upstream, injection)
            plan = self._plans[id(rule)] = Plan(rule, uplink, downlink, self.pool, self._cors)
        return plan

    def is_local(self, method: bytes, path: bytes) -> bool:
        """Whether the app answers: its own paths, and CORS preflights, which ask about a path but do not call it."""
        return path in self.local_paths or (method == b"OPTIONS" and path[:1] == b"/")

    def remember(self, line: bytes, method: bytes, permit: Permit, minor: int) -> Plan:
        """The plan for a permitted call, kept by its request line: agents ask for the same things over and over."""
        plan = self.plan(permit.rule)
        if minor == 1 and len(line) <= _MEMO_LINE_BYTES:
            if len(self.permitted) >= _MEMO_LINES:
                self.permitted.clear()
            self.permitted[line] = (method, permit, plan)
        return plan


class Holder:
    """The one mutable reference of a worker: the revision in force, swapped whole."""

    def __init__(self, revision: Revision, *, local_paths: Iterable[bytes] = (), clock: Clock | None = None) -> None:
        """Hold the first revision; `local_paths` are those that the app answers besides the faces.

        Raises:
            OSError: a TLS file of the upstream cannot be used.
        """
        self.clock = clock or Clock()
        self._local_paths = frozenset(local_paths)
        self.serving = Serving(revision, Pool(revision.upstream, self.clock), self._local_paths)

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
        self.serving = Serving(revision, pool, self._local_paths)
        if pool is not old:
            old.retire()

    def close(self) -> None:
        """Close every upstream connection: the worker ends."""
        self.serving.pool.abort()
