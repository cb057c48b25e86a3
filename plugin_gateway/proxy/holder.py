"""The holder: keeps the current revision of a worker, which a reload swaps in one step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from plugin_gateway.callers.authenticator import Authenticator
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.resources import Resources
from plugin_gateway.proxy.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plugin_gateway.proxy.endpoint import Endpoint
    from plugin_gateway.revision import Revision

    MakeEndpoints: TypeAlias = Callable[[Revision], Mapping[bytes, Endpoint]]


def _no_endpoints(revision: Revision) -> Mapping[bytes, Endpoint]:  # noqa: ARG001  # the signature of `MakeEndpoints`
    return {}


class Holder:
    """The only reference of a worker that a reload changes."""

    def __init__(
        self,
        revision: Revision,
        *,
        local_paths: Iterable[bytes] = (),
        clock: Clock | None = None,
        resources: Resources | None = None,
        endpoints: MakeEndpoints = _no_endpoints,
    ) -> None:
        """Hold the first revision; `local_paths` are paths that the app answers besides the faces.

        `endpoints` makes the endpoints of each revision, by path.

        Raises:
            OSError: a TLS file of the upstream cannot be used.
        """
        self.clock = clock or Clock()
        self._local_paths = frozenset(local_paths)
        self._resources = resources or Resources()
        self._make_endpoints = endpoints
        pool = Pool(revision.upstream, self.clock)
        self._closing: set[asyncio.Task[None]] = set()
        authenticator = _authenticator(revision, None)
        self.serving = Serving(revision, pool, self._local_paths, authenticator, self._resources, endpoints(revision))

    @property
    def revision(self) -> Revision:
        return self.serving.revision

    def swap(self, revision: Revision) -> None:
        """Serve every later request by `revision`; requests in flight finish with the revision with which they began.

        Raises:
            OSError: a TLS file of the upstream cannot be used; the old revision stays.
        """
        old = self.serving.pool
        pool = old if revision.upstream == old.upstream else Pool(revision.upstream, self.clock)
        known = self.serving.door.authenticator if self.serving.door is not None else None
        authenticator = _authenticator(revision, known)
        endpoints = self._make_endpoints(revision)
        self.serving = Serving(revision, pool, self._local_paths, authenticator, self._resources, endpoints)
        if known is not None and authenticator is not known:
            task = asyncio.get_running_loop().create_task(known.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        if pool is not old:
            old.retire()

    def close(self) -> None:
        """Close every upstream connection when the worker ends."""
        self.serving.pool.abort()
        self._resources.close()


def _authenticator(revision: Revision, known: Authenticator | None) -> Authenticator | None:
    """Return `known` if its rules are unchanged, so that its cached verdicts survive a reload; else a new one."""
    authentication = revision.callers.authentication
    if authentication is None:
        return None
    if known is not None and known.authentication == authentication:
        return known
    return Authenticator(authentication)
