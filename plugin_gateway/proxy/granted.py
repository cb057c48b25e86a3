"""Granted uplinks: how to forward calls whose Authorization depends on the caller or on the time."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from plugin_gateway.credentials.grant import TokenExchangeGrant
from plugin_gateway.credentials.injection import with_authorization
from plugin_gateway.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.credentials.issuer import Issuer
    from plugin_gateway.credentials.token import Token
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.uplink import Uplink
    from plugin_gateway.proxy.wire import RequestFields

NO_CREDENTIAL: Final = Refusal(
    status=401,
    code="missing-credential",
    detail="The call carries no credential.",
    hint="Send it in the Authorization field.",
    headers=((b"WWW-Authenticate", b"Bearer"),),
)
TWO_CREDENTIALS: Final = Refusal(
    status=400,
    code="ambiguous-credential",
    detail="The call has more than one Authorization field.",
    hint="Send exactly one.",
)
_MOST_UPLINKS: Final = 512
_BEARER: Final = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9\-._~+/]+=*)")


class GrantedUplink(NamedTuple):
    """How a call goes up, and its token if the gateway can renew it."""

    uplink: Uplink
    token: str = ""


OnGranted: TypeAlias = "Callable[[GrantedUplink | Refusal], None]"


class GrantedUplinks:
    """The uplinks for one injection with a grant. It remembers the uplinks of the tokens used last."""

    def __init__(
        self,
        injection: Injection,
        issuer: Issuer | None,
        *,
        make_uplink: Callable[[OperationRule, Injection], Uplink],
    ) -> None:
        """Prepare. Without an issuer the caller's Authorization goes up."""
        self._injection = injection
        self._issuer = issuer
        self._exchanges = issuer is not None and isinstance(issuer.grant, TokenExchangeGrant)
        self._make_uplink = make_uplink
        self._uplinks: OrderedDict[tuple[int, bytes], Uplink] = OrderedDict()

    @property
    def renews(self) -> bool:
        """Whether a call that the upstream refuses may be sent again with a new token."""
        return self._issuer is not None

    def may_renew(self, request: RequestFields, refused: str) -> bool:
        """Whether a call whose token the upstream refused can get a new token now."""
        subject = self._subject(request)
        return self._issuer is not None and isinstance(subject, str) and self._issuer.may_renew(subject, refused)

    def obtain(
        self,
        rule: OperationRule,
        request: RequestFields,
        on_granted: OnGranted,
        *,
        refused: str = "",
        address: str = "",
    ) -> None:
        """Pass the uplink for a call from a client address to `on_granted`, at once if its token is known."""
        if self._issuer is None:
            shown = authorization_of(request)
            on_granted(shown if isinstance(shown, Refusal) else GrantedUplink(self._uplink(rule, shown)))
            return
        subject = self._subject(request)
        if isinstance(subject, Refusal):
            on_granted(subject)
        else:
            self._issuer.obtain(
                subject, lambda token: on_granted(self._with_token(rule, token)), refused=refused, address=address
            )

    def _subject(self, request: RequestFields) -> str | Refusal:
        """Return the caller's token to exchange; empty if the gateway uses its own."""
        shown = authorization_of(request)
        if isinstance(shown, Refusal) or not self._exchanges:
            return shown if isinstance(shown, Refusal) else ""
        bearer = _BEARER.fullmatch(shown)
        return NO_CREDENTIAL if bearer is None else bearer[1].decode("ascii")

    def _with_token(self, rule: OperationRule, token: Token | Refusal) -> GrantedUplink | Refusal:
        if isinstance(token, Refusal):
            return token
        return GrantedUplink(self._uplink(rule, b"Bearer " + token.text.encode()), token.text)

    def _uplink(self, rule: OperationRule, authorization: bytes) -> Uplink:
        # `id` is a safe key: rules live as long as their revision, and so does this object.
        place = (id(rule), authorization)
        uplink = self._uplinks.get(place)
        if uplink is not None:
            self._uplinks.move_to_end(place)
            return uplink
        injection = with_authorization(self._injection, authorization) if authorization else self._injection
        uplink = self._uplinks[place] = self._make_uplink(rule, injection)
        if len(self._uplinks) > _MOST_UPLINKS:
            self._uplinks.popitem(last=False)
        return uplink


def authorization_of(request: RequestFields) -> bytes | Refusal:
    """Return the caller's Authorization; empty if it is missing, or if Connection declares it hop-by-hop."""
    shown = [field.value for field in request.fields if field.name == b"authorization"]
    if len(shown) > 1:
        return TWO_CREDENTIALS
    return shown[0] if shown and b"authorization" not in request.nominated else b""
