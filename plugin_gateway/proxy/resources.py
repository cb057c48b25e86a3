"""The resources of a worker that outlive a revision: counts of calls, upstream tokens, mismatches, the connection to Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.counts import Counts
from plugin_gateway.admission.limits import BAD_CREDENTIALS
from plugin_gateway.credentials.board import Board
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.proxy.known_secrets import KnownSecrets
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.telemetry.mismatches import Mismatches

if TYPE_CHECKING:
    from plugin_gateway.admission.limiter import Limiter
    from plugin_gateway.admission.limits import CallLimits, RateLimit
    from plugin_gateway.approvals.approver import Approver
    from plugin_gateway.callers.provider import Provider
    from plugin_gateway.credentials.grant import Grant, TokenGrant
    from plugin_gateway.credentials.issuer import Issuer
    from plugin_gateway.revision import Revision

_MOST_ISSUERS: Final = 256


class Resources:
    """Makes each resource when it is first needed, and keeps it for a reload with the same settings."""

    def __init__(self, shared_memory: int = -1, tokens: int = -1) -> None:
        """Use these descriptors' memory for call counts and shared tokens; by default only this process's."""
        self._counts = Counts(shared_memory)
        self._board = Board(tokens)
        self.known_secrets = KnownSecrets()
        self.looks = LookBudget()
        self.approver: Approver | None = None
        """Asks a person about calls that need approval; without it, they are refused."""
        self.mismatches = Mismatches()
        self._provider: Provider | None = None
        self._issuers: dict[TokenGrant, Issuer] = {}

    def know(self, revision: Revision) -> None:
        """Mask the secrets of a revision in answers, and the tokens too once a revision gets tokens."""
        if revision.gets_tokens:
            self.known_secrets.board = self._board
        self.known_secrets.adopt(revision.secrets)

    def limiter(self, limits: CallLimits) -> Limiter | None:
        """Return the limiter for a revision; None if it has no limits.

        Raises:
            GatewayError: Redis is configured, but the extra is missing or the URL is invalid.
        """
        return self._counts.limiter(limits)

    def issuer(self, grant: Grant, bad_credentials: RateLimit = BAD_CREDENTIALS) -> Issuer | None:
        """Return the issuer for a grant, with the tokens that it holds; None if the caller's Authorization goes up."""
        if isinstance(grant, Passthrough):
            return None
        from plugin_gateway.callers.provider import Provider  # noqa: PLC0415  # most gateways need no token
        from plugin_gateway.credentials.issuer import Issuer  # noqa: PLC0415  # most gateways need no token

        if self._provider is None:
            self._provider = Provider()
        if grant not in self._issuers:
            self._issuers[grant] = Issuer(grant, self._provider, self._board)
            if len(self._issuers) > _MOST_ISSUERS:
                # Each rotated secret makes a new grant; exchanges that use the removed issuer keep it.
                del self._issuers[next(iter(self._issuers))]
        self._issuers[grant].strangers.limit = bad_credentials
        return self._issuers[grant]

    def close(self) -> None:
        for issuer in self._issuers.values():
            issuer.close()
        self._board.close()
        self._counts.close()
