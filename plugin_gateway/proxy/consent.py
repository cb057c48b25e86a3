"""Consent: a person's approval of one call, which the gateway asks for when the call is whole and judged.

The approval is for this call only: for its caller, its operation as this revision has it, and everything that goes up,
down to the last byte of the body. So the gateway need not keep the call: the caller sends it again, and the desk knows
it by its fingerprint.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from uuid import UUID

from plugin_gateway.approvals.answer import refusal_for
from plugin_gateway.approvals.approval import NO_DESK
from plugin_gateway.approvals.approver import Approver
from plugin_gateway.approvals.held_call import HeldCall, fingerprint_of, shown_body, shown_text
from plugin_gateway.credentials.grant import Passthrough
from plugin_gateway.shape.request.bodies import JudgedBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plugin_gateway.approvals.approval import Verdict
    from plugin_gateway.credentials.injection import Injection
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.known_secrets import KnownSecrets
    from plugin_gateway.proxy.received import Permitted
    from plugin_gateway.refusal import Refusal


class NoApprover(Approver):
    """Refuses every call, because this gateway has no place where a person can approve it."""

    def ask(self, held: HeldCall, on_verdict: Callable[[Verdict], object]) -> None:
        on_verdict(NO_DESK)

    def give_back(self, id_: str) -> None:
        """Do nothing: no call gets an approval."""


NO_APPROVER: Final = NoApprover()
IDEMPOTENCY_KEY: Final = b"idempotency-key"
# These differ each time that a client sends a call, and do not change what it does. Idempotency-Key only prevents a second
# effect. Other fields that begin with Accept may change it: PostgREST takes the schema of a call from Accept-Profile.
_VOLATILE: Final = frozenset(
    {
        b"accept",
        b"accept-charset",
        b"accept-encoding",
        b"accept-language",
        b"b3",
        b"baggage",
        b"content-length",
        IDEMPOTENCY_KEY,
        b"traceparent",
        b"tracestate",
        b"transfer-encoding",
        b"user-agent",
        b"x-amzn-trace-id",
        b"x-cloud-trace-context",
        b"x-correlation-id",
        b"x-request-id",
    }
)
_VOLATILE_FAMILY: Final = b"x-b3-"
_SHOWN_ELSEWHERE: Final = frozenset({b"content-type", b"host"})


class AsItIs:
    """The shape of a body that is held only until a person has approved it."""

    only_reports = False

    def judges(self, media_type: bytes) -> bool:
        return True

    def without_body(self, media_type: bytes) -> JudgedBody:
        return JudgedBody(b"")

    def write(self, media_type: bytes, body: bytes) -> JudgedBody:
        return JudgedBody(body)


AS_IT_IS: Final = AsItIs()


class ConsentTerms:
    """What the consents to calls of one operation have in common."""

    __slots__ = ("adds_key", "approver", "passes_credential", "rule", "rule_digest", "secrets")

    def __init__(
        self,
        rule: OperationRule,
        rule_digest: bytes,
        injection: Injection,
        approver: Approver,
        secrets: KnownSecrets,
        *,
        idempotency_key: str,
    ) -> None:
        self.rule = rule
        self.rule_digest = rule_digest
        """Tells this operation of this revision from others: an approval must not outlive a change of the config."""
        self.approver = approver
        self.secrets = secrets
        self.passes_credential = isinstance(injection.grant, Passthrough)
        """The call acts with the caller's own credential, which is then a part of the call."""
        declares = IDEMPOTENCY_KEY in rule.header_names
        self.adds_key = idempotency_key == "always" or (idempotency_key == "declared" and declares)


