"""A clearance: the steps before a permitted call goes up: a place within its limits, its token, and a person's approval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.admission.limits import USER_HEADER
from plugin_gateway.proxy.consent import Consent
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.admission.limiter import Limiter, Verdict
    from plugin_gateway.proxy.granted import GrantedUplink
    from plugin_gateway.proxy.received import Permitted
    from plugin_gateway.proxy.uplink import Uplink

_REPLAYED_BYTES: Final = 64 * 1024
"""How much of a request body is kept to be sent again with a new token."""


class Clearance:
    """The clearance of one call. A step may finish at once or later, when the client may be gone.

    `lines` are field lines for the answer to the call. `replay` is the framed request body so far, or None if it is too
    large or never needs to be sent again. `uplink` replaces the plan's if the call has a token.
    """

    __slots__ = (
        "_address",
        "_consent",
        "_is_left",
        "_is_renewed",
        "_is_waiting",
        "_limiter",
        "_on_cleared",
        "_on_refused",
        "_permitted",
        "_plan",
        "_token",
        "lines",
        "replay",
        "uplink",
    )

    def __init__(
        self,
        permitted: Permitted,
        body: bytes,
        address: str,
        on_cleared: Callable[[], object],
        on_refused: Callable[[Refusal], object],
    ) -> None:
        """Prepare for a call from a client address; `body` is the framed request body so far.

        One of the two callbacks is called, and neither after `leave`.
        """
        plan = permitted.plan
        self._plan = plan
        self._permitted = permitted
        self._address = address
        self._on_cleared = on_cleared
        self._on_refused = on_refused
        self._limiter: Limiter | None = None
        """The limiter that admitted the call; it must be told when the call ends."""
        self._is_waiting = True
        self._is_left = False
        self._is_renewed = False
        self._token = ""
        self._consent = Consent(plan.consent, permitted, on_cleared, on_refused) if plan.consent else None
        self.lines = b""
        self.uplink: Uplink | None = None
        self.replay: bytes | None = None
        if plan.granted is not None and plan.granted.renews:
            self.replay = b""
            self.keep(body)

    def ask(self) -> bool:
        """Take the steps; return whether one is still waiting."""
        limiter = self._plan.limiter
        if limiter is None:
            self._obtain_uplink()
        else:
            user = b",".join([field.value for field in self._permitted.request.fields if field.name == USER_HEADER])
            limiter.admit(self._plan.rule.operation_id, self._permitted.consumer, user, self._on_verdict)
        return self._is_waiting and not self._is_left

    def keep(self, framed: bytes) -> None:
        """Keep another piece of the request body while the whole is short enough to be sent again."""
        if self.replay is not None:
            is_short = len(self.replay) + len(framed) <= _REPLAYED_BYTES
            self.replay = self.replay + framed if is_short else None

    @property
    def needs_approval(self) -> bool:
        """Whether the call still needs the approval of a person. It is asked for when the whole body has come."""
        return self._consent is not None and not self._consent.is_given

    @property
    def approval(self) -> str:
        """The id of the approval, empty if there is none."""
        return self._consent.id if self._consent is not None else ""

    def ask_for_approval(self, body: bytes) -> None:
        """Ask for it; `on_cleared` is called once more when the call may run."""
        if self._consent is not None:
            self._consent.ask(body)

    def send(self, head: bytes) -> bytes:
        """Return the head that goes up; from now on the approval is used."""
        return head if self._consent is None else self._consent.send(head)

    def leave(self) -> None:
        """Leave the limiter, and give an unused approval back: the call has ended."""
        self._is_left = True
        if self._consent is not None:
            self._consent.leave()
        limiter, self._limiter = self._limiter, None
        if limiter is not None:
            limiter.leave()

    @property
    def can_renew(self) -> bool:
        """Whether a call whose token the upstream refused may be sent again: only once, and whole, with a new token."""
        granted = self._plan.granted
        return (
            self.replay is not None
            and not self._is_renewed
            and granted is not None
            and granted.may_renew(self._permitted.request, self._token)
        )

    def renew(self) -> None:
        """Get a new token in place of the refused one."""
        self._is_renewed = True
        self._obtain_uplink(self._token)

    def _on_verdict(self, verdict: Verdict) -> None:
        if isinstance(verdict, Refusal):
            self._refuse(verdict)
            return
        self._limiter = self._plan.limiter
        self.lines = verdict.lines
        if self._is_left:
            self.leave()
        else:
            self._obtain_uplink()

    def _obtain_uplink(self, refused: str = "") -> None:
        granted = self._plan.granted
        if granted is None:
            self._is_waiting = False
            self._on_cleared()
        else:
            granted.obtain(
                self._plan.rule, self._permitted.request, self._on_granted, refused=refused, address=self._address
            )

    def _on_granted(self, granted: GrantedUplink | Refusal) -> None:
        if isinstance(granted, Refusal):
            self._refuse(granted)
        elif not self._is_left:
            self._is_waiting = False
            self.uplink, self._token = granted
            self._on_cleared()

    def _refuse(self, refusal: Refusal) -> None:
        self._is_waiting = False
        if not self._is_left:
            self._on_refused(refusal)
