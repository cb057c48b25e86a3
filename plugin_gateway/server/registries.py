"""The registries of approvals, one in memory and one in Redis; each revision selects one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.approvals.desk import Desk
from plugin_gateway.approvals.registry import LocalRegistry, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.approvals.settings import ApprovalSettings
    from plugin_gateway.server.shared_registry import SharedRegistry


class Registries:
    """Keeps the registry of the current revision. `base` returns the URL of the admin listener for a person."""

    def __init__(self, base: Callable[[], str]) -> None:
        self._base = base
        self._local = LocalRegistry(Desk(base=base))
        self._shared: SharedRegistry | None = None

    def current(self) -> Registry:
        return self._shared or self._local

    def adopt(self, settings: ApprovalSettings) -> None:
        """Apply the settings of a new revision. The same Redis keeps its connection.

        Raises:
            GatewayError: the redis package rejects the URL.
        """
        self._local.desk.settings = settings
        if not settings.store_url:
            self._shared = None
        elif self._shared is None or not self._shared.adopt(settings):
            from plugin_gateway.server.shared_registry import SharedRegistry  # noqa: PLC0415  # an extra

            self._shared = SharedRegistry(settings, self._base)
