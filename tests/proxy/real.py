"""Real objects for the tests of classes that hold them: compiled code accepts no stand-ins for its own classes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from plugin_gateway.credentials.injection import Injection
from plugin_gateway.proxy.clock import Clock
from plugin_gateway.proxy.door import Door
from plugin_gateway.proxy.downlink import Downlink
from plugin_gateway.proxy.holder import Holder
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.plan import Plan
from plugin_gateway.proxy.pool import Pool
from plugin_gateway.proxy.uplink import Uplink
from plugin_gateway.revision import Bounds, Revision, UpstreamSettings
from tests.narrow import stand_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from plugin_gateway.callers.consumers import Identity
    from plugin_gateway.gate.permit import OperationRule, Permit
    from plugin_gateway.gate.variant import Fields
    from plugin_gateway.proxy.serving import Serving
    from plugin_gateway.refusal import Refusal

    Found = Identity | Refusal

UPSTREAM = UpstreamSettings(host="up", port=80, authority=b"up.test")


def plan_of(rule: OperationRule, uplink: Uplink | None = None, **parts: Any) -> Plan:
    """Return the plan of an operation; no upstream is behind its pool. `parts` are the optional arguments of `Plan`."""
    uplink = uplink or Uplink(rule, UPSTREAM, Injection())
    downlink = Downlink(UPSTREAM, "https://gw.test", KnownSecrets(), varies_by_origin=False)
    return Plan(rule, uplink, downlink, Pool(UPSTREAM, Clock()), {}, **parts)


def revision_of(
    *rules: OperationRule, judge: Callable[[bytes, bytes, Fields], Permit | Refusal] | None = None
) -> Revision:
    """Return a revision whose gate judges by `judge`."""
    return Revision(
        number=1, public_url="http://gw", gate=stand_in(SimpleNamespace(judge=judge)), rules=rules, faces={}, upstream=UPSTREAM,
        operations_total=len(rules), read_injection=Injection(), write_injection=Injection(), limits=Bounds(), cors_origins=(),
    )  # fmt: skip


def serving_of(revision: Revision | None = None) -> Serving:
    return Holder(revision or revision_of()).serving


def door_of(revision: Revision, identify: Callable[[Any, str], Found | Awaitable[Found]]) -> Door:
    """Return a door to a revision; `identify` is what its authenticator does."""
    return Door(revision, stand_in(SimpleNamespace(identify=identify)))
