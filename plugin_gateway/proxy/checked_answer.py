"""A checked answer: an answer that the gateway validates.

It validates all answers before they pass, or some of them for a report.

A report must not slow the calls. It looks at a small answer of an operation about once a second, within the worker's budget
(`proxy.looks`). In between, answers take the same way as without a check.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plugin_gateway.errors import UpstreamError

if TYPE_CHECKING:
    from plugin_gateway.proxy.answer_head import Answer
    from plugin_gateway.proxy.clock import Clock
    from plugin_gateway.proxy.looks import LookBudget
    from plugin_gateway.shape.answer.check import AnswerCheck
    from plugin_gateway.shape.answer.cut import Branch
    from plugin_gateway.telemetry.mismatches import Mismatches

PAUSE_S: Final = 1.0
"""The least time between two looks at answers of one operation."""
MOST_REPORTED_BYTES: Final = 64 * 1024
MOST_HELD_BYTES: Final = 8 * 1024 * 1024
_MOST_SHOWN: Final = 3
_CONTENT_TYPE: Final = re.compile(rb"(?im)^content-type: *([^\r\n]*)")


def media_type_of(answer: Answer) -> bytes:
    found = _CONTENT_TYPE.search(answer.block)
    return found[1] if found is not None else b""


class CheckedBody:
    """Holds a body until the check has judged the whole. A stage of the answer, after the mask."""

    __slots__ = ("_answer", "_branch", "_check", "_held", "_held_bytes")

    def __init__(self, check: AnswerCheck, answer: Answer, branch: Branch) -> None:
        self._check = check
        self._answer = answer
        self._branch = branch
        self._held: list[bytes] = []
        self._held_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next piece and hold it.

        Raises:
            UpstreamError: the body is too large to be held.
        """
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > MOST_HELD_BYTES:
            raise _invalid(f"is larger than {MOST_HELD_BYTES >> 20} MiB, so the gateway cannot validate it")
        return b""

    def finish(self) -> bytes:
        """End the body; return all of it.

        Raises:
            UpstreamError: the body does not match its description.
        """
        body = b"".join(self._held)
        self._held.clear()
        problems = self._check.problems(self._answer.status, media_type_of(self._answer), body, self._branch)
        if problems:
            shown = "; ".join(map(str, problems[:_MOST_SHOWN]))
            more = f"; and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
            raise _invalid(f"does not match its description: {shown}{more}")
        return body


def _invalid(what: str) -> UpstreamError:
    return UpstreamError(502, "invalid-answer", f"The upstream's answer {what}.")


class Sampler:
    """Chooses the answers of one operation that a report looks at."""

    __slots__ = ("_check", "_clock", "_due_at", "_looks", "_mismatches", "_operation_id", "is_due")

    def __init__(
        self, check: AnswerCheck, operation_id: str, mismatches: Mismatches, looks: LookBudget, clock: Clock
    ) -> None:
        self._check = check
        self._operation_id = operation_id
        self._mismatches = mismatches
        self._looks = looks
        self._clock = clock
        self.is_due = True
        """Whether the next answer is looked at."""
        self._due_at = 0.0
        """When the next look is due; 0 until the clock has ticked after the last one."""

    def sample(self, answer: Answer, branch: Branch) -> SampledBody | None:
        """Return the stage that looks at an answer.

        It is None if no look is due, the worker's budget is spent, or the body stays compressed.
        """
        if not self.is_due:
            return None
        self.is_due = False
        self._due_at = 0.0
        self._clock.watch(self)
        if answer.is_coded or not self._looks.take():
            return None
        return SampledBody(self, answer, branch)

    def judge(self, answer: Answer, body: bytes, branch: Branch) -> None:
        """Report the problems of a whole body, which is masked: names in it may be secrets, and pointers show names."""
        problems = self._check.problems(answer.status, media_type_of(answer), body, branch)
        if problems:
            self._mismatches.note(self._operation_id, "response", problems)

    def on_tick(self, now: float) -> None:
        if not self._due_at:
            self._due_at = now + PAUSE_S
        if now < self._due_at:
            return
        self._clock.unwatch(self)
        self.is_due = True


class SampledBody:
    """Passes a body on and looks at it when it is complete, unless it is large. A stage of the answer, after the mask."""

    __slots__ = ("_answer", "_branch", "_sampler", "_seen", "_seen_bytes")

    def __init__(self, sampler: Sampler, answer: Answer, branch: Branch) -> None:
        self._sampler = sampler
        self._answer = answer
        self._branch = branch
        self._seen: list[bytes] = []
        self._seen_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take the next piece and return it."""
        self._seen_bytes += len(data)
        if self._seen_bytes <= MOST_REPORTED_BYTES:
            self._seen.append(data)
        else:
            self._seen.clear()
        return data

    def finish(self) -> bytes:
        """End the body."""
        if self._seen_bytes <= MOST_REPORTED_BYTES:
            self._sampler.judge(self._answer, b"".join(self._seen), self._branch)
        return b""
