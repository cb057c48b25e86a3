"""The callers of a revision: `auth` and `consumers`, as workers need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plugin_gateway.callers.facade import AUTHORIZE_PATH, TOKEN_PATH

if TYPE_CHECKING:
    from plugin_gateway.callers.authentication import Authentication
    from plugin_gateway.callers.consumers import ConsumerRule
    from plugin_gateway.callers.facade import Facade


class Callers(Struct, frozen=True, kw_only=True):
    """Who may call. Without `authentication`, any client may."""

    authentication: Authentication | None = None
    consumers: tuple[ConsumerRule, ...] = ()
    facade: Facade | None = None

    @property
    def local_paths(self) -> tuple[str, ...]:
        """Paths that the gateway answers itself because of its façade."""
        return (AUTHORIZE_PATH, TOKEN_PATH) if self.facade is not None else ()
