"""A plan: how the calls of one operation are forwarded, prepared when the operation is first called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_gateway.gate.body_names import BodyNames
from plugin_gateway.proxy.answer_rules import AnswerRules
from plugin_gateway.proxy.body_links import LinkRules
from plugin_gateway.proxy.checked_answer import Sampler
from plugin_gateway.proxy.looks import LookBudget
from plugin_gateway.proxy.shaped_answer import ReplyRules
from plugin_gateway.telemetry.mismatches import Mismatches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plugin_gateway.admission.limiter import Limiter
    from plugin_gateway.gate.permit import OperationRule
    from plugin_gateway.proxy.consent import ConsentTerms
    from plugin_gateway.proxy.downlink import Downlink
    from plugin_gateway.proxy.granted import GrantedUplinks
    from plugin_gateway.proxy.overflow import Cap
    from plugin_gateway.proxy.pool import Pool
    from plugin_gateway.proxy.uplink import Uplink


class Plan:
    """Everything that an exchange needs besides the call. It does not change."""

    __slots__ = (
        "answers",
        "body_names",
        "consent",
        "cors",
        "downlink",
        "granted",
        "is_open",
        "limiter",
        "looks",
        "mismatches",
        "needs_no_stage",
        "only_reports",
        "only_reports_bodies",
        "pool",
        "rule",
        "sampler",
        "uplink",
    )

    def __init__(
        self,
        rule: OperationRule,
        uplink: Uplink,
        downlink: Downlink,
        pool: Pool,
        cors: Mapping[bytes, bytes],
        *,
        limiter: Limiter | None = None,
        granted: GrantedUplinks | None = None,
        cap: Cap | None = None,
        consent: ConsentTerms | None = None,
        mismatches: Mismatches | None = None,
        looks: LookBudget | None = None,
    ) -> None:
        self.rule = rule
        self.uplink = uplink
        self.downlink = downlink
        self.pool = pool
        self.mismatches = mismatches or Mismatches()
        self.looks = looks or LookBudget()
        self.cors = cors
        """By allowed origin, the field lines that let a browser's script read the answer."""
        self.limiter = limiter
        self.granted = granted
        self.consent = consent
        """Set if a person must approve each call."""
        self.body_names = BodyNames(rule.declared_overrides, rule.closed_in_bodies)
        self.is_open = limiter is None and granted is None and consent is None
        """Whether a call can go up without a limiter, a token or an approval."""
        shape = rule.shape
        self.only_reports = shape is not None and shape.only_reports
        """Whether the shape refuses and changes no call, so that the gateway looks only at some."""
        self.only_reports_bodies: bool = shape is not None and shape.body is not None and shape.body.only_reports
        """Whether every body goes up as it came, so that the gateway looks only at some."""
        check = shape.check if shape is not None else None
        self.sampler = (
            Sampler(check, rule.operation_id, mismatches, self.looks, pool.clock)
            if check is not None and not check.is_enforced and mismatches
            else None
        )
        self.answers = AnswerRules(
            downlink,
            links=LinkRules(rule.links, downlink.relocation) if rule.links else None,
            reply=ReplyRules(shape.reply) if shape is not None and shape.reply is not None else None,
            check=check if check is not None and check.is_enforced else None,
            sampler=self.sampler,
            cap=cap,
        )
        self.needs_no_stage = self.is_open and self.answers.only_mask
        """Whether an answer that comes at once, as most do, needs only masking if the sampler does not look at it."""
