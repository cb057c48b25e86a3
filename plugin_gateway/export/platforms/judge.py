"""The judge: applies all rules of the given platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plugin_gateway.export.platforms import classic, documents, m365, manifests, review, server, texts, tools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from plugin_gateway.diagnostics import Finding
    from plugin_gateway.export.candidate import Candidate
    from plugin_gateway.export.platforms.rule import Platform, Rule

RULES: Final[tuple[Rule, ...]] = (
    *texts.RULES, *review.RULES, *server.RULES, *tools.RULES, *m365.RULES, *manifests.RULES, *documents.RULES, *classic.RULES,
)  # fmt: skip
OF_THE_LISTING: Final[tuple[Rule, ...]] = (*texts.RULES, *review.RULES)
"""The rules for texts that only a person can write."""


def judge(candidate: Candidate, platforms: Collection[Platform], rules: Collection[Rule] = RULES) -> Iterator[Finding]:
    """Yield a finding for each breach of a rule of these platforms. A rule of several platforms is judged once."""
    for _, findings in judge_each(candidate, platforms, rules):
        yield from findings


def judge_each(
    candidate: Candidate, platforms: Collection[Platform], rules: Collection[Rule] = RULES
) -> Iterator[tuple[Rule, tuple[Finding, ...]]]:
    """Yield every rule of these platforms that the candidate breaks, with its findings."""
    for one in rules:
        if not one.platforms.isdisjoint(platforms) and (findings := tuple(one.judge(candidate))):
            yield one, findings