class Consent:
    """The consent to one call. The call uses it when it is sent; an unused consent goes back to the desk."""

    __slots__ = ("_is_left", "_is_sent", "_on_given", "_on_refused", "_permitted", "_terms", "id", "is_given")

    def __init__(
        self,
        terms: ConsentTerms,
        permitted: Permitted,
        on_given: Callable[[], object],
        on_refused: Callable[[Refusal], object],
    ) -> None:
        self._terms = terms
        self._permitted = permitted
        self._on_given = on_given
        self._on_refused = on_refused
        self._is_left = False
        self._is_sent = False
        self.is_given = False
        self.id = ""
        """The id of the approval; empty until the desk has given one."""

    def ask(self, body: bytes) -> None:
        """Ask for it. One of the two callbacks follows, unless the call ends before."""
        self._terms.approver.ask(self._held(body), self._on_verdict)

    def send(self, head: bytes) -> bytes:
        """Use the consent, and return the head that goes up with it."""
        self._is_sent = True
        if not self._terms.adds_key or any(field[0] == IDEMPOTENCY_KEY for field in self._permitted.request.fields):
            return head
        key = str(UUID(hashlib.sha256(self.id.encode()).hexdigest()[:32]))
        return head.replace(b"\r\n", b"\r\nIdempotency-Key: " + key.encode() + b"\r\n", 1)

    def leave(self) -> None:
        """End: the call is over."""
        if self._is_left:
            return
        self._is_left = True
        if self.is_given and not self._is_sent:
            self._terms.approver.give_back(self.id)

    def _on_verdict(self, verdict: Verdict) -> None:
        self.id = verdict.id
        if verdict.kind == "run":
            self.is_given = True
            if self._is_left:
                self._terms.approver.give_back(verdict.id)
            else:
                self._on_given()
        elif not self._is_left:
            self._on_refused(refusal_for(verdict))

    def _held(self, body: bytes) -> HeldCall:
        terms, permitted = self._terms, self._permitted
        request, mask = permitted.request, terms.secrets.mask
        credentials = request.authorizations if terms.passes_credential else ()
        lines = _lasting(permitted.block.after_target(permitted.plan.uplink))
        added = _lasting(permitted.shaped.lines)
        sent = {field[0] for field in request.fields}
        parts = [
            terms.rule_digest,
            permitted.consumer.encode(),
            permitted.access.who.encode(),
            b"%d" % len(credentials),
            *credentials,
            permitted.method,
            permitted.target,
            permitted.query,
            *sorted(lines + added),
        ]
        media_type = b", ".join(request.values(b"content-type"))
        return HeldCall(
            fingerprint=fingerprint_of([b"%d" % len(parts), *parts, body]),
            caller=shown_text((permitted.access.who or permitted.consumer).encode()),
            operation=terms.rule.operation_id,
            method=shown_text(permitted.method),
            path=shown_text(mask.cover(permitted.target)),
            query=shown_text(mask.cover(permitted.query)),
            fields=tuple(
                (shown_text(name), shown_text(mask.cover(value)))
                for name, value in _by_name([line for line in lines if _name_of(line) in sent] + added)
            ),
            media_type=shown_text(mask.cover(media_type)),
            body_sha256=hashlib.sha256(body).hexdigest() if body else "",
            **shown_body(mask.cover(body)),
        )


def _lasting(lines: bytes) -> list[bytes]:
    """Return the field lines that are part of what a call does."""
    return [line for line in lines.split(b"\r\n") if line and not _is_volatile(_name_of(line))]


def _name_of(line: bytes) -> bytes:
    return line.partition(b":")[0].lower()


def _is_volatile(name: bytes) -> bool:
    return name in _VOLATILE or name.startswith(_VOLATILE_FAMILY)


def _by_name(lines: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the fields of some lines. The values of several lines with one name are one list (RFC 9110, 5.3)."""
    values: dict[bytes, list[bytes]] = {}
    for line in lines:
        name = _name_of(line)
        if name not in _SHOWN_ELSEWHERE:
            values.setdefault(name, []).append(line.partition(b":")[2].strip())
    for name, found in values.items():
        yield name, b", ".join(found)
