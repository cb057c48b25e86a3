"""The judge: applies all rules of the targets that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.export.targets import classic, documents, m365, manifests, review, server, texts, tools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.targets.rule import Rule, Target

RULES: Final[tuple[Rule, ...]] = (
    *texts.RULES, *review.RULES, *server.RULES, *tools.RULES, *m365.RULES, *manifests.RULES, *documents.RULES, *classic.RULES,
)  # fmt: skip
OF_THE_LISTING: Final[tuple[Rule, ...]] = (*texts.RULES, *review.RULES)
"""The rules for texts that only a person can write."""


def judge(candidate: Candidate, targets: Collection[Target], rules: Collection[Rule] = RULES) -> Iterator[Finding]:
    """Yield a finding for each breach of a rule of these targets. A rule of several targets is judged once."""
    for _, findings in judge_each(candidate, targets, rules):
        yield from findings


def judge_each(
    candidate: Candidate, targets: Collection[Target], rules: Collection[Rule] = RULES
) -> Iterator[tuple[Rule, tuple[Finding, ...]]]:
    """Yield every rule of these targets that the candidate breaks, with its findings."""
    for one in rules:
        if not one.targets.isdisjoint(targets) and (findings := tuple(one.judge(candidate))):
            yield one, findings
